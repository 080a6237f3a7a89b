//! The book: its pages in the order of `lessons/SUMMARY.md`.

use std::fs;
use std::path::{Path, PathBuf};
pub use suite::cargo::ROOT;

use anyhow::{Context, Result, bail};
use pulldown_cmark::{Event, Parser, Tag};

use crate::chapter::Chapter;

/// The folder of the pages.
pub const LESSONS: &str = "lessons";

/// Other Markdown files that readers see.
const OTHER_PAGES: [&str; 4] =
    ["README.md", "CONTRIBUTING.md", "tests/fuzz/README.md", "tests/suite/examples/README.md"];

/// The chapters of the versions, in their order. One that is not written yet is not in SUMMARY.md.
pub const CHAPTERS: [&str; 16] = [
    "v01",
    "v02-read",
    "v02-refuse",
    "v02-answer",
    "v03",
    "v04",
    "v05-zombies",
    "v05-orphans",
    "v06-readiness",
    "v06-futures",
    "v06-reactor",
    "v06-worker",
    "v06-workers",
    "v07-call",
    "v07-threads",
    "v07-care",
];

/// The pages of a repository.
#[derive(Clone, Debug)]
pub struct Book {
    pub root: PathBuf,
    /// The names of all chapters that the book will have.
    pub declared: Vec<String>,
    /// All pages that SUMMARY.md names, in its order, and then the other pages of the repository.
    pub pages: Vec<Chapter>,
}

impl Book {
    /// The book of this repository.
    ///
    /// # Errors
    ///
    /// As `read`.
    pub fn open() -> Result<Book> {
        Book::read(&fs::canonicalize(ROOT).context("the workspace is gone")?, &CHAPTERS)
    }

    /// The book at `root`, whose chapters should be these.
    ///
    /// # Errors
    ///
    /// A page that SUMMARY.md names and that is not there; a chapter of a version that is not declared, or not at its
    /// place in the order.
    pub fn read(root: &Path, declared: &[&str]) -> Result<Book> {
        let mut pages = Vec::new();
        for path in summary(root)? {
            let page = Chapter::read(root, &path).context("lessons/SUMMARY.md names a page that can't be read")?;
            pages.push(page);
        }
        for path in other_pages(root) {
            pages.push(Chapter::read(root, path)?);
        }
        let declared: Vec<String> = declared.iter().map(|&name| name.to_owned()).collect();
        let book = Book { root: root.to_owned(), declared, pages };
        let mut order = book.declared.iter();
        for chapter in book.chapters() {
            if !order.any(|name| name == chapter.name()) {
                bail!(
                    "lessons/SUMMARY.md names {} where it is not expected; the chapters are, in this order: {} \
                     (CHAPTERS in tests/book/src/book.rs)",
                    chapter.path,
                    book.declared.join(", ")
                );
            }
        }
        Ok(book)
    }

    /// The chapters of the versions, in their order.
    pub fn chapters(&self) -> impl Iterator<Item = &Chapter> {
        self.pages.iter().filter(|page| page.version().is_some())
    }

    /// The page of this name, such as `v04`, `v04.md`, `lessons/v04.md` or `CONTRIBUTING.md`; it need not be in SUMMARY.md yet.
    ///
    /// # Errors
    ///
    /// No such page.
    pub fn page(&self, name: &str) -> Result<Chapter> {
        if OTHER_PAGES.contains(&name) {
            return Chapter::read(&self.root, name);
        }
        let name = name.strip_prefix("lessons/").unwrap_or(name);
        let path = format!("{LESSONS}/{}.md", name.strip_suffix(".md").unwrap_or(name));
        Chapter::read(&self.root, &path)
    }

    /// The chapters of a version that are written, in their order, whether SUMMARY.md names them already or not.
    ///
    /// # Errors
    ///
    /// A page that can't be read.
    pub fn parts_of(&self, version: &str) -> Result<Vec<Chapter>> {
        let there = self.names_of(version).filter(|name| self.root.join(LESSONS).join(format!("{name}.md")).exists());
        there.map(|name| self.page(name)).collect()
    }

    /// Whether every chapter of the version is in SUMMARY.md.
    pub fn is_told(&self, version: &str) -> bool {
        self.names_of(version).all(|name| self.chapters().any(|chapter| chapter.name() == name))
    }

    /// Whether every chapter is in SUMMARY.md.
    pub fn is_whole(&self) -> bool {
        self.declared.len() == self.chapters().count()
    }

    /// The place of a chapter among those of its version; the first is 0.
    pub fn place(&self, chapter: &Chapter) -> usize {
        let version = chapter.version().unwrap_or_default();
        self.names_of(version).position(|name| name == chapter.name()).unwrap_or_default()
    }

    /// How many chapters tell of a version.
    pub fn count_of(&self, version: &str) -> usize {
        self.names_of(version).count()
    }

    /// The version before, unless it is the first.
    pub fn before(&self, version: &str) -> Option<&str> {
        let at = self.declared.iter().position(|name| version_of(name) == version)?;
        self.declared.get(at.checked_sub(1)?).map(|name| version_of(name))
    }

    fn names_of<'a>(&'a self, version: &'a str) -> impl Iterator<Item = &'a str> {
        self.declared.iter().map(String::as_str).filter(move |name| version_of(name) == version)
    }
}

/// The pages outside the folder of the lessons that the repository at `root` has.
pub fn other_pages(root: &Path) -> impl Iterator<Item = &'static str> {
    OTHER_PAGES.into_iter().filter(|path| root.join(path).exists())
}

fn version_of(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

/// The pages that SUMMARY.md links to, from the root. Without the file the book has none.
fn summary(root: &Path) -> Result<Vec<String>> {
    let path = root.join(LESSONS).join("SUMMARY.md");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path).context("cannot read lessons/SUMMARY.md")?;
    let links = Parser::new(&text).filter_map(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) if !dest_url.is_empty() => Some(format!("{LESSONS}/{dest_url}")),
        _ => None,
    });
    Ok(links.collect())
}
