//! What stands under each heading of a chapter.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{begin, headings};
use crate::chapter::{Chapter, Kind, Part};
use crate::code::CHANGE;
use crate::fault::Fault;

/// How many words the idea may take, and how many lines a block.
const WORDS: usize = 400;
const LINES: usize = 30;

pub(super) fn check(chapter: &Chapter) -> Vec<Fault> {
    let mut faults = long_blocks(chapter);
    faults.extend(failure(chapter));
    faults.extend(predict(chapter));
    faults.extend(idea(chapter));
    faults.extend(steps(chapter));
    faults.extend(commands(chapter));
    faults.extend(quotes(chapter));
    faults.extend(numbers(chapter));
    faults
}

/// The parts under a heading, if it is there: its line, and they.
fn section<'a>(chapter: &'a Chapter, name: &str) -> Option<(usize, Vec<&'a Part>)> {
    let line = begin(chapter, name)?;
    let inside = |part: &&Part| part.section == name && !matches!(part.kind, Kind::Heading { level: 2, .. });
    Some((line, chapter.parts.iter().filter(inside).collect()))
}

fn has_console(parts: &[&Part]) -> bool {
    parts.iter().any(|part| matches!(&part.kind, Kind::Code(code) if code.language() == "console"))
}

/// Whether something that can be read is folded away in these parts.
fn has_fold(parts: &[&Part]) -> bool {
    parts.iter().any(|part| part.folded && !matches!(part.kind, Kind::Html(_)))
}

fn failure(chapter: &Chapter) -> Option<Fault> {
    let (line, parts) = section(chapter, "The failure")?;
    (!has_console(&parts))
        .then(|| chapter.fault(line, "\"The failure\" shows it: a ```console block with a command and its output"))
}

fn predict(chapter: &Chapter) -> Option<Fault> {
    let (line, parts) = section(chapter, "Predict")?;
    let asks = |part: &&&Part| !part.folded && part.prose().is_some_and(|prose| prose.text().contains('?'));
    if parts.iter().find(asks).is_none() {
        return Some(chapter.fault(line, "\"Predict\" asks a question; there is no question mark"));
    }
    (!has_fold(&parts)).then(|| {
        let form = "<details><summary>…</summary>, an empty line, the answer, an empty line, </details>";
        chapter.fault(line, format!("the answer is folded away: {form}"))
    })
}

fn idea(chapter: &Chapter) -> Vec<Fault> {
    let Some((line, parts)) = section(chapter, "The idea") else { return Vec::new() };
    let mut faults = Vec::new();
    let words: usize = parts.iter().map(|part| words(part)).sum();
    if words > WORDS {
        let text =
            format!("\"The idea\" has {words} words; at most {WORDS}, code, tables and the text twin not counted");
        faults.push(chapter.fault(line, text));
    }
    let pictures = parts.iter().map(|part| pictures(part)).sum::<usize>();
    if pictures != 1 {
        let text = format!("\"The idea\" has {pictures} pictures; it has one, a ```mermaid block or an image");
        faults.push(chapter.fault(line, text));
    }
    let first = parts.iter().find(|part| !matches!(part.kind, Kind::Heading { .. }));
    if pictures == 1 && first.is_none_or(|first| self::pictures(first) == 0) {
        faults.push(chapter.fault(line, "\"The idea\" begins with its picture"));
    }
    if !has_fold(&parts) {
        let text = "the picture needs its twin in words: below it, in <details><summary>The picture in words</summary>";
        faults.push(chapter.fault(line, text));
    }
    faults
}

fn words(part: &Part) -> usize {
    match &part.kind {
        Kind::Paragraph(prose) | Kind::Item(prose) if !part.folded => {
            let words = prose.text();
            words.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
        }
        _ => 0,
    }
}

