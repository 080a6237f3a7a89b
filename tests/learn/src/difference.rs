//! The diff from the reader's package to the book's at a checkpoint, of the lines that matter.

use std::collections::BTreeSet;
use std::sync::Arc;

use book::code;
use similar::TextDiff;

use crate::source::{Files, Source, matters};

/// How to come from the reader's files to the book's: `-` is the reader's, `+` the book's. Empty lines, comments and unit
/// tests don't count, and of a manifest only the dependencies do.
pub fn diff(mine: &Files<Arc<Source>>, book: &Files<Arc<Source>>) -> String {
    let is_of_package = |path: &&String| book.contains_key(*path) || path.ends_with(".rs");
    let paths: BTreeSet<_> = mine.keys().chain(book.keys()).filter(is_of_package).collect();
    paths.into_iter().map(|path| file(path, mine.get(path), book.get(path))).collect()
}

fn file(path: &str, mine: Option<&Arc<Source>>, book: Option<&Arc<Source>>) -> String {
    if let (Some(mine), Some(book)) = (mine, book)
        && mine.is_like(book)
    {
        return String::new();
    }
    let text = |source: Option<&Arc<Source>>| source.map(|source| text(path, source)).unwrap_or_default();
    let (mine, book) = (text(mine), text(book));
    let (old, new) = (format!("{path} (yours)"), format!("{path} (the book's)"));
    TextDiff::from_lines(&mine, &book).unified_diff().context_radius(2).header(&old, &new).to_string()
}

fn text(path: &str, source: &Source) -> String {
    let told = code::told(&format!("/{path}"), &source.lines);
    let lines = source.lines.iter().zip(told).filter(|(line, told)| *told && matters(path, line));
    lines.map(|(line, _)| format!("{line}\n")).collect()
}
