//! What a chapter says of cases: that one fails on a version, or passes.
//!
//! A claim is a paragraph with the words **fails on v03:** or **passes on v03:**, strong, and the cases behind them as
//! code. Each case is run on that version, which is built into the target folder of the program or test that asks.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{iter, thread};

use anyhow::{Result, anyhow};
use suite::cargo;
use suite::case::{Case, Stop, Verdict};
use suite::cases;
use suite::program::Program;
use suite::report;
use suite::stage::Stage;

use crate::book::Book;
use crate::chapter::{Chapter, Kind, Part};
use crate::fault::Fault;
use crate::python;

/// How many cases are run at a time. Most of the time is spent waiting for what must not come.
const THREADS: usize = 16;

/// A claim about one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub line: usize,
    pub version: Stage,
    pub fails: bool,
    pub case: String,
}

/// What is wrong with the claims as they are written: no such case or version, nothing claimed where something has to be.
pub fn check_words(book: &Book, chapter: &Chapter) -> Vec<Fault> {
    let (claims, mut faults) = read(chapter);
    let Some(before) = chapter.version().and_then(|version| book.before(version)) else { return faults };
    let line = chapter.parts.iter().find(|part| is_failure(part)).map(|part| part.line);
    let inside = |claim: &&Claim| chapter.parts.iter().any(|part| part.section == FAILURE && covers(part, claim.line));
    let shows = |claim: &Claim| claim.fails && claim.version.name() == before;
    if let Some(line) = line.filter(|_| !claims.iter().filter(inside).any(shows)) {
        let text = format!(
            "\"{FAILURE}\" claims that a case fails on the version before: **fails on {before}:** `name_of_a_case`"
        );
        faults.push(chapter.fault(line, text));
    }
    faults
}

const FAILURE: &str = "The failure";

fn is_failure(part: &Part) -> bool {
    matches!(part.kind, Kind::Heading { level: 2, .. }) && part.section == FAILURE
}

fn covers(part: &Part, line: usize) -> bool {
    (part.line..=part.last).contains(&line)
}

/// The claims of a chapter, and what is wrong in them.
pub fn read(chapter: &Chapter) -> (Vec<Claim>, Vec<Fault>) {
    let (mut claims, mut faults) = (Vec::new(), Vec::new());
    let cases = cases::all();
    for prose in chapter.parts.iter().filter(|part| !part.quoted).filter_map(Part::prose) {
        let mut claimed = None;
        for piece in &prose.pieces {
            if let Some((fails, version)) = piece.strong.then(|| words(&piece.text)).flatten() {
                claimed = Stage::named(version).map(|version| (fails, version));
                if claimed.is_none() {
                    faults.push(chapter.fault(piece.line, format!("there is no version {version}")));
                }
            } else if let (Some((fails, version)), true) = (claimed, piece.code) {
                if cases.iter().any(|case| case.name == piece.text) {
                    claims.push(Claim { line: piece.line, version, fails, case: piece.text.clone() });
                } else {
                    let text = format!("the suite has no case `{}`; tests/suite/src/cases/ has them all", piece.text);
                    faults.push(chapter.fault(piece.line, text));
                }
            }
        }
    }
    (claims, faults)
}

/// `fails on v03:` or `passes on v03:`.
fn words(text: &str) -> Option<(bool, &str)> {
    let text = text.trim();
    let (fails, rest) = match text.strip_prefix("fails on ") {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix("passes on ")?),
    };
    rest.strip_suffix(':').map(|version| (fails, version))
}

/// Tries the claims of chapters, and gives those that are not true; and a line for each that can't be tried here.
///
/// # Errors
///
/// A version that does not build.
pub fn check(chapters: &[&Chapter]) -> Result<(Vec<Fault>, Vec<String>)> {
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    let mut claims: Vec<_> =
        chapters.iter().flat_map(|chapter| read(chapter).0.into_iter().map(move |claim| (*chapter, claim))).collect();
    claims.retain(|(chapter, claim)| {
        let lacks = python::lacks(claim.version.name());
        notes.extend(lacks.map(|reason| chapter.fault(claim.line, reason).to_string()));
        lacks.is_none()
    });
    let folder = cargo::folder()?;
    let mut versions: Vec<_> = claims.iter().map(|(_, claim)| claim.version).collect();
    versions.sort();
    versions.dedup();
    cargo::build(&versions.iter().map(|version| version.name()).collect::<Vec<_>>(), &folder)?;
    let queue = Mutex::new(claims.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let judge_some = || iter::from_fn(next).map(|(chapter, claim)| (chapter, judge(&claim, &folder), claim)).collect();
    let judged: Result<Vec<Vec<_>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(judge_some)).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a case panicked"))).collect()
    });
    for (chapter, verdict, claim) in judged?.into_iter().flatten() {
        match verdict {
            Some(text) if text.starts_with(NOT_TRIED) => notes.push(chapter.fault(claim.line, text).to_string()),
            Some(text) => faults.push(chapter.fault(claim.line, text)),
            None => {}
        }
    }
    faults.sort();
    Ok((faults, notes))
}

const NOT_TRIED: &str = "not tried: ";

/// What is wrong with a claim, if anything.
fn judge(claim: &Claim, folder: &Path) -> Option<String> {
    let case: Case = cases::all().into_iter().find(|case| case.name == claim.case)?;
    let program = Program::new([folder.join(claim.version.name())]);
    let program = if claim.fails { program.should_fail() } else { program };
    let (name, version) = (case.name, claim.version);
    match (case.try_on(&program), claim.fails) {
        (Verdict::Failed(Stop::Failed(_), _), true) | (Verdict::Passed, false) => None,
        (Verdict::Passed, true) => Some(format!("`{name}` passes on {version}, but here it is said to fail")),
        (Verdict::Skipped(reason), _) => Some(format!("{NOT_TRIED}{reason}")),
        (Verdict::Failed(stop, evidence), _) => {
            let report = report::paragraph(&case, &stop, &evidence, None);
            Some(format!("`{name}` does not do on {version} what is said here:\n{report}"))
        }
    }
}
