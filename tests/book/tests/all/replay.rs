//! A small repository whose second version is typed block by block, right and wrong.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book::book::Book;
use book::code;
use book::code::checkpoint::missing;
use book::refresh::refresh;
use book::replay::{replay, write_at};
use tempfile::TempDir;

const FILES: [(&str, &str); 8] = [
    ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n"),
    ("crates/v01/Cargo.toml", "[package]\nname = \"v01\"\nedition = \"2024\"\n\n[dependencies]\n"),
    ("crates/v01/src/main.rs", "fn main() {\n    println!(\"one\");\n}\n"),
    ("crates/v02/Cargo.toml", "[package]\nname = \"v02\"\nedition = \"2024\"\n\n[dependencies]\n"),
    ("crates/v02/src/main.rs", "mod greeting;\n\nfn main() {\n    println!(\"{}\", greeting::greeting(\"you\"));\n}\n"),
    (
        "crates/v02/src/greeting.rs",
        "//! Greetings.\n\nuse std::fmt::Display;\n\npub(crate) fn greeting(name: impl Display) -> String {\n    format!(\"hello, \
         {name}\")\n}\n",
    ),
    ("crates/v02/src/words.rs", "const WORDS: [&str; 1] = [\"hello\"];\n"),
    ("lessons/SUMMARY.md", "# Summary\n\n- [v02](v02.md)\n"),
];

/// It throws a file away, a function takes its final form in two steps, and a file is copied.
const CHAPTER: &str = include_str!("replay/v02.md");

/// Where the chapter stands.
const PAGE: &str = "lessons/v02.md";

struct Repository(TempDir);

impl Repository {
    /// With `new` in the place of `old` in the chapter.
    fn with(old: &str, new: &str) -> Result<Repository> {
        let repository = Repository(tempfile::tempdir()?);
        ensure!(old.is_empty() || CHAPTER.matches(old).count() == 1, "not once in the chapter: {old}");
        let chapter = if old.is_empty() { CHAPTER.to_owned() } else { CHAPTER.replace(old, new) };
        for (path, text) in FILES.into_iter().chain([(PAGE, chapter.as_str())]) {
            repository.put(path, text)?;
        }
        Ok(repository)
    }

