//! The solutions are tried, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{iter, thread};

use suite::case::{Case, Stop, Verdict};
use suite::exercises::{Exercise, Task};
use suite::program::Program;
use suite::report;

use super::workshop::Workshop;
use super::{indented, package};

/// How many are tried at a time: they wait more than they compute.
const THREADS: usize = 6;

/// Tries all and prints a line for each; whether all did what they should.
pub(super) fn try_all(workshop: &Workshop, exercises: &[Exercise], whole: bool) -> bool {
    let (next, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let take = || exercises.get(next.fetch_add(1, Ordering::Relaxed));
                for exercise in iter::repeat_with(take).map_while(|exercise| exercise) {
                    let wrong = Trial::new(workshop, exercise).wrong(whole);
                    let (mark, what) = match &wrong {
                        None => ("✓", done(exercise).to_owned()),
                        Some(wrong) => ("✗", indented(wrong)),
                    };
                    println!("{mark} {} {}: {what}", exercise.kind(), exercise.id);
                    failures.fetch_add(usize::from(wrong.is_some()), Ordering::Relaxed);
                }
            });
        }
    });
    let failures = failures.into_inner();
    println!("{} solutions, {failures} wrong", exercises.len());
    failures == 0
}

fn done(exercise: &Exercise) -> &'static str {
    match exercise.task {
        Task::Break { .. } => "noticed",
        _ => "fails without its solution, passes with it",
    }
}

struct Trial<'a> {
    exercise: &'a Exercise,
    without: Program,
    with: Program,
}

impl Trial<'_> {
    fn new<'a>(workshop: &Workshop, exercise: &'a Exercise) -> Trial<'a> {
        let program = |package: &str| Program::new([workshop.executable(package)]);
        Trial { exercise, without: program(exercise.version.name()), with: program(&package(exercise)) }
    }

    /// What is wrong with the exercise or its solution, if anything.
    fn wrong(&self, whole: bool) -> Option<String> {
        match &self.exercise.task {
            Task::Predict => None,
            Task::Write { case, .. } => {
                must_fail(case, &self.without, "the version as it is").or_else(|| must_pass(case, &self.with)).or_else(
                    || self.exercise.cases().iter().filter(|_| whole).find_map(|case| must_pass(case, &self.with)),
                )
            }
            Task::Break { notices, .. } => notices.iter().find_map(|name| self.must_notice(name)),
        }
    }

    fn must_notice(&self, name: &str) -> Option<String> {
        let cases = self.exercise.cases();
        let Some(case) = cases.iter().find(|case| case.name == name) else {
            return Some(format!("{} has no case {name}", self.exercise.version));
        };
        must_fail(case, &self.with, "the changed version")
    }
}

fn must_fail(case: &Case, program: &Program, which: &str) -> Option<String> {
    match case.try_on(&program.clone().should_fail()) {
        Verdict::Failed(Stop::Failed(_), _) => None,
        Verdict::Failed(stop, evidence) => Some(report::paragraph(case, &stop, &evidence, None)),
        Verdict::Passed => Some(format!("`{}` passes on {which}", case.name)),
        Verdict::Skipped(reason) => Some(format!("`{}` was skipped: {reason}", case.name)),
    }
}

fn must_pass(case: &Case, program: &Program) -> Option<String> {
    match case.try_on(program) {
        Verdict::Failed(stop, evidence) => Some(report::paragraph(case, &stop, &evidence, None)),
        Verdict::Passed | Verdict::Skipped(_) => None,
    }
}
