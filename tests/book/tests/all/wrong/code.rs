//! The code that a chapter shows.

use anyhow::Result;

use super::repository::{CHAPTER, Repository, has, has_all, right, wrong};

const MAIN: &str = "crates/v02/src/main.rs";

/// The line of "## The change".
const CHANGE: usize = 39;

/// Sees that the chapter is wrong in this way, and for that reason does not add up.
fn wrong_and_not_whole(old: &str, new: &str, line: usize, message: &str) -> Result<()> {
    let repository = Repository::new()?;
    repository.edit(CHAPTER, old, new)?;
    has_all(&repository, &[(CHANGE, "the blocks do not add up to crates/v02"), (line, message)])
}

#[test]
fn a_change_finds_its_place() -> Result<()> {
    let start = format!("these lines do not stand in {MAIN} at this step");
    wrong_and_not_whole("-    listen();", "-    wait();", 74, &format!("{start}: it has no line `wait();`"))?;
    let indented = format!("{start}: it has no line `listen();` (line 8 has it with another indentation)");
    wrong_and_not_whole("-    listen();", "-   listen();", 74, &indented)?;
    let below = format!("{start}: below `fn serve() {{` it has `listen();` (line 8), not `}}`");
    wrong_and_not_whole("-    listen();", " }", 74, &below)
}

#[test]
fn a_change_has_one_place() -> Result<()> {
    let twice = format!("these lines stand in {MAIN} 2 times at this step (lines 5 and 9): add unchanged lines");
    wrong_and_not_whole(" fn serve() {\n-    listen();\n+    new::one();", " }\n+", 74, &twice)?;
    // Empty lines don't make it clear.
    wrong_and_not_whole(" fn serve() {\n-    listen();\n+    new::one();", " }\n\n\n+", 74, &twice)
}

#[test]
fn a_change_changes_something_at_a_clear_place() -> Result<()> {
    let message = "only lines with + here: add an unchanged line of the file above or below";
    wrong_and_not_whole(" fn serve() {\n-    listen();\n", "", 74, message)?;
    wrong_and_not_whole("-    listen();\n+    new::one();\n", "", 74, "no line with + or - here: nothing changes")?;
    let neither = "`fn serve() {` begins with neither `+` nor `-` nor a space; a diff needs one of them";
    wrong_and_not_whole(" fn serve() {", "fn serve() {", 74, neither)
}

#[test]
fn a_change_is_of_a_file_that_is_there() -> Result<()> {
    let message = "crates/v01/src/main.rs is no file of crates/v02 at this step";
    wrong_and_not_whole("`crates/v02/src/main.rs`, at", "`crates/v01/src/main.rs`, at", 71, message)?;
    wrong_and_not_whole(
        "`crates/v02/src/main.rs`, at",
        "`crates/v02/src/new.rs`, at",
        71,
        "crates/v02/src/new.rs is a file that this version adds: show its lines in a ```rust block",
    )
}

#[test]
fn a_new_file_is_shown_in_its_order() -> Result<()> {
    let skipped = "these lines are not the next ones of crates/v02/src/new.rs: its lines 5 to 6 come before them (`}` …); show \
                   them first";
    wrong_and_not_whole("    two();\n}\n```", "    two();\n```", 54, skipped)?;
    let other = "these lines are not the next ones of crates/v02/src/new.rs: the block has `fn three() {}` where the file (line \
                 7) has `fn two() {}`";
    wrong_and_not_whole("fn two() {}", "fn three() {}", 55, other)?;
    let again =
        "these lines of crates/v02/src/new.rs stand before others that were shown already; show a file in its order";
    wrong_and_not_whole(
        "fn two() {}",
        "    two();
}",
        55,
        again,
    )
}

#[test]
fn a_line_that_changes_is_shown_as_a_change() -> Result<()> {
    let added = "### The rest\n\n`crates/v02/src/main.rs`, now:\n\n```rust\nfn serve() -> ! {\n```\n";
    let message = "these lines do not stand in crates/v02/src/main.rs; if the step changes them, show the change";
    wrong("### The rest\n", added, 70, message)?;
    right("### The rest\n", &added.replace("serve() -> !", "serve()"))
}

