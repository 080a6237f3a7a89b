//! A case: one thing that a server must do, and how it ends when it is tried.

use std::fmt::Display;

use crate::bench::{Bench, Evidence};
use crate::program::Program;
use crate::stage::Stage;

/// One thing that a server of a stage, and of all later ones, must do.
#[derive(Clone)]
pub struct Case {
    /// The name, as a test is named.
    pub name: &'static str,
    /// What it is about.
    pub kind: Kind,
    /// The stage that it belongs to.
    pub stage: Stage,
    /// The last stage that it holds for, and why, if it can't hold for all later ones.
    pub until: Option<(Stage, &'static str)>,
    /// What to do or to read when it fails.
    pub says: &'static str,
    /// Tries it.
    pub run: fn(&Bench) -> Outcome,
}

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What its clients and its operator can see, and a standard or the kernel's manual says: a stage is reached by these.
    Behaviour,
    /// What the versions of this repository have agreed on among themselves, such as exit codes and the lines on stderr.
    HouseRule,
}

/// How a case ends: well, or stopped.
pub type Outcome<T = ()> = Result<T, Stop>;

/// Why a case went no further.
#[derive(Debug)]
pub enum Stop {
    /// The server did something else than it should.
    Failed(Failure),
    /// It was not even a server: the program did not start or told no address.
    NotStarted(String),
    /// The case can't be tried here, for this reason.
    Skipped(String),
}

/// What should have come, and what came.
#[derive(Debug)]
pub struct Failure {
    /// In words: what a right server does here.
    pub expected: String,
    /// In words: what this one did.
    pub came: String,
}

/// The end of a case, with the evidence.
pub enum Verdict {
    /// The server did what it should.
    Passed,
    /// It did not.
    Failed(Stop, Evidence),
    /// It could not be tried.
    Skipped(String),
}

/// A failure, for `return Err(…)` and `ok_or_else`.
pub fn failed(expected: impl Display, came: impl Display) -> Stop {
    Stop::Failed(Failure { expected: expected.to_string(), came: came.to_string() })
}

/// Fails unless `right`; the second text is only made then.
pub fn require<Came: Display>(right: bool, expected: impl Display, came: impl FnOnce() -> Came) -> Outcome {
    if right { Ok(()) } else { Err(failed(expected, came())) }
}

impl Case {
    /// Whether a server of `stage` must pass it.
    pub fn holds_for(&self, stage: Stage) -> bool {
        self.stage <= stage && self.until.is_none_or(|(last, _)| stage <= last)
    }

    /// Its name as a sentence.
    pub fn title(&self) -> String {
        self.name.replace('_', " ")
    }

    /// Tries it on `program`, with servers of its own. They are gone when this returns.
    pub fn try_on(&self, program: &Program) -> Verdict {
        if let Some(reason) = program.adapter().and_then(|adapter| adapter.skips(self.name)) {
            return Verdict::Skipped(reason.to_owned());
        }
        let bench = Bench::new(program);
        match (self.run)(&bench) {
            Ok(()) => Verdict::Passed,
            Err(Stop::Skipped(reason)) => Verdict::Skipped(reason),
            Err(stop) => Verdict::Failed(stop, bench.evidence()),
        }
    }
}
