//! A checkpoint: a box (`> [!TIP]`) that begins with `**checkpoint v02.3:**`, where the reader's package compiles and something
//! can be tried. It ends with the command that finds out. The console blocks below it, up to the next thing to type, are
//! its proof.

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
    matches!(&part.kind, Kind::Paragraph(prose) if part.section == CHANGE && part.boxed && name(prose).is_some())
}

/// The lines of the console blocks that prove the checkpoint at `line`: those before the next heading, checkpoint or block
/// of a file.
pub fn proof(chapter: &Chapter, line: usize) -> Vec<usize> {
    let mut proof = Vec::new();
    for (at, part) in chapter.parts.iter().enumerate().filter(|(_, part)| part.line > line) {
        match &part.kind {
            Kind::Code(code) if code.language() == "console" => proof.push(part.line),
            Kind::Code(_) if chapter.caption(at).is_none() => {}
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

/// Checkpoints that nothing proves or that end with another command, and paragraphs that are meant as one.
pub fn check(chapter: &Chapter) -> Vec<Fault> {
    let judge = |(at, part): (usize, &Part)| match is_one(part) {
        true if !is_proved(chapter, part.line) => Some(chapter.fault(part.line, UNPROVED)),
        true => command(part).filter(|command| !is_said(chapter.parts.get(at + 1), command)).map(|command| {
            chapter.fault(
                part.line,
                format!("the box of a checkpoint ends with a paragraph of its command alone: `{command}`"),
            )
        }),
        false => is_meant(part).then(|| chapter.fault(part.line, MEANT)),
    };
    chapter.parts.iter().enumerate().filter_map(judge).collect()
}

/// The command that finds out whether a checkpoint is reached.
fn command(part: &Part) -> Option<String> {
    part.prose().and_then(name).map(|name| format!("cargo learn check {name}"))
}

/// Whether this is a paragraph of the box with the command, and nothing else.
fn is_said(part: Option<&Part>, command: &str) -> bool {
    let prose = part.filter(|part| part.boxed).and_then(Part::prose);
    prose.is_some_and(|prose| matches!(&prose.pieces[..], [piece] if piece.code && piece.text == command))
}

const UNPROVED: &str = "nothing shows that this checkpoint is reached: put a console block below it, with a command that is run, \
                        and its output";

const MEANT: &str = "a checkpoint is a box, `> [!TIP]`, under \"The change\" that begins with its name and a colon, both bold: \
                     **checkpoint v02.1:**";

/// Whether a command is run there.
fn is_proved(chapter: &Chapter, line: usize) -> bool {
    let proof = proof(chapter, line);
    let is_run = |code: &Code| !code.info.contains("not-run") && code.lines().any(|line| line.starts_with("$ "));
    chapter.code().any(|(_, part, code)| proof.contains(&part.line) && is_run(code))
}

/// Whether it looks like a checkpoint: it would be left out without a word if it were written in another way.
fn is_meant(part: &Part) -> bool {
    let first = part.prose().and_then(|prose| prose.pieces.first());
    first.is_some_and(|piece| piece.strong && piece.text.to_lowercase().starts_with("checkpoint"))
}

/// The chapters without a checkpoint.
pub fn missing(book: &Book) -> Vec<Fault> {
    const TEXT: &str =
        "it has no checkpoint: put a box, `> [!TIP]`, that begins with **checkpoint v02.1:** under \"The change\"";
    book.chapters().filter(|chapter| !has_some(chapter)).map(|chapter| chapter.fault(1, TEXT)).collect()
}
