//! The tester: tries the cases on somebody's server, stage by stage, and says what to do next.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::{iter, thread};

use nix::sys::signal::Signal;

use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::cases;
use crate::problem::Problem;
use crate::program::Program;
use crate::report;
use crate::stage::Stage;

/// How many cases are tried at a time.
const THREADS: usize = 4;

/// What to test, how far, and how to show it.
pub struct Tester {
    /// The program.
    pub program: Program,
    /// The stage to reach.
    pub stage: Stage,
    /// Only the cases with this text in their name.
    pub only: Option<String>,
    /// Go on after a stage that failed.
    pub keep_going: bool,
    /// How to print.
    pub style: Style,
}

/// How to print: each mark differs also without colour.
#[derive(Clone, Copy)]
pub struct Style {
    /// Whether to use colour.
    pub colour: bool,
}

/// How many cases of a stage ended in each way.
#[derive(Clone, Copy, Default)]
struct Count {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tester {
    /// Tries everything and prints it as it goes. True if nothing failed and something passed.
    pub fn run(&self) -> bool {
        println!("testing `{}`", self.program.line());
        if let Some(problem) = self.first_look() {
            println!("\n{} {problem}", self.style.bad("✗"));
            println!("\nNo case was tried. What a server promises: tests/suite/examples/README.md");
            return false;
        }
        match &self.only {
            Some(text) => self.run_only(text),
            None => self.run_stages(),
        }
    }

    /// Starts and ends the program once: what is wrong already here is told once and not by every case.
    fn first_look(&self) -> Option<Problem> {
        let bench = Bench::new(&self.program);
        match bench.look() {
            Ok(mut server) => {
                server.signal(Signal::SIGTERM);
                server.ends().err().map(|_| Problem::HangsAtTheEnd(self.program.patience))
            }
            Err(problem) => Some(problem),
        }
    }

    fn run_stages(&self) -> bool {
        let (mut reached, mut unbroken) = (None, true);
        for stage in Stage::ALL.into_iter().filter(|stage| *stage <= self.stage) {
            let cases: Vec<_> = self.cases().filter(|case| case.stage == stage).collect();
            if cases.is_empty() {
                println!("\nstage {stage}: there are no cases for it yet");
                break;
            }
            println!("\n{}", self.style.strong(&format!("stage {stage}: {}", stage.title())));
            let count = self.try_all(&cases);
            println!("  {} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
            unbroken &= count.failed == 0;
            if unbroken {
                reached = Some(stage);
            } else if !self.keep_going {
                break;
            }
        }
        self.conclude(reached)
    }

    fn run_only(&self, text: &str) -> bool {
        let cases: Vec<_> =
            self.cases().filter(|case| case.name.contains(text) || case.title().contains(text)).collect();
        if cases.is_empty() {
            println!("\nNo case of the stages up to {} has `{text}` in its name.", self.stage);
            return false;
        }
        println!();
        let count = self.try_all(&cases);
        println!("\n{} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
        count.failed == 0 && count.passed > 0
    }

    fn cases(&self) -> impl Iterator<Item = Case> {
        cases::all().into_iter().filter(|case| case.holds_for(self.stage))
    }

    /// Tries the cases, several at a time, and prints them in their order.
    fn try_all(&self, cases: &[Case]) -> Count {
        // On one address there can be only one server at a time.
        let threads = if self.program.fixed.is_some() { 1 } else { THREADS };
        let (next, (sender, verdicts)) = (AtomicUsize::new(0), mpsc::channel());
        thread::scope(|scope| {
            for _ in 0..threads {
                let (next, sender) = (&next, sender.clone());
                scope.spawn(move || {
                    let take = || next.fetch_add(1, Ordering::Relaxed);
                    for (index, case) in iter::repeat_with(take).map_while(|index| Some((index, cases.get(index)?))) {
                        let _ = sender.send((index, case.try_on(&self.program))); // The receiver outlives this scope.
                    }
                });
            }
            drop(sender);
            let (mut count, mut waiting, mut shown) = (Count::default(), BTreeMap::new(), 0);
            for (index, verdict) in verdicts {
                waiting.insert(index, verdict);
                while let Some(verdict) = waiting.remove(&shown) {
                    self.print(&cases[shown], verdict, &mut count);
                    shown += 1;
                }
            }
            count
        })
    }

    fn print(&self, case: &Case, verdict: Verdict, count: &mut Count) {
        match verdict {
            Verdict::Passed => {
                count.passed += 1;
                println!("  {} {}", self.style.good("✓"), case.title());
            }
            Verdict::Skipped(reason) => {
                count.skipped += 1;
                println!("  – {} (skipped: {reason})", case.title());
            }
            Verdict::Failed(stop, evidence) => {
                count.failed += 1;
                let paragraph = report::paragraph(case, &stop, &evidence, self.program.fixed);
                println!("  {} {}", self.style.bad("✗"), paragraph.replace('\n', "\n  ").trim_end_matches(' '));
            }
        }
    }

    fn conclude(&self, reached: Option<Stage>) -> bool {
        let next = Stage::ALL.into_iter().find(|stage| reached.is_none_or(|reached| *stage > reached));
        let done = reached.map_or("No stage is reached yet.".to_owned(), |stage| format!("Stage {stage} is reached."));
        println!("\n{}", self.style.strong(&done));
        if reached == Some(self.stage) {
            if let Some(next) = next {
                println!("Next: {next}, {}; read {} and test with `{next}`.", next.title(), next.lesson());
            }
            return true;
        }
        if let Some(next) = next {
            println!(
                "Next: mend the first ✗ of stage {next} above; the chapter is {}. To try one case alone: --case TEXT.",
                next.lesson()
            );
        }
        false
    }
}

impl Style {
    fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
