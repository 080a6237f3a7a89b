//! A small repository: two versions, and a chapter about the second that is right in every way.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use book::book::Book;
use book::chapter::Chapter;
use book::check;
use book::fault::Fault;
use tempfile::TempDir;

const FILES: [(&str, &str); 16] = [
    ("crates/v01/Cargo.toml", "[package]\nname = \"v01\"\n\n[dependencies]\nanyhow.workspace = true\n\n[lints]\n"),
    ("crates/v01/src/main.rs", "//! v01.\n\nfn main() {\n    serve();\n}\n\nfn serve() {\n    listen();\n}\n"),
    ("crates/v01/src/old.rs", "fn old() {}\n"),
    ("crates/v01/src/same.rs", "fn same() {}\n"),
    (
        "crates/v02/Cargo.toml",
        "[package]\nname = \"v02\"\n\n[dependencies]\nanyhow.workspace = true\nnix.workspace = true\n\n[lints]\n",
    ),
    ("crates/v02/src/main.rs", "//! v02.\n\nfn main() {\n    serve();\n}\n\nfn serve() {\n    new::one();\n}\n"),
    (
        "crates/v02/src/new.rs",
        "//! What is new.\n\npub(crate) fn one() {\n    two();\n}\n\nfn two() {}\n\n#[cfg(test)]\nmod tests;\n",
    ),
    ("crates/v02/src/new/tests.rs", "fn test() {}\n"),
    ("crates/v02/src/copied.rs", "fn copied() {}\n"),
    ("crates/v02/src/same.rs", "fn same() {}\n"),
    ("lessons/SUMMARY.md", "# Summary\n\n- [v01](v01.md)\n- [v02](v02.md)\n"),
    ("lessons/v01.md", "# v01: a beginning\n\nA [client](glossary.md#client).\n"),
    ("lessons/v02.md", include_str!("v02.md")),
    ("lessons/glossary.md", GLOSSARY),
    ("lessons/observed/costs.md", COSTS),
    ("lessons/observed/costs.svg", "<svg/>\n"),
];

const GLOSSARY: &str = "\
# Glossary

### client

Who asks.

### process

A program that runs.

### child process

A process that another has made.
";

const COSTS: &str = "\
# Costs

## Speed

In requests a second.

| version | requests a second |
|---|---|
| v01 | 100 |
| v02 | 50 |
| **v02 again** | 25 |

## System calls

### The child

It reads. See [the picture](costs.svg).

### The server

It waits.
";

/// The chapter that the tests make wrong.
pub(crate) const CHAPTER: &str = "lessons/v02.md";

pub(crate) struct Repository(TempDir);

impl Repository {
    pub(crate) fn new() -> Result<Repository> {
        let repository = Repository(tempfile::tempdir()?);
        for (path, text) in FILES {
            repository.put(path, text)?;
        }
        Ok(repository)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, path: &str, text: &str) -> Result<()> {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        Ok(fs::write(path, text)?)
    }

    /// Puts `new` in the place of `old`, which must stand in the file once.
    pub(crate) fn edit(&self, path: &str, old: &str, new: &str) -> Result<()> {
        let text = fs::read_to_string(self.root().join(path))?;
        ensure!(text.matches(old).count() == 1, "{path} has {} times: {old}", text.matches(old).count());
        self.put(path, &text.replace(old, new))
    }

    pub(crate) fn book(&self) -> Result<Book> {
        Book::read(self.root(), &["v01", "v02"])
    }

    pub(crate) fn chapter(&self) -> Result<Chapter> {
        Chapter::read(self.root(), CHAPTER)
    }

    /// What is wrong with the chapter, without running anything.
    pub(crate) fn faults(&self) -> Result<Vec<Fault>> {
        check::reading(&self.book()?, &self.chapter()?)
    }
}

/// Sees that the chapter with `new` in the place of `old` has no fault.
pub(crate) fn right(old: &str, new: &str) -> Result<()> {
    let repository = Repository::new()?;
    repository.edit(CHAPTER, old, new)?;
    let faults = repository.faults()?;
    ensure!(faults.is_empty(), "{faults:#?}");
    Ok(())
}

/// Sees that the chapter with `new` in the place of `old` has just this fault, at this line.
pub(crate) fn wrong(old: &str, new: &str, line: usize, message: &str) -> Result<()> {
    let repository = Repository::new()?;
    repository.edit(CHAPTER, old, new)?;
    has(&repository, line, message)
}

/// Sees that the chapter has just this fault, at this line.
pub(crate) fn has(repository: &Repository, line: usize, message: &str) -> Result<()> {
    has_all(repository, &[(line, message)])
}

/// Sees that the chapter has these faults, in the order of its lines, and no other.
pub(crate) fn has_all(repository: &Repository, wanted: &[(usize, &str)]) -> Result<()> {
    let mut faults = repository.faults()?;
    faults.sort();
    let told: Vec<_> = faults.iter().map(Fault::to_string).collect();
    let wanted: Vec<_> = wanted.iter().map(|(line, message)| format!("{CHAPTER}:{line}: {message}")).collect();
    let fits = told.len() == wanted.len() && told.iter().zip(&wanted).all(|(told, wanted)| told.starts_with(wanted));
    ensure!(fits, "wanted {wanted:#?}\n{told:#?}");
    Ok(())
}
