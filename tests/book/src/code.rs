//! The code that a lesson shows.
//!
//! Under "The change", a version's chapters tell its step: what a diff block says is done to the files of the version
//! before, and the blocks of a new file are its lines, one after the other. Told to the end, the step gives the
//! version's own files (`Telling`). Everywhere else a block that names a file must stand in it (`stands`).
//!
//! Unit tests are not told, and of a manifest only the dependencies.

pub mod checkpoint;
mod file;
mod source;
mod telling;

use anyhow::Result;

use crate::book::Book;
use crate::chapter::{Chapter, Code, Kind, Part};
use crate::fault::Fault;
use source::lines;

pub use source::{folder, told};
pub use telling::{Checkpoint, Step, Telling};

/// The heading under which the step is told.
pub const CHANGE: &str = "The change";

/// What is wrong with the code of a chapter: blocks that don't fit, and, in the last chapter of its version, what of
/// the step is not told.
///
/// # Errors
///
/// A file that can't be read.
pub fn check(book: &Book, chapter: &Chapter) -> Result<Vec<Fault>> {
    let mut faults = quotes(chapter);
    faults.extend(checkpoint::check(chapter));
    if let Some(version) = chapter.version() {
        let telling = Telling::of(book, version)?;
        faults.extend(telling.faults.iter().filter(|fault| fault.path == chapter.path).cloned());
        if book.place(chapter) + 1 == book.count_of(version) {
            faults.extend(untold(&telling, chapter));
        }
    }
    faults.sort();
    Ok(faults)
}

fn untold(telling: &Telling, chapter: &Chapter) -> Option<Fault> {
    let left = telling.left("");
    if left.is_empty() {
        return None;
    }
    let change = |part: &&Part| matches!(part.kind, Kind::Heading { level: 2, .. }) && part.section == CHANGE;
    let line = chapter.parts.iter().find(change).map_or(1, |part| part.line);
    // Where a block does not fit, that is what to mend first.
    let left = if telling.faults.is_empty() { format!(":\n{left}") } else { String::new() };
    let version = chapter.version().unwrap_or_default();
    let text = format!(
        "the blocks do not add up to crates/{version}; `cargo run -p book -- left {version}` prints what is missing (+) or \
         too much (-){left}"
    );
    Some(chapter.fault(line, text))
}

/// The blocks that are not the step's: those that name a file stand in it, and Rust names one.
fn quotes(chapter: &Chapter) -> Vec<Fault> {
    let outside = chapter.code().filter(|(_, part, _)| part.section != CHANGE && !part.quoted);
    outside.filter_map(|(at, part, code)| quote(chapter, at, part, code)).collect()
}

fn quote(chapter: &Chapter, at: usize, part: &Part, code: &Code) -> Option<Fault> {
    match chapter.caption(at) {
        _ if code.language() == "console" => None,
        Some(caption) => match source::read(&chapter.root, &caption.path) {
            Ok(file) => stands(chapter, part, code, &caption.path, &file),
            Err(error) => Some(chapter.fault(part.line, format!("{error:#}"))),
        },
        None if code.language() == "rust" => Some(chapter.fault(part.line, NO_CAPTION)),
        None => None,
    }
}

const NO_CAPTION: &str = "a block of Rust needs to say what it quotes: begin the paragraph before it with the file, as in \
                          \"`crates/v04/src/server.rs`, in `Server::run`:\"; if it quotes nothing, make it ```text";

/// Whether the lines of a block stand one after the other in a file, perhaps further to the right.
fn stands(chapter: &Chapter, part: &Part, code: &Code, path: &str, file: &[String]) -> Option<Fault> {
    let block = lines(&code.text);
    let fits = |at: usize| {
        let here = &file[at..at + block.len()];
        let first = here.iter().zip(&block).find(|(_, line)| !line.is_empty());
        let indent = first.map_or("", |(there, line)| there.strip_suffix(line.as_str()).unwrap_or("\n"));
        here.iter().zip(&block).all(|(there, line)| {
            there == line && line.is_empty() || there.strip_prefix(indent).is_some_and(|rest| rest == line)
        })
    };
    let known = (0..(file.len() + 1).saturating_sub(block.len())).any(fits);
    let trimmed = |line: &&String| !file.iter().any(|there| there.trim() == line.trim());
    (!known).then(|| {
        let why = match block.iter().find(trimmed) {
            Some(line) => format!("the file has no line `{}`", line.trim()),
            None => "the file has each of them, but not one directly after the other".to_owned(),
        };
        chapter.fault(part.line, format!("these lines do not stand in {path}: {why}; quote the file as it is"))
    })
}
