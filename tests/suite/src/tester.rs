//! The tester: tries the cases on somebody's server, stage by stage, and says what to do next.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::{iter, thread};

use nix::sys::signal::Signal;

use crate::bench::{Bench, Evidence};
use crate::case::{Case, Kind, Stop, Verdict};
use crate::cases;
use crate::limit;
use crate::problem::Problem;
use crate::program::{PATIENCE, Program};
use crate::report;
use crate::stage::Stage;

/// How many cases are tried at a time.
const THREADS: usize = 8;

/// How many failures are told in full. They have one cause often enough, and a page is read where ten are not.
const IN_FULL: usize = 3;

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

/// The failures that were told.
#[derive(Default)]
struct Told {
    count: usize,
    first: Option<&'static str>,
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

    /// Starts and ends the program, once it is sure that the tester can: what is wrong already here is told once and not by every case.
    pub(crate) fn first_look(&self) -> Option<Problem> {
        if let Err(most) = limit::allow_descriptors() {
            return Some(Problem::FewDescriptors(most));
        }
        let bench = Bench::new(&self.program);
        match bench.look() {
            Ok(mut server) => self.second_look(&bench, server.address()).or_else(|| {
                server.signal(Signal::SIGTERM);
                server.ends().err().map(|_| Problem::HangsAtTheEnd(self.program.patience))
            }),
            Err(problem) => Some(problem),
        }
    }

    /// Starts it again while the first one runs, unless it has one address only.
    fn second_look(&self, bench: &Bench, first: SocketAddr) -> Option<Problem> {
        if self.program.fixed.is_some() {
            return None;
        }
        match bench.look() {
            Ok(second) => (second.address().port() == first.port()).then_some(Problem::SamePort(first)),
            Err(second) => Some(Problem::Once { first, second: Box::new(second) }),
        }
    }