    fn put(&self, path: &str, text: &str) -> Result<()> {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        Ok(fs::write(path, text)?)
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn book(&self) -> Result<Book> {
        Book::read(self.root(), &["v01", "v02"])
    }

    /// What is wrong, without running anything.
    fn read(&self) -> Result<Vec<String>> {
        let book = self.book()?;
        let faults = code::check(&book, book.pages.first().context("a chapter")?)?;
        Ok(faults.iter().map(ToString::to_string).collect())
    }

    /// What is wrong when it is typed; `None` where that can't be tried.
    fn replay(&self) -> Result<Option<Vec<String>>> {
        let book = self.book()?;
        let report = replay(&book, &book.pages)?;
        if !report.notes.is_empty() {
            println!("not tried: {}", report.notes.join("\n"));
            return Ok(None);
        }
        Ok(Some(report.faults.iter().map(ToString::to_string).collect()))
    }
}

/// Sees that the chapter with `new` in the place of `old` has just this fault.
fn wrong(old: &str, new: &str, message: &str) -> Result<()> {
    has(&Repository::with(old, new)?.read()?, message)
}

/// As `wrong`, for what shows only when it is typed.
fn wrong_when_typed(old: &str, new: &str, message: &str) -> Result<()> {
    let repository = Repository::with(old, new)?;
    let Some(faults) = repository.replay()? else { return Ok(()) };
    has(&faults, message)
}

fn has(faults: &[String], message: &str) -> Result<()> {
    ensure!(faults.len() == 1 && faults[0].contains(message), "{faults:#?}\nwanted: {message}");
    Ok(())
}

#[test]
fn a_chapter_can_be_typed() -> Result<()> {
    let repository = Repository::with("", "")?;
    assert_eq!(repository.read()?, [""; 0]);
    assert_eq!(repository.replay()?.unwrap_or_default(), [""; 0]);
    Ok(())
}

#[test]
fn a_change_finds_its_place() -> Result<()> {
    let faults = Repository::with("-    println!(\"one\");", "-    println!(\"two\");")?.read()?;
    ensure!(faults.iter().any(|fault| fault.contains("it has no line `println!(\"two\");`")), "{faults:#?}");
    Ok(())
}

#[test]
fn the_end_is_the_version() -> Result<()> {
    wrong("format!(\"hello, {name}\")", "format!(\"hi, {name}\")", "the blocks do not add up to crates/v02")
}

#[test]
fn what_was_thrown_away_is_gone() -> Result<()> {
    let list = "Remove:\n\n- `crates/v02/src/throw.rs`: it has shown what it had to show.\n";
    wrong(list, "", "the step removes this file")
}

/// The second checkpoint, with N for its number.
const BOX: &str = "checkpoint v02.N:** It greets you.\n>\n> `cargo learn check v02.N`";

#[test]
fn checkpoints_are_numbered() -> Result<()> {
    let (two, three) = (BOX.replace("N", "2"), BOX.replace("N", "3"));
    wrong(&two, &three, "checkpoint v02.3 comes where v02.2 is next")
}

#[test]
fn a_checkpoint_is_proved() -> Result<()> {
    let proof = "```console\n$ cargo run -q -p mine\nhello\n```\n";
    let message = "nothing shows that this checkpoint is reached";
    wrong(proof, "", message)?;
    wrong(proof, "```console\nhello\n```\n", message)?;
    wrong(proof, &proof.replace("console", "console not-run=\"it is late\""), message)
}

#[test]
fn what_looks_like_a_checkpoint_is_one() -> Result<()> {
    let message =
        "a checkpoint is a box, `> [!TIP]`, under \"The change\" that begins with its name and a colon, both bold";
    wrong("**checkpoint v02.2:**", "**Checkpoint v02.2:**", message)?;
    wrong("**checkpoint v02.2:**", "**checkpoint v02.2**:", message)?;
    wrong("> [!TIP]\n> **checkpoint v02.2:**", "**checkpoint v02.2:**", message)?;
    wrong("## Still wrong\n", "## Still wrong\n\n**checkpoint v02.3:** It stays.\n", message)
}

#[test]
fn a_checkpoint_ends_with_its_command() -> Result<()> {
    let message = "the box of a checkpoint ends with a paragraph of its command alone: `cargo learn check v02.2`";
    wrong("`cargo learn check v02.2`", "`cargo learn check v02.1`", message)?;
    wrong("`cargo learn check v02.2`", "Try `cargo learn check v02.2`", message)
}

#[test]
fn each_chapter_has_a_checkpoint() -> Result<()> {
    let repository = Repository::with("", "")?;
    assert_eq!(missing(&repository.book()?), []);
    repository.put("lessons/v02.md", &CHAPTER.replace("**checkpoint", "checkpoint"))?;
    let faults: Vec<_> = missing(&repository.book()?).iter().map(ToString::to_string).collect();
    has(&faults, "it has no checkpoint")
}

#[test]
fn the_lines_of_a_chapter_without_checkpoints_are_not_counted() -> Result<()> {
    let repository = Repository::with("", "")?;
    let block = format!("`crates/v02/src/words.rs`, the words:\n\n```rust\n{}```\n", "// A word.\n".repeat(100));
    repository.put("lessons/v02-words.md", &format!("# v02: words\n\n## The change\n\n{block}"))?;
    repository.put("lessons/v02-greeting.md", CHAPTER)?;
    repository.put("lessons/SUMMARY.md", "- [v02](v02-words.md)\n- [v02](v02-greeting.md)\n")?;
    let book = Book::read(repository.root(), &["v01", "v02-words", "v02-greeting"])?;
    for page in &book.pages {
        assert_eq!(code::check(&book, page)?, []);
    }
    Ok(())
}

#[test]
fn a_hundred_lines_are_typed_at_the_most() -> Result<()> {
    let long = |count: usize| "// A line.\n".repeat(count) + "pub(crate) fn hello";
    let fits = Repository::with("pub(crate) fn hello", &long(92))?;
    assert_eq!(fits.read()?, [""; 0]);
    wrong("pub(crate) fn hello", &long(93), "101 lines are typed before this checkpoint; put a checkpoint in between")
}

#[test]
fn a_checkpoint_builds() -> Result<()> {
    let message = "the package does not build at v02.1; `book at v02.1 DIR` writes it:\nerror";
    wrong_when_typed("    \"hello\"\n", "    hello\n", message)
}

#[test]
fn a_proof_prints_what_is_printed() -> Result<()> {
    wrong_when_typed("mine\nhello\n", "mine\ngoodbye\n", "goodbye")
}

#[test]
fn what_is_tried_at_the_end_is_tried_on_the_readers_package() -> Result<()> {
    wrong_when_typed("hello, you\n```\n\n## Still", "hello, me\n```\n\n## Still", "hello, me")
}

#[test]
fn a_command_leaves_nothing_behind_in_the_package() -> Result<()> {
    let breaks = "mine\nhello\n$ echo broken > crates/mine/build.rs\n";
    let faults = Repository::with("mine\nhello\n", breaks)?.replay()?;
    assert_eq!(faults.unwrap_or_default(), [""; 0]);
    Ok(())
}

#[test]
fn what_a_proof_prints_is_made_anew() -> Result<()> {
    let repository = Repository::with("mine\nhello\n", "mine\ngoodbye\n")?;
    let Some(_) = repository.replay()? else { return Ok(()) };
    let book = repository.book()?;
    refresh(&book, &book.page("v02")?, false)?;
    assert_eq!(book.page("v02")?.text, CHAPTER);
    Ok(())
}

#[test]
fn the_package_at_a_checkpoint_can_be_had() -> Result<()> {
    let repository = Repository::with("", "")?;
    let book = repository.book()?;
    let folder = repository.root().join("there");
    write_at(&book, "v02.1", &folder)?;
    let main = fs::read_to_string(folder.join("src/main.rs"))?;
    assert_eq!(main, "mod throw;\n\nfn main() {\n    println!(\"{}\", throw::hello());\n}\n");
    assert!(fs::read_to_string(folder.join("Cargo.toml"))?.contains("name = \"mine\""));
    let error = |name: &str| write_at(&book, name, &folder).map_err(|error| error.to_string());
    assert!(error("v02.1").is_err_and(|text| text.contains("is not empty")));
    assert!(error("v02.7").is_err_and(|text| text.contains("there is no checkpoint v02.7; v02 has v02.1, v02.2")));
    assert!(error("v09.1").is_err_and(|text| text.contains("there is no checkpoint v09.1")));
    Ok(())
}