fn pictures(part: &Part) -> usize {
    match &part.kind {
        Kind::Code(code) => usize::from(code.language() == "mermaid"),
        Kind::Html(html) => html.matches("<img").count(),
        _ => {
            let images = part.prose().into_iter().flat_map(|prose| &prose.pieces).filter(|piece| piece.image);
            images.filter_map(|piece| piece.link.as_deref()).collect::<BTreeSet<_>>().len()
        }
    }
}

fn steps(chapter: &Chapter) -> Option<Fault> {
    let (line, parts) = section(chapter, CHANGE)?;
    let is_step = |part: &&Part| matches!(part.kind, Kind::Heading { level: 3, .. });
    (!parts.iter().any(is_step))
        .then(|| chapter.fault(line, "\"The change\" goes in steps, each under a `###` heading"))
}

fn long_blocks(chapter: &Chapter) -> Vec<Fault> {
    let blocks = chapter.code().filter(|(_, part, code)| part.section == CHANGE && code.lines().count() > LINES);
    let tell = |(_, part, code): (usize, &Part, &crate::chapter::Code)| {
        let text = format!("this block has {} lines; at most {LINES}: make two steps of it", code.lines().count());
        chapter.fault(part.line, text)
    };
    blocks.filter(|(_, _, code)| code.language() != "console").map(tell).collect()
}

fn commands(chapter: &Chapter) -> Option<Fault> {
    let (line, parts) = section(chapter, "Run it")?;
    (!has_console(&parts)).then(|| chapter.fault(line, "\"Run it\" has commands: a ```console block, curl first"))
}

/// What was measured is quoted, not told.
fn quotes(chapter: &Chapter) -> Vec<Fault> {
    let sections = ["What the kernel saw", "What it costs"];
    let without = sections.into_iter().filter_map(|name| {
        let (line, parts) = section(chapter, name)?;
        (!parts.iter().any(|part| part.quoted)).then_some((line, name))
    });
    let tell = |(line, name)| {
        let form = "<!-- from observed/FILE.md, table \"HEADING\", rows v03 v04 --> and <!-- end -->";
        chapter.fault(line, format!("\"{name}\" quotes what was measured: {form}"))
    };
    without.map(tell).collect()
}

/// A number of its own, not the end of a name such as v04.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+(?:[.,]\d+)*").expect("a regular expression"));

/// A number in the prose of "What it costs" that was not measured.
fn numbers(chapter: &Chapter) -> Vec<Fault> {
    let Some((_, parts)) = section(chapter, "What it costs") else { return Vec::new() };
    let quoted: String = parts.iter().filter(|part| part.quoted).map(|part| all_text(part)).collect();
    let measured: BTreeSet<_> = own_numbers(&quoted).collect();
    let mut faults = Vec::new();
    for part in parts.iter().filter(|part| !part.quoted) {
        let pieces = part.prose().into_iter().flat_map(|prose| &prose.pieces).filter(|piece| !piece.code);
        for (piece, number) in pieces.flat_map(|piece| own_numbers(&piece.text).map(move |number| (piece, number))) {
            if !measured.contains(number) {
                let text =
                    format!("the number {number} does not stand in what is quoted here; say only what was measured");
                faults.push(chapter.fault(piece.line, text));
            }
        }
    }
    faults
}

fn all_text(part: &Part) -> String {
    match &part.kind {
        Kind::Code(code) => code.text.clone(),
        _ => part.prose().map(|prose| format!("{}\n", prose.text())).unwrap_or_default(),
    }
}

fn own_numbers(text: &str) -> impl Iterator<Item = &str> {
    NUMBER
        .find_iter(text)
        .filter(|found| !text[..found.start()].ends_with(char::is_alphabetic))
        .map(|found| found.as_str())
}

/// Whether a chapter has a `###` heading of these words under a section.
pub(super) fn subheadings(chapter: &Chapter, name: &str) -> Vec<(usize, String)> {
    let inside: BTreeSet<_> =
        section(chapter, name).into_iter().flat_map(|(_, parts)| parts).map(|part| part.line).collect();
    headings(chapter, 3).into_iter().filter(|(line, _)| inside.contains(line)).collect()
}