    fn run_stages(&self) -> bool {
        let (mut reached, mut unbroken, mut told) = (None, true, Told::default());
        for stage in Stage::ALL.into_iter().filter(|stage| *stage <= self.stage) {
            let cases = self.cases().filter(|case| case.stage == stage);
            let (cases, rules): (Vec<_>, Vec<_>) = cases.partition(|case| case.kind == Kind::Behaviour);
            println!("\n{}", self.style.strong(&format!("stage {stage}: {}", stage.title())));
            let count = self.try_all(&cases, &mut told);
            println!("  {} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
            self.try_rules(&rules);
            unbroken &= count.failed == 0;
            if unbroken {
                reached = Some(stage);
            } else if !self.keep_going {
                break;
            }
        }
        self.conclude(reached, &told)
    }

    fn run_only(&self, text: &str) -> bool {
        let cases: Vec<_> =
            self.cases().filter(|case| case.name.contains(text) || case.title().contains(text)).collect();
        let is_whole = |case: &&Case| case.name == text || case.title() == text;
        let cases = cases.iter().find(is_whole).map_or(cases.clone(), |case| vec![case.clone()]);
        if cases.is_empty() {
            println!("\nNo case of the stages up to {} has `{text}` in its name.", self.stage);
            return false;
        }
        println!();
        let mut told = Told::default();
        let count = self.try_all(&cases, &mut told);
        println!("\n{} passed, {} failed, {} skipped", count.passed, count.failed, count.skipped);
        if let Some(first) = told.first.filter(|_| cases.len() > 1) {
            println!("Next: mend {}", self.alone(first));
        }
        count.failed == 0 && count.passed > 0
    }

    fn cases(&self) -> impl Iterator<Item = Case> {
        cases::all().into_iter().filter(|case| case.holds_for(self.stage))
    }

    /// Tries the cases and prints them.
    fn try_all(&self, cases: &[Case], told: &mut Told) -> Count {
        let mut count = Count::default();
        try_all(cases, &self.program, |case, verdict| self.print(case, verdict, &mut count, told));
        count
    }

    /// Tries the house rules of a stage, and prints those that aren't kept in a line each.
    fn try_rules(&self, rules: &[Case]) {
        let (mut count, mut broken) = (Count::default(), Vec::new());
        try_all(rules, &self.program, |case, verdict| match verdict {
            Verdict::Passed => count.passed += 1,
            Verdict::Skipped(_) => count.skipped += 1,
            Verdict::Failed(stop, _) => {
                count.failed += 1;
                broken.push(format!("  · {}", report::line(case, &stop)));
            }
        });
        if !rules.is_empty() {
            let Count { passed, failed, skipped } = count;
            println!(
                "  house rules, without which the stage is reached too: {passed} kept, {failed} not kept, {skipped} skipped"
            );
        }
        broken.iter().for_each(|line| println!("{line}"));
    }

    fn print(&self, case: &Case, verdict: Verdict, count: &mut Count, told: &mut Told) {
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
                self.tell(case, &stop, &evidence, told);
            }
        }
    }

    /// Tells a failure, the first few in full.
    fn tell(&self, case: &Case, stop: &Stop, evidence: &Evidence, told: &mut Told) {
        told.first.get_or_insert(case.name);
        told.count += 1;
        if told.count == IN_FULL + 1 {
            println!("  Further failures get one line each; `--case NAME` shows one in full.\n");
        }
        let mark = self.style.bad("✗");
        if told.count <= IN_FULL {
            let paragraph = report::paragraph(case, stop, evidence, self.program.fixed);
            println!("  {mark} {}", paragraph.replace('\n', "\n  ").trim_end_matches(' '));
        } else {
            println!("  {mark} {}", report::line(case, stop));
        }
    }

    /// The name of a case, and the command that tries it alone.
    fn alone(&self, name: &str) -> String {
        let mut command = format!("cargo run -p suite -- {} --case {name}", self.stage);
        if let Some(address) = self.program.fixed {
            command += &format!(" --address {address}");
        }
        if self.program.patience != PATIENCE {
            command += &format!(" --patience {}", self.program.patience.as_secs());
        }
        format!("`{name}`. To try it alone:\n    {command} {}", self.program.typed())
    }

    fn conclude(&self, reached: Option<Stage>, told: &Told) -> bool {
        let next = Stage::ALL.into_iter().find(|stage| reached.is_none_or(|reached| *stage > reached));
        let done = reached.map_or("No stage is reached yet.".to_owned(), |stage| format!("Stage {stage} is reached."));
        println!("\n{}", self.style.strong(&done));
        if reached == Some(self.stage) {
            if let Some(next) = next {
                println!("Next: {next}, {}; read {} and test with `{next}`.", next.title(), next.lesson());
            }
            return true;
        }
        if let (Some(next), Some(first)) = (next, told.first) {
            println!("Next: mend the first ✗ of stage {next}, {}", self.alone(first));
            println!("The chapter is {}.", next.lesson());
        }
        false
    }
}

/// Tries the cases, several at a time, and gives their verdicts to `each` in their order, as they come.
pub(crate) fn try_all(cases: &[Case], program: &Program, mut each: impl FnMut(&Case, Verdict)) {
    // On one address there can be only one server at a time.
    let threads = if program.fixed.is_some() { 1 } else { THREADS };
    let (next, (sender, verdicts)) = (AtomicUsize::new(0), mpsc::channel());
    thread::scope(|scope| {
        for _ in 0..threads {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                let take = || next.fetch_add(1, Ordering::Relaxed);
                for (index, case) in iter::repeat_with(take).map_while(|index| Some((index, cases.get(index)?))) {
                    let _ = sender.send((index, case.try_on(program))); // The receiver outlives this scope.
                }
            });
        }
        drop(sender);
        let (mut waiting, mut shown) = (BTreeMap::new(), 0);
        for (index, verdict) in verdicts {
            waiting.insert(index, verdict);
            while let Some(verdict) = waiting.remove(&shown) {
                each(&cases[shown], verdict);
                shown += 1;
            }
        }
    });
}

impl Style {
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
