//! Links, terms, and the order of the pages.

use anyhow::Result;
use book::book::Book;
use book::fault::Fault;
use book::glossary;

use super::repository::{Repository, right, wrong};

#[test]
fn a_link_leads_somewhere() -> Result<()> {
    wrong(
        "(../crates/v02/src/new.rs)",
        "(../crates/v02/src/none.rs)",
        37,
        "the link `../crates/v02/src/none.rs` leads to no file",
    )?;
    wrong("(../crates/v02/src/new.rs)", "(../../outside.rs)", 37, "the link `../../outside.rs` leads to no file")?;
    let heading = "the link `#still-right` leads to no heading: lessons/v02.md has none with the id `still-right`";
    wrong("(#still-wrong)", "(#still-right)", 109, heading)?;
    let place = "the link `../crates/v02/src/new.rs#L3` names a place in a file that is no page; leave out `#L3`";
    wrong("(../crates/v02/src/new.rs)", "(../crates/v02/src/new.rs#L3)", 37, place)?;
    wrong("One thing,", "<a href=\"none.svg\">One</a> thing,", 37, "the link `none.svg` leads to no file")?;
    let html = "<p><a href=\"none.svg\">it</a></p>\n\nOne thing,";
    wrong("One thing,", html, 37, "the link `none.svg` leads to no file")?;
    right("(../crates/v02/src/new.rs)", "(https://example.org/none)")
}

#[test]
fn a_caption_leads_to_the_file_that_it_names() -> Result<()> {
    let caption = |link: &str| format!("[`crates/v02/src/main.rs`]({link}), at two");
    let message = "the caption names crates/v02/src/main.rs, and its link leads to `../crates/v02/src/new.rs`";
    wrong("`crates/v02/src/main.rs`, at two", &caption("../crates/v02/src/new.rs"), 68, message)?;
    right("`crates/v02/src/main.rs`, at two", &caption("../crates/v02/src/main.rs"))
}

#[test]
fn a_file_that_is_named_is_there() -> Result<()> {
    wrong(
        "is `crates/v02/src/new.rs`.",
        "is `crates/v02/src/none.rs`.",
        37,
        "there is no crates/v02/src/none.rs in the repository",
    )?;
    right("is `crates/v02/src/new.rs`.", "is `crates/mine/src/none.rs`.")
}

#[test]
fn the_first_mention_of_a_term_is_linked() -> Result<()> {
    let message = "the chapter's first \"client\" is not linked; make it [client](glossary.md#client)";
    wrong("[client](glossary.md#client)", "client", 3, message)?;
    right("[client](glossary.md#client)", "user")?;
    let message =
        "the chapter's first \"child process\" is not linked; make it [child process](glossary.md#child-process)";
    wrong("[child process](glossary.md#child-process)", "Child\nprocesses", 17, message)
}

#[test]
fn a_term_is_explained_once_and_used() -> Result<()> {
    let book = |old: &str, new: &str| -> Result<Vec<String>> {
        let repository = Repository::new()?;
        repository.edit("lessons/glossary.md", old, new)?;
        Ok(glossary::check(&repository.book()?)?.iter().map(Fault::to_string).collect())
    };
    assert_eq!(book("Who asks.", "Who asks and waits.")?, Vec::<String>::new());
    let twice = book("### process", "### Client\n\nAgain.\n\n### process")?;
    assert_eq!(twice, ["lessons/glossary.md:7: \"Client\" is explained at line 3 already; explain a term once"]);
    let empty = book("Who asks.\n\n", "")?;
    assert_eq!(empty, ["lessons/glossary.md:3: this term is not explained: say below it what it is"]);
    let unused = book("### process", "### reaper\n\nWho asks for the dead.\n\n### process")?;
    assert_eq!(unused, ["lessons/glossary.md:7: no chapter links to \"reaper\"; take it out, or link it"]);
    Ok(())
}

#[test]
fn the_summary_names_pages_that_are_there_in_their_order() -> Result<()> {
    let error = |old: &str, new: &str, declared: &[&str]| -> Result<String> {
        let repository = Repository::new()?;
        repository.edit("lessons/SUMMARY.md", old, new)?;
        Ok(format!("{:#}", Book::read(repository.root(), declared).expect_err("a summary that is wrong")))
    };
    let none = error("v01.md", "v03.md", &["v01", "v02"])?;
    assert!(
        none.starts_with("lessons/SUMMARY.md names a page that can't be read: cannot read lessons/v03.md"),
        "{none}"
    );
    let order = error("# Summary", "# Contents", &["v02", "v01"])?;
    assert!(order.starts_with("lessons/SUMMARY.md names lessons/v02.md where it is not expected"), "{order}");
    Ok(())
}
