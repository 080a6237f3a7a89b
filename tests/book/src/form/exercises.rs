//! The three exercises of a chapter: their headings, their ids, and their folded solutions.

use super::{begin, parts};
use crate::book::Book;
use crate::chapter::{Chapter, Kind};
use crate::fault::Fault;

const SECTION: &str = "Exercises";

/// The kinds, in their order. Each counts on in the next chapter of the same version.
const KINDS: [&str; 3] = ["Predict", "Write", "Break"];

/// The headings that the chapter's exercises should have, such as `Write (v04.2)`.
fn expected(book: &Book, chapter: &Chapter) -> Vec<String> {
    let first = book.place(chapter) * KINDS.len() + 1;
    let version = chapter.version().unwrap_or_default();
    KINDS.iter().enumerate().map(|(at, kind)| format!("{kind} ({version}.{})", first + at)).collect()
}

pub(super) fn check(book: &Book, chapter: &Chapter) -> Vec<Fault> {
    let Some(line) = begin(chapter, SECTION) else { return Vec::new() };
    let found = parts::subheadings(chapter, SECTION);
    let expected = expected(book, chapter);
    if found.iter().map(|(_, text)| text).ne(&expected) {
        let wanted: Vec<_> = expected.iter().map(|text| format!("`### {text}`")).collect();
        return vec![chapter.fault(line, format!("there are three exercises, under {}", wanted.join(", ")))];
    }
    let mut faults = Vec::new();
    for (at, (line, text)) in found.iter().enumerate() {
        let end = found.get(at + 1).map_or(usize::MAX, |(next, _)| *next);
        let inside = |other: usize| (*line..end).contains(&other);
        let is_solution = |kind: &Kind| !matches!(kind, Kind::Html(_));
        let parts = chapter.parts.iter().filter(|part| part.section == SECTION && inside(part.line));
        if !parts.clone().any(|part| part.folded && is_solution(&part.kind)) {
            let text = format!("`### {text}` has no solution; fold it: <details><summary>Solution</summary>");
            faults.push(chapter.fault(*line, text));
        }
    }
    faults
}
