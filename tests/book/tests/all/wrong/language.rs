//! Language: words, phrasings, and where they are looked for.

use anyhow::Result;
use book::language::{self, Language};

use super::repository::Repository;

/// What is said of this file.
fn said(path: &str, text: &str) -> Result<Vec<String>> {
    let repository = Repository::new()?;
    repository.put(path, text)?;
    let faults = Language::new()?.check_file(repository.root(), path)?;
    Ok(faults.iter().map(ToString::to_string).collect())
}

#[test]
fn a_page_is_plain_english() -> Result<()> {
    let page = "# A page\n\nIt waits, and\nnobody reads it.\n\n```text\nMend a sevrer.\n```\n\n- A sevrer.\n";
    let found = said("lessons/next.md", page)?;
    assert_eq!(found.len(), 2, "{found:?}");
    let nobody = "lessons/next.md:4: \"nobody\": write no client, another process, the caller: name it (rule: nobody)";
    assert_eq!(found[0], nobody);
    assert!(found[1].starts_with("lessons/next.md:10: \"sevrer\" is in no dictionary; "), "{found:?}");
    Ok(())
}

#[test]
fn so_are_comments_and_messages() -> Result<()> {
    let source = "//! What stands here.\n\nfn mend() {\n    bail!(\"there is no flag {flag}\"); // Mend it.\n}\n";
    let found = said("crates/v02/src/mend.rs", source)?;
    let lines: Vec<_> = found.iter().filter_map(|said| said.split(": ").next()).collect();
    let (first, message) = ("crates/v02/src/mend.rs:1", "crates/v02/src/mend.rs:4");
    assert_eq!(lines, [first, first, message, message], "{found:?}");
    Ok(())
}

#[test]
fn pages_and_sources_are_looked_at() -> Result<()> {
    let repository = Repository::new()?;
    repository.put("lessons/next.md", "# Next\n\nMend it.\n")?;
    repository.put("crates/v02/src/new.rs", "// Mend it.\n")?;
    let faults = Language::new()?.check(repository.root())?;
    let of = |path: &str| faults.iter().filter(|fault| fault.path == path).count();
    assert_eq!((of("lessons/next.md"), of("crates/v02/src/new.rs")), (1, 1));
    Ok(())
}

#[test]
fn a_page_a_file_and_a_folder_can_be_named() -> Result<()> {
    let repository = Repository::new()?;
    let named = |name: &str| language::named(repository.root(), name);
    assert_eq!(named("v02")?, ["lessons/v02.md"]);
    assert_eq!(named("lessons/v02.md")?, ["lessons/v02.md"]);
    assert_eq!(named("crates/v01/")?, ["crates/v01/src/main.rs", "crates/v01/src/old.rs", "crates/v01/src/same.rs"]);
    assert!(named("v09").is_err_and(|error| error.to_string().starts_with("v09 is not a page")));
    Ok(())
}
