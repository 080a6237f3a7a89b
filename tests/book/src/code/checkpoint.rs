//! A checkpoint: a paragraph that begins with `**checkpoint v02.3:**`, where the reader's package compiles and something can
//! be tried. The console blocks below it, up to the next thing to type, are its proof.

use super::CHANGE;
use crate::book::Book;
use crate::chapter::{Chapter, Code, Kind, Part, Prose};
use crate::fault::Fault;

/// How commands name the reader's package.
const READERS: [&str; 2] = ["-p mine", "target/debug/mine"];

/// The checkpoint's name, such as `v02.3`, if this paragraph is one.
pub fn name(prose: &Prose) -> Option<&str> {
    let first = prose.pieces.first().filter(|piece| piece.strong)?;
    first.text.strip_prefix("checkpoint ")?.strip_suffix(':')
}

/// Whether the chapter has a checkpoint.
pub fn has_some(chapter: &Chapter) -> bool {
    chapter.parts.iter().any(is_one)
}

fn is_one(part: &Part) -> bool {
    matches!(&part.kind, Kind::Paragraph(prose) if part.section == CHANGE && name(prose).is_some())
}

/// The lines of the console blocks that prove the checkpoint at `line`.
pub fn proof(chapter: &Chapter, line: usize) -> Vec<usize> {
    let mut proof = Vec::new();
    for part in chapter.parts.iter().filter(|part| part.line > line) {
        match &part.kind {
            Kind::Code(code) if code.language() == "console" => proof.push(part.line),
            Kind::Code(code) if code.language() == "text" => {}
            Kind::Code(_) | Kind::Heading { .. } => break,
            _ if is_one(part) => break,
            _ => {}
        }
    }
    proof
}

/// The lines of the other console blocks that are about the reader's package, to be run at the end of the chapter.
pub fn readers(chapter: &Chapter) -> Vec<usize> {
    let is_readers = |code: &Code| code.language() == "console" && READERS.iter().any(|word| code.text.contains(word));
    let mut lines: Vec<_> =
        chapter.code().filter(|(_, _, code)| is_readers(code)).map(|(_, part, _)| part.line).collect();
    let proofs = proofs(chapter);
    lines.retain(|line| !proofs.contains(line));
    lines
}

/// The lines of all console blocks that prove a checkpoint.
pub fn proofs(chapter: &Chapter) -> Vec<usize> {
    chapter.parts.iter().filter(|part| is_one(part)).flat_map(|part| proof(chapter, part.line)).collect()
}

/// Checkpoints that nothing proves.
pub fn check(chapter: &Chapter) -> Vec<Fault> {
    let unproved = |part: &&Part| is_one(part) && proof(chapter, part.line).is_empty();
    let text =
        "nothing shows that this checkpoint is reached: put a console block below it, with a command and its output";
    chapter.parts.iter().filter(unproved).map(|part| chapter.fault(part.line, text)).collect()
}

/// The chapters that have no checkpoints yet.
const WITHOUT: [&str; 6] = ["v02", "v03", "v06-readiness", "v06-futures", "v06-reactor", "v06-workers"];

/// Chapters without a checkpoint that are not on the list of these, and those that are on it wrongly.
pub fn listed(book: &Book) -> Vec<Fault> {
    let judge = |chapter: &Chapter| match (has_some(chapter), WITHOUT.contains(&chapter.name())) {
        (true, true) => {
            Some(chapter.fault(1, "it has checkpoints: take it off WITHOUT in tests/book/src/code/checkpoint.rs"))
        }
        (false, false) => {
            Some(chapter.fault(1, "it has no checkpoint, such as **checkpoint v02.1:**, under \"The change\""))
        }
        _ => None,
    };
    book.chapters().filter_map(judge).collect()
}
