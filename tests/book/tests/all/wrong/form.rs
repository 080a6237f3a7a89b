//! What a chapter consists of.

use anyhow::Result;

use super::repository::{CHAPTER, Repository, has, has_all, right, wrong};

#[test]
fn a_chapter_that_is_right_has_no_fault() -> Result<()> {
    let faults = Repository::new()?.faults()?;
    assert!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

#[test]
fn the_title_names_the_version() -> Result<()> {
    wrong("# v02: a", "# A", 1, "the title `A small step` should begin with `v02: `, then say what is new")?;
    wrong("# v02: a", "# v02, part 2: a", 1, "the title `v02, part 2: a small step` should begin with `v02: `")?;
    wrong("## Still wrong\n", "# More\n\n## Still wrong\n", 120, "`# More` is a second title; a page has one")
}

#[test]
fn the_first_paragraph_is_one_sentence() -> Result<()> {
    let beginning = "the first paragraph begins with \"After this chapter, your server \"; this one does not";
    wrong("After this chapter", "Now", 3, beginning)?;
    wrong("does two things for", "grows. It serves", 3, "the first paragraph is one sentence")?;
    let line = "After this chapter, the server does two things for a [client](glossary.md#client).\n";
    wrong(line, "", 1, "below the title, one sentence tells what is gained")
}

#[test]
fn who_types_along_sees_how_much_it_is() -> Result<()> {
    let message =
        "the next paragraph gives time, lines and steps, as in \"An hour, and about 260 lines to type, in six steps.\"";
    wrong("the server does", "your server does", 3, message)?;
    let (line, along) =
        ("the server does two things for a [client](glossary.md#client).", "your server does two things");
    let head = |effort: &str| format!("{along} for a [client](glossary.md#client).\n\n{effort}");
    wrong(line, &head("An hour, in six steps."), 3, message)?;
    wrong(line, &head("First something else.\n\nAn hour, and about 20 lines to type, in two steps."), 3, message)?;
    right(
        line,
        &head("Two to three hours, and about 1,200 lines to type, in two steps, the last of which is optional."),
    )
}

#[test]
fn the_headings_come_in_their_order() -> Result<()> {
    let unknown = Repository::new()?;
    unknown.edit(CHAPTER, "## Run it\n", "## Run this\n")?;
    let no_heading = "`## Run this` is no heading of a chapter; they are The failure, Predict, The idea";
    has_all(&unknown, &[(87, no_heading), (162, "`## Run it` is missing; every chapter has it")])?;
    let again = "In fork(2).\n\n## Run it\n\n```console\n```";
    wrong("In fork(2).", again, 164, "`## Run it` is out of its place; the headings come once each and in this order")?;
    let missing = Repository::new()?;
    missing.edit(CHAPTER, "## Still wrong\n\nA child process stays.\n\n", "")?;
    missing.edit(CHAPTER, "(#still-wrong)", "(#run-it)")?;
    has(&missing, 158, "`## Still wrong` is missing; every chapter has it")?;
    wrong("In fork(2).", "", 160, "nothing stands under `## Where real servers do this`")
}

#[test]
fn the_failure_is_shown() -> Result<()> {
    wrong(
        "```console not-run=\"no server stands here\"\n$ cargo run",
        "```text\n$ cargo run",
        5,
        "\"The failure\" shows it: a ```console block",
    )
}

#[test]
fn the_prediction_is_a_question_with_a_folded_answer() -> Result<()> {
    wrong(
        "(glossary.md#process)?",
        "(glossary.md#process).",
        15,
        "\"Predict\" asks a question; there is no question mark",
    )?;
    wrong("It ends.\n\n", "", 15, "the answer is folded away: <details>")
}

#[test]
fn the_idea_is_short_and_has_one_picture_with_its_twin() -> Result<()> {
    wrong("One thing,", &"word ".repeat(394), 25, "\"The idea\" has 401 words; at most 400")?;
    wrong("```mermaid\n", "```text\n", 25, "\"The idea\" has 0 pictures; it has one, a ```mermaid block or an image")?;
    wrong("```mermaid\n", "![again](observed/costs.svg)\n\n```mermaid\n", 25, "\"The idea\" has 2 pictures")?;
    wrong("```mermaid\n", "Look.\n\n```mermaid\n", 25, "\"The idea\" begins with its picture")?;
    wrong("Two boxes and an arrow.\n\n", "", 25, "the picture needs its twin in words")
}

#[test]
fn the_change_goes_in_short_steps() -> Result<()> {
    let long = format!("### The rest\n\n```text\n{}```\n", "line\n".repeat(31));
    wrong("### The rest\n", &long, 68, "this block has 31 lines; at most 30: make two steps of it")?;
    let none = Repository::new()?;
    none.edit(CHAPTER, "### The new part\n", "")?;
    none.edit(CHAPTER, "### The rest\n", "")?;
    has(&none, 39, "\"The change\" goes in steps, each under a `###` heading")
}

#[test]
fn running_it_takes_commands() -> Result<()> {
    wrong(
        "```console not-run=\"no server stands here\"\n$ curl",
        "```text\n$ curl",
        87,
        "\"Run it\" has commands: a ```console block, curl first",
    )
}

#[test]
fn what_was_measured_is_quoted() -> Result<()> {
    let repository = Repository::new()?;
    repository.edit(CHAPTER, "<!-- from observed/costs.md, section \"The child\" -->", "")?;
    repository.edit(CHAPTER, "costs.svg).\n\n<!-- end -->", "costs.svg).")?;
    has(&repository, 99, "\"What the kernel saw\" quotes what was measured: <!-- from")?;
    let number = "the number 26 does not stand in what is quoted here; say only what was measured";
    wrong("answers 25 requests", "answers 26 requests", 109, number)
}

#[test]
fn there_are_three_exercises_with_solutions() -> Result<()> {
    let three = "there are three exercises, under `### Predict (v02.1)`, `### Write (v02.2)`, `### Break (v02.3)`";
    wrong("### Write (v02.2)", "### Write (v02.3)", 124, three)?;
    wrong(
        "Here it is.\n\n",
        "",
        136,
        "`### Write (v02.2)` has no solution; fold it: <details><summary>Solution</summary>",
    )
}