#[test]
fn a_block_says_what_it_quotes() -> Result<()> {
    let rust = "a block of Rust needs to say what it quotes: begin the paragraph before it with the file";
    wrong("`crates/v02/src/new.rs`, in `one`, answers it:", "So:", 95, rust)?;
    wrong_and_not_whole("`crates/v02/src/new.rs`, then:", "Then `crates/v02/src/new.rs`:", 55, rust)?;
    let diff = "a diff needs to say what it quotes: begin the paragraph before it with the file";
    wrong_and_not_whole("`crates/v02/src/main.rs`, at two places:", "`crates/v02/src/main.rs`.", 70, diff)
}

#[test]
fn a_quotation_stands_in_its_file() -> Result<()> {
    let message =
        "these lines do not stand in crates/v02/src/new.rs: the file has no line `three();`; quote the file as it is";
    wrong("two();\n```\n\n## What", "three();\n```\n\n## What", 95, message)?;
    let apart = "these lines do not stand in crates/v02/src/new.rs: the file has each of them, but not one directly after the \
                 other";
    wrong("two();\n```\n\n## What", "two();\nfn two() {}\n```\n\n## What", 95, apart)?;
    wrong("`crates/v02/src/new.rs`, in `one`", "`Cargo/none.rs`, in `one`", 95, "cannot read Cargo/none.rs")
}

#[test]
fn files_are_copied_or_removed_for_a_reason() -> Result<()> {
    let why = "say why crates/v02/src/copied.rs stands under \"Copy, don't type:\"";
    wrong_and_not_whole(": a long table of names.", ": long.", 81, why)?;
    let item = "an item of \"Remove:\" begins with a file of crates/v02, as code";
    wrong_and_not_whole("- `crates/v02/src/old.rs`", "- old.rs", 85, item)?;
    let both = "crates/v02/src/new.rs was shown already: either show it or copy it";
    wrong("Remove:", "Copy, don't type:\n\n- `crates/v02/src/new.rs`: because it is so.\n\nRemove:", 85, both)
}

#[test]
fn what_is_not_told_is_told() -> Result<()> {
    let start = "the blocks do not add up to crates/v02; `cargo run -p book -- left v02` prints what is missing (+) or too much \
                 (-):\n--- ";
    let says = |old: &str, new: &str, rest: &str| wrong(old, new, 39, &format!("{start}{rest}"));
    says(
        "+    new::one();",
        "+    new::two();",
        &format!(
            "{MAIN} as told\n+++ {MAIN}\n@@ -6,4 +6,4 @@\n \n fn serve() {{\n-    new::two();\n+    new::one();\n"
        ),
    )?;
    let file = "crates/v02/src/new.rs";
    let told = "`crates/v02/src/new.rs`, then:\n\n```rust\nfn two() {}\n```\n";
    says(told, "", &format!("{file} as told\n+++ {file}\n@@ -5,2 +5,3 @@\n }}\n \n+fn two() {{}}\n"))?;
    let file = "crates/v02/src/copied.rs";
    let list = "Copy, don't type:\n\n- `crates/v02/src/copied.rs`: a long table of names.\n";
    says(list, "", &format!("{file} as told\n+++ {file}\n@@ -0,0 +1 @@\n+fn copied() {{}}\n"))?;
    let list = "Remove:\n\n- `crates/v02/src/old.rs`: nothing calls it any more.\n";
    says(list, "", "crates/v02/src/old.rs\n(the step removes this file: name it in a list under \"Remove:\")\n")?;
    let file = "crates/v02/Cargo.toml";
    let told = "`crates/v02/Cargo.toml` has a package more:\n\n```diff\n anyhow.workspace = true\n+nix.workspace = true\n```\n";
    says(
        told,
        "",
        &format!(
            "{file} as told\n+++ {file}\n@@ -1,2 +1,3 @@\n [dependencies]\n anyhow.workspace = true\n+nix.workspace = true\n"
        ),
    )
}

#[test]
fn a_file_can_be_written_anew() -> Result<()> {
    let repository = Repository::new()?;
    let diff = "`crates/v02/src/main.rs`, at two places:\n\n```diff\n-//! v01.\n+//! v02.\n@@\n fn serve() {\n-    listen();\n+    \
                new::one();\n```\n";
    let anew = "`crates/v02/src/main.rs`, written anew:\n\n```rust\n//! v02.\n\nfn main() {\n    serve();\n}\n\nfn serve() {\n    \
                new::one();\n}\n```\n";
    repository.edit(CHAPTER, diff, anew)?;
    assert_eq!(repository.faults()?, []);
    repository.edit(CHAPTER, "serve() {\n    new::one();\n}", "serve() {\n    new::one();")?;
    has(&repository, 39, "the blocks do not add up to crates/v02")
}
