//! The program `book`, on a repository whose lessons are wrong.

use std::io;
use std::process::{Command, Stdio};

use anyhow::Result;

use super::repository::{CHAPTER, Repository};

/// What it prints, and whether it found nothing wrong.
fn book(repository: &Repository, arguments: &[&str]) -> Result<(String, String, bool)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
    let output = command.args(arguments).args(["--chapters", "v01,v02", "--root"]).arg(repository.root()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok((text(&output.stdout), text(&output.stderr), output.status.success()))
}

#[test]
fn it_checks_pages() -> Result<()> {
    let repository = Repository::new()?;
    let (said, _, done) = book(&repository, &["check", "--only-read"])?;
    assert!(!done && said.contains("lessons/v01.md:3: `## The failure` is missing"), "{said}");
    let (said, _, done) = book(&repository, &["check", "--only-read", "v02"])?;
    assert_eq!((said.as_str(), done), ("pages: 1, commands' blocks run: 0, not tried: 0, wrong: 0\n", true));
    repository.edit(CHAPTER, "A child process stays.", "[It](none.md) stays.")?;
    let (said, _, done) = book(&repository, &["check", "--only-read", CHAPTER])?;
    assert!(!done && said.starts_with("lessons/v02.md:122: the link `none.md` leads to no file"), "{said}");
    let (_, complaint, done) = book(&repository, &["check", "v03"])?;
    assert!(!done && complaint.starts_with("book: cannot read lessons/v03.md: No such file"), "{complaint}");
    Ok(())
}

#[test]
fn it_checks_pages_outside_of_the_lessons() -> Result<()> {
    let repository = Repository::new()?;
    repository.put("CONTRIBUTING.md", "# Contributing\n\nSee [it](none.md).\n")?;
    for arguments in [&["check", "--only-read"] as &[&str], &["check", "--only-read", "CONTRIBUTING.md"]] {
        let (said, _, done) = book(&repository, arguments)?;
        assert!(!done && said.contains("CONTRIBUTING.md:3: the link `none.md` leads to no file"), "{said}");
    }
    Ok(())
}

#[test]
fn it_checks_the_language_of_any_page() -> Result<()> {
    let repository = Repository::new()?;
    repository.put("lessons/v04.md", "# v04: new\n\nMend it.\n")?;
    let (said, _, done) = book(&repository, &["language", "v04"])?;
    let fault = "lessons/v04.md:3: \"Mend\": write fix (rule: mend)\nfiles: 1, wrong: 1\n";
    assert_eq!((said.as_str(), done), (fault, false));
    repository.put("lessons/next.md", "# Next\n\nMend it.\n")?;
    let (said, _, done) = book(&repository, &["check", "--only-read", "next"])?;
    assert!(!done && said.starts_with("lessons/next.md:3: \"Mend\": write fix"), "{said}");
    Ok(())
}

#[test]
fn it_ends_quietly_when_nobody_reads_what_it_prints() -> Result<()> {
    let repository = Repository::new()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_book"));
    command.args(["left", "v02", "--chapters", "v01,v02", "--root"]).arg(repository.root());
    let (_, stdout) = io::pipe()?; // Its reading end is closed here.
    let ended = command.stdout(stdout).stderr(Stdio::piped()).spawn()?.wait_with_output()?;
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    Ok(())
}

#[test]
fn it_tells_what_is_left() -> Result<()> {
    let repository = Repository::new()?;
    assert_eq!(book(&repository, &["left", "v02"])?, ("Nothing is left to tell.\n".into(), String::new(), true));
    repository.edit(CHAPTER, "fn two() {}\n", "fn three() {}\n")?;
    let (said, complaint, done) = book(&repository, &["left", "v02"])?;
    assert!(!done && said.ends_with("\n+fn two() {}\n"), "{said}");
    assert!(complaint.starts_with("lessons/v02.md:55: these lines are not the next ones"), "{complaint}");
    let (said, _, done) = book(&repository, &["left", "v02", "main.rs"])?;
    assert_eq!((said.as_str(), done), ("Nothing is left to tell.\n", true));
    Ok(())
}

#[test]
fn it_makes_a_page_anew() -> Result<()> {
    let repository = Repository::new()?;
    repository.put("lessons/next.md", "<!-- from observed/costs.md, table \"Speed\", rows v02 -->\n<!-- end -->\n")?;
    let (said, _, done) = book(&repository, &["refresh", "--check", "next"])?;
    assert!(!done && said.ends_with("+| v02 | 50 |\n+\n <!-- end -->\n"), "{said}");
    let (again, _, done) = book(&repository, &["refresh", "next"])?;
    assert_eq!((again, done), (said, true));
    assert_eq!(book(&repository, &["refresh", "--check", "next"])?, (String::new(), String::new(), true));
    Ok(())
}
