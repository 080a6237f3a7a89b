//! The language: plain, modern, idiomatic English in pages, comments and messages.
//!
//! `text` takes the prose out of a page or a source file and leaves the code behind. `spelling` looks up each word in a
//! British dictionary (SCOWL's, in `tests/book/language`) and in the project's own, `words.txt`. `rules` is the table of
//! phrasings that we don't use, with what to write instead. A phrase that is right although a rule catches it is a line
//! of `allowed.txt`.

pub mod rules;
mod spelling;
mod text;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::book::{LESSONS, other_pages};
use crate::fault::Fault;
use rules::Rules;
use spelling::Spelling;
use text::Passage;

/// Where pages are made from measurements.
const MEASURED: &str = "lessons/observed/";

/// Phrases that are right as they are: one a line, sorted.
const ALLOWED: &str = "tests/book/language/allowed.txt";

/// What the language is checked by.
pub struct Language {
    rules: Rules,
    spelling: Spelling,
    allowed: Vec<String>,
    /// The phrases of `allowed` that were needed so far.
    needed: RefCell<BTreeSet<usize>>,
}

impl Language {
    /// The dictionaries and rules of this program.
    ///
    /// # Errors
    ///
    /// A dictionary or a rule that can't be read.
    pub fn new() -> Result<Language> {
        let allowed = include_str!("../language/allowed.txt").lines().map(str::to_owned).collect();
        Ok(Language { rules: Rules::new()?, spelling: Spelling::new()?, allowed, needed: RefCell::default() })
    }

    /// What is wrong with the language of a file, a page (`.md`) or a source (`.rs`); `path` is from `root`.
    ///
    /// # Errors
    ///
    /// A file that can't be read.
    pub fn check_file(&self, root: &Path, path: &str) -> Result<Vec<Fault>> {
        let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        Ok(self.check_text(root, path, &text))
    }

    /// The same for the text of a file.
    pub fn check_text(&self, root: &Path, path: &str, text: &str) -> Vec<Fault> {
        let passages = match path.ends_with(".rs") {
            true => text::of_source(root, path, text),
            false => text::of_page(root, path, text),
        };
        let mut faults: Vec<_> = passages.iter().flat_map(|passage| self.check_passage(path, passage)).collect();
        faults.sort();
        faults.dedup();
        faults
    }

    fn check_passage(&self, path: &str, passage: &Passage) -> Vec<Fault> {
        let found = self.rules.find(&passage.text).into_iter().chain(self.spelling.find(&passage.text));
        let wrong = found.filter(|(range, _)| !self.is_allowed(&passage.text, range.start, range.end));
        wrong.map(|(range, text)| Fault::new(path, passage.line_at(range.start), text)).collect()
    }

    fn is_allowed(&self, text: &str, start: usize, end: usize) -> bool {
        let covers = |phrase: &str| text.match_indices(phrase).any(|(at, _)| at <= start && end <= at + phrase.len());
        let Some(at) = self.allowed.iter().position(|phrase| covers(phrase)) else { return false };
        self.needed.borrow_mut().insert(at);
        true
    }

    /// All that is wrong in the repository.
    ///
    /// # Errors
    ///
    /// A file that can't be read.
    pub fn check(&self, root: &Path) -> Result<Vec<Fault>> {
        let mut faults = self.spelling.check_words();
        for path in files(root)? {
            faults.extend(self.check_file(root, &path)?);
        }
        faults.extend(self.check_allowed());
        Ok(faults)
    }

    /// What is wrong with the list of phrases, after all files have been looked at.
    fn check_allowed(&self) -> Vec<Fault> {
        let needed = self.needed.borrow();
        let unneeded = (0..self.allowed.len()).filter(|at| !needed.contains(at));
        let unneeded = unneeded.map(|at| Fault::new(ALLOWED, at + 1, "no file needs this phrase any more; remove it"));
        let pairs = self.allowed.windows(2).enumerate().filter(|(_, pair)| pair[0] >= pair[1]);
        let unsorted =
            pairs.map(|(at, _)| Fault::new(ALLOWED, at + 2, "this line is out of order; sort with LC_ALL=C"));
        unneeded.chain(unsorted).collect()
    }
}

/// Whether a page is held to the language: it is not made from measurements.
pub fn is_held(path: &str) -> bool {
    !path.starts_with(MEASURED)
}

/// The files that are checked, from the root: the pages, except those that are measured, and the servers' sources.
///
/// # Errors
///
/// A folder that can't be read.
pub fn files(root: &Path) -> Result<Vec<String>> {
    let mut files: Vec<_> = other_pages(root).map(str::to_owned).collect();
    files.extend(under(root, LESSONS, "md", false)?);
    for version in folders(&root.join("crates"))? {
        if version.file_name().is_some_and(|name| name != "mine") {
            files.extend(under(root, &format!("{}/src", relative(root, &version)), "rs", true)?);
        }
    }
    Ok(files)
}

/// The files that a name means: a page (`v04`), a file, or all checked files of a folder (`crates/v04`).
///
/// # Errors
///
/// Nothing has this name.
pub fn named(root: &Path, name: &str) -> Result<Vec<String>> {
    let page = format!("{LESSONS}/{name}.md");
    if root.join(&page).is_file() {
        return Ok(vec![page]);
    }
    let name = name.trim_end_matches('/');
    if root.join(name).is_file() {
        return Ok(vec![name.to_owned()]);
    }
    let inside: Vec<_> = files(root)?.into_iter().filter(|path| Path::new(path).starts_with(name)).collect();
    if inside.is_empty() {
        bail!(
            "{name} is not a page, and there is no such file; try v04, README.md, crates/v04 or crates/v04/src/app.rs"
        );
    }
    Ok(inside)
}

fn under(root: &Path, folder: &str, extension: &str, deep: bool) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in entries(&root.join(folder))? {
        if path.is_dir() && deep {
            found.extend(under(root, &relative(root, &path), extension, deep)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(relative(root, &path));
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// What is in a folder, sorted; nothing if it is not there.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let read = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = read.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}
