//! The reader's typing, done again: a package grows block by block, and at each checkpoint it is built, and its proof is run.
//!
//! The package is `crates/mine` in a workspace of its own (`workspace`), which has the repository's files around it, so that
//! commands can be typed as a reader types them.

mod workspace;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{iter, thread};

use anyhow::{Context, Result, anyhow, bail};

use crate::book::Book;
use crate::chapter::Chapter;
use crate::check::Report;
use crate::code::checkpoint;
use crate::code::{self, Checkpoint, Telling};
use crate::console::{Console, Played};
use crate::fault::Fault;
use crate::python;
use workspace::{PACKAGE, Workspace};

pub use workspace::write_package;

/// Replays those of the pages that have checkpoints.
///
/// # Errors
///
/// What has nothing to do with the lessons: a file that can't be read or written, no cargo.
pub fn replay(book: &Book, pages: &[Chapter]) -> Result<Report> {
    let pages: Vec<_> = pages.iter().filter(|page| checkpoint::has_some(page)).collect();
    let queue = Mutex::new(pages.iter().enumerate().rev()); // The last chapters take longest.
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let play_some = |lane: usize| -> Result<Vec<_>> {
        iter::from_fn(next).map(|(at, page)| Ok((at, code::check(book, page)?, play_in(lane, book, page)?))).collect()
    };
    let played: Result<Vec<_>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..LANES.min(pages.len())).map(|lane| scope.spawn(move || play_some(lane))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a page could not be played"))?).collect()
    });
    let mut played = played?.concat();
    played.sort_by_key(|(at, ..)| *at);
    let mut report = Report::default();
    for (at, faults, mut page) in played {
        if !page.faults.is_empty() && pages.len() > 1 {
            page = play(book, pages[at])?; // Alone: beside others, some commands may have come too late.
        }
        report.faults.extend(faults);
        report.add(page);
    }
    Ok(report)
}

/// How many pages are replayed at a time. Most of the time is spent waiting.
const LANES: usize = 3;

/// Types the blocks of a page, and runs what is to be run on the reader's package; nothing if it has no checkpoints.
///
/// # Errors
///
/// As `replay`.
pub fn play(book: &Book, page: &Chapter) -> Result<Played> {
    play_in(0, book, page)
}

fn play_in(lane: usize, book: &Book, page: &Chapter) -> Result<Played> {
    let mut played = Played::default();
    if !checkpoint::has_some(page) {
        return Ok(played);
    }
    let version = page.version().context("only a chapter of a version has checkpoints")?;
    if let Some(reason) = python::lacks(version) {
        played.not_run.push(format!("{}: {reason}", page.path));
        return Ok(played);
    }
    let telling = Telling::of(book, version)?;
    let workspace = Workspace::new(&book.root, lane)?;
    let (name, value) = workspace.shares();
    let console = Console::default().variable(name, value);
    let own = || telling.checkpoints.iter().filter(|checkpoint| checkpoint.page == page.path);
    let after = checkpoint::readers(page);
    let last = telling.ends.iter().find(|end| end.page == page.path);
    let places = own().map(|place| (place, checkpoint::proof(page, place.line))).chain(last.map(|end| (end, after)));
    for (place, proof) in places {
        workspace.put(&telling.package(place))?;
        if let Some(fault) = build(&workspace, page, place)? {
            played.faults.push(fault);
            break; // What comes after it would only fail for the same reason.
        }
        played.add(console.play_some(page, workspace.root(), &proof)?);
    }
    Ok(played)
}

/// Builds the package as it is at this place; what is wrong, if it does not build.
fn build(workspace: &Workspace, page: &Chapter, place: &Checkpoint) -> Result<Option<Fault>> {
    let mut cargo = Command::new("cargo");
    let (name, value) = workspace.shares();
    cargo.args(["build", "--quiet", "--color", "never", "-p", PACKAGE]).current_dir(workspace.root()).env(name, value);
    let output = cargo.output().context("cannot start cargo; is it in PATH?")?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let from_error: Vec<_> = said.lines().skip_while(|line| !line.starts_with("error")).take(8).collect();
    let error = if from_error.is_empty() { said.into_owned() } else { from_error.join("\n") };
    let text = format!("the package does not build at {}; `book at {0} DIR` writes it:\n{error}", place.name);
    Ok(Some(page.fault(place.line, text)))
}

/// Writes the reader's package as it is at the checkpoint of this name into a new folder.
///
/// # Errors
///
/// No such checkpoint; a folder that has something in it; a file that can't be written.
pub fn write_at(book: &Book, name: &str, folder: &Path) -> Result<()> {
    let version = name.split('.').next().unwrap_or_default();
    if book.count_of(version) == 0 {
        bail!("there is no checkpoint {name}: a name is a version and a number, such as v01.1");
    }
    let telling = Telling::of(book, version)?;
    let Some(place) = telling.checkpoints.iter().find(|checkpoint| checkpoint.name == name) else {
        let names: Vec<_> = telling.checkpoints.iter().map(|checkpoint| checkpoint.name.as_str()).collect();
        match &names[..] {
            [] => bail!("the lesson of {version} has no checkpoints"),
            names => bail!("there is no checkpoint {name}; {version} has {}", names.join(", ")),
        }
    };
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty; name a folder that is new", folder.display());
    }
    write_package(folder, &telling.package(place))
}
