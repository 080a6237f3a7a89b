//! What a chapter consists of: its headings in their order, and what stands under each.

mod exercises;
mod parts;

use std::sync::LazyLock;

use regex::Regex;

use crate::book::Book;
use crate::chapter::{Chapter, Kind, Part, Prose};
use crate::fault::Fault;

/// The `##` headings of a chapter, in their order.
pub const SECTIONS: [&str; 10] = [
    "The failure",
    "Predict",
    "The idea",
    "The change",
    "Run it",
    "What the kernel saw",
    "What it costs",
    "Still wrong",
    "Exercises",
    "Where real servers do this",
];

/// How the first paragraph begins: of a chapter whose reader types along, and of one that tells of the repository's server.
const BEGINNINGS: [&str; 2] = ["After this chapter, your server ", "After this chapter, the server "];

/// What is wrong with a chapter's form.
pub fn check(book: &Book, chapter: &Chapter) -> Vec<Fault> {
    let mut faults: Vec<_> = title(book, chapter).into_iter().collect();
    faults.extend(first_sentence(chapter));
    faults.extend(effort(chapter));
    faults.extend(sections(chapter));
    faults.extend(empty_sections(chapter));
    faults.extend(parts::check(chapter));
    faults.extend(exercises::check(book, chapter));
    faults.sort();
    faults
}

/// The headings of this level that the chapter has of itself, with their lines and words.
fn headings(chapter: &Chapter, wanted: usize) -> Vec<(usize, String)> {
    let own = chapter.parts.iter().filter(|part| !part.quoted);
    own.filter_map(|part| match &part.kind {
        Kind::Heading { level, prose, .. } if *level == wanted => Some((part.line, prose.text())),
        _ => None,
    })
    .collect()
}

fn title(book: &Book, chapter: &Chapter) -> Option<Fault> {
    let version = chapter.version().unwrap_or_default();
    let beginnings = [format!("{version}: "), format!("{version}, part {}: ", book.place(chapter) + 1)];
    let titles = headings(chapter, 1);
    match &titles[..] {
        [(_, text)] if beginnings.iter().any(|beginning| text.starts_with(beginning)) => None,
        [(line, text)] => Some(
            chapter.fault(*line, format!("the title `{text}` should begin with `{version}: `, then say what is new")),
        ),
        [] => Some(chapter.fault(1, format!("no title; begin with a line such as `# {version}: what is new`"))),
        [_, (line, text), ..] => Some(chapter.fault(*line, format!("`# {text}` is a second title; a page has one"))),
    }
}

fn first_sentence(chapter: &Chapter) -> Option<Fault> {
    let paragraph = chapter.parts.iter().find_map(|part| match &part.kind {
        Kind::Paragraph(prose) => Some((part, prose.text())),
        _ => None,
    });
    let Some((part, text)) = paragraph.filter(|(part, _)| part.section.is_empty()) else {
        return Some(
            chapter.fault(1, format!("below the title, one sentence tells what is gained: \"{}…\"", BEGINNINGS[0])),
        );
    };
    if !BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) {
        return Some(
            chapter
                .fault(part.line, format!("the first paragraph begins with \"{}\"; this one does not", BEGINNINGS[0])),
        );
    }
    let inner = text.trim_end().strip_suffix('.').unwrap_or_default();
    let is_one = !inner.is_empty() && ![". ", "? ", "! "].iter().any(|end| inner.contains(end));
    (!is_one).then(|| chapter.fault(part.line, "the first paragraph is one sentence, with a full stop at its end"))
}

/// A reader who types along sees in the second paragraph how much time and typing the chapter takes. The site shows it in
/// one box with the first.
fn effort(chapter: &Chapter) -> Option<Fault> {
    static EFFORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[^.]*\b(hour|evening)s?\b[^.]*, and about [0-9,]+ lines to type, in [a-z0-9]+ steps[.,]")
            .expect("a regular expression")
    });
    let head = chapter.parts.iter().filter(|part| part.section.is_empty());
    let mut paragraphs = head.filter(|part| matches!(part.kind, Kind::Paragraph(_)));
    let first = paragraphs.next()?;
    let text = |part: &Part| part.prose().map(Prose::text).unwrap_or_default();
    if !text(first).starts_with(BEGINNINGS[0]) {
        return None;
    }
    let is_told = paragraphs.next().is_some_and(|second| EFFORT.is_match(&text(second)));
    let form = "\"An hour, and about 260 lines to type, in six steps.\"";
    (!is_told)
        .then(|| chapter.fault(first.last, format!("the next paragraph gives time, lines and steps, as in {form}")))
}

/// Each heading once, at its place, and no other.
fn sections(chapter: &Chapter) -> Vec<Fault> {
    let found = headings(chapter, 2);
    let mut faults = Vec::new();
    let mut last = None;
    for (line, text) in &found {
        let Some(at) = SECTIONS.iter().position(|section| section == text) else {
            let text = format!("`## {text}` is no heading of a chapter; they are {}", SECTIONS.join(", "));
            faults.push(chapter.fault(*line, text));
            continue;
        };
        if last.is_some_and(|last| at <= last) {
            let order = "the headings come once each and in this order";
            faults.push(
                chapter.fault(*line, format!("`## {text}` is out of its place; {order}: {}", SECTIONS.join(", "))),
            );
        }
        last = last.max(Some(at));
    }
    for missing in SECTIONS.iter().filter(|section| !found.iter().any(|(_, text)| text == *section)) {
        faults.push(chapter.fault(end(chapter), format!("`## {missing}` is missing; every chapter has it")));
    }
    faults
}

/// A heading with nothing below it.
fn empty_sections(chapter: &Chapter) -> Vec<Fault> {
    let is_empty = |text: &str| {
        let inside = chapter.parts.iter().filter(|part| part.section == text);
        inside.filter(|part| !matches!(part.kind, Kind::Heading { .. })).count() == 0
    };
    let found = headings(chapter, 2).into_iter().filter(|(_, text)| is_empty(text));
    found.map(|(line, text)| chapter.fault(line, format!("nothing stands under `## {text}`"))).collect()
}

fn end(chapter: &Chapter) -> usize {
    chapter.text.lines().count().max(1)
}

/// Where a section begins; nothing is asked of one that is missing.
fn begin(chapter: &Chapter, section: &str) -> Option<usize> {
    headings(chapter, 2).into_iter().find(|(_, text)| text == section).map(|(line, _)| line)
}
