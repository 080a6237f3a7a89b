//! Plays a script: types each command, waits for what it should print, and compares.
//!
//! Two terminals, one set of namespaces. What a step should print depends on what comes next at its terminal:
//!
//! - Next is a command: this one must return, and print no more than the lesson says.
//! - Next is Ctrl-C, or a look: it need not return; what it prints beyond the lesson belongs to what comes next.
//! - Nothing comes next: a command that returns must print no more; one that goes on, such as a server, may.
//!
//! Between two steps everything in the namespaces gets to rest, as it does while a reader moves to the other terminal.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::compare::{self, Expected, Pids};
use super::masks::{self, Masks};
use super::namespaces::Namespaces;
use super::script::{Action, Block, Step};
use crate::terminal::{Shown, Terminal};

/// How long everything may take to sleep, and a command to be started, before the next step. A server that computes
/// never sleeps.
const REST: Duration = Duration::from_secs(2);
const START: Duration = Duration::from_secs(10);

/// How long a shell may take to be there.
const GREETING: Duration = Duration::from_secs(30);

/// How long a step may take: it only bounds a failure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) command: Duration,
    /// One that may compile.
    pub(super) cargo: Duration,
}

/// What came of a step.
pub(super) struct Done {
    pub(super) block: usize,
    pub(super) step: usize,
    /// What should stand below it.
    pub(super) output: Vec<String>,
    /// What is wrong, if something is.
    pub(super) wrong: Option<String>,
}

/// Plays the blocks; the last step that is told of may be one that nothing could come after.
///
/// # Errors
///
/// What has nothing to do with the lesson. Namespaces that can't be had are `Ok(Err(reason))`.
pub(super) fn play(
    blocks: &[Block],
    patience: Patience,
    start: impl FnOnce([&Path; 2]) -> Result<Namespaces, String>,
) -> Result<Result<Vec<Done>, String>> {
    let terminals = [Terminal::open()?, Terminal::open()?];
    let paths = [terminals[0].path(), terminals[1].path()];
    let namespaces = match start(paths) {
        Ok(namespaces) => namespaces,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut seats = terminals.map(|terminal| Seat { terminal, seen: 0, open: false, patience: patience.command });
    for seat in &mut seats {
        seat.terminal.greet(GREETING).context("a terminal can't be used")?;
    }
    let mut player = Player { namespaces, seats, pids: HashMap::new(), patience };
    let mut done = Vec::new();
    let mut steps = steps(blocks).peekable();
    while let Some((at, number)) = steps.next() {
        let block = &blocks[at];
        let next = steps.clone().find(|(other, _)| blocks[*other].terminal == block.terminal);
        let next = next.map(|(block, step)| &blocks[block].steps[step].action);
        let (result, goes_on) = player.take(at, block, &block.steps[number], next)?;
        done.push(Done { block: at, step: number, ..result });
        if !goes_on {
            break;
        }
    }
    Ok(Ok(done))
}

/// The numbers of the steps that are played, and of their blocks.
pub(super) fn steps(blocks: &[Block]) -> impl Iterator<Item = (usize, usize)> + Clone {
    let run = blocks.iter().enumerate().filter(|(_, block)| block.not_run.is_none());
    run.flat_map(|(at, block)| (0..block.steps.len()).map(move |step| (at, step)))
}

struct Player {
    namespaces: Namespaces,
    seats: [Seat; 2],
    /// By block.
    pids: HashMap<usize, Pids>,
    patience: Patience,
}

/// A terminal, and how far its output is accounted for.
struct Seat {
    terminal: Terminal,
    /// How many lines since the command have been printed by steps before.
    seen: usize,
    /// Lines that come late may belong to the step before.
    open: bool,
    /// How long its command may take.
    patience: Duration,
}

/// What a step waits for.
#[derive(Clone, Copy)]
struct Aim {
    /// The prompt must come back.
    must_return: bool,
    /// All that came must be as expected; else it may be followed by what belongs to the next step.
    whole: bool,
    /// The prompt ends the waiting.
    ends_at_prompt: bool,
}

impl Aim {
    fn of(action: &Action, next: Option<&Action>) -> Aim {
        let must_return = match next {
            Some(next) => matches!(next, Action::Command(_)),
            None => *action == Action::Interrupt,
        };
        let ends_at_prompt = *action != Action::Look;
        Aim { must_return, whole: must_return || (next.is_none() && ends_at_prompt), ends_at_prompt }
    }
}

impl Player {
    /// Plays a step; gives what came of it, and whether the next can be played.
    fn take(&mut self, at: usize, block: &Block, step: &Step, next: Option<&Action>) -> Result<(Done, bool)> {
        self.namespaces.rest(REST);
        let seat = &mut self.seats[block.terminal];
        if let Some(wrong) = seat.begin(step, self.patience)? {
            return Ok((Done { block: at, step: 0, output: step.expected.clone(), wrong: Some(wrong) }, false));
        }
        let aim = Aim::of(&step.action, next);
        let reading = Reading::new(block, step, seat);
        let mut pids = self.pids.get(&at).cloned().unwrap_or_default();
        let start = Instant::now();
        let shown = self.wait(block.terminal, &reading, aim, &pids);
        let time = start.elapsed();
        let came = reading.came(&shown);
        let found = reading.matches(&shown, aim.whole && shown.returned, &mut pids);
        let output = match found {
            Some(_) => step.expected.clone(),
            None => compare::merged(&reading.lesson, &came, block.masks, &pids),
        };
        let seat = &mut self.seats[block.terminal];
        let is_late = aim.must_return && !shown.returned;
        let wrong = (found.is_none() || is_late).then(|| {
            let waited = (!shown.returned && !shown.ended).then_some(time);
            message(step, waited, is_late, &compare::difference(&reading.lesson, &output))
        });
        seat.seen += found.unwrap_or(came.len()) + skipped(&shown.text, seat.seen);
        seat.open = reading.expected.is_open() || (found.is_none() && !shown.returned);
        if step.action == Action::Look && aim.must_return {
            seat.terminal.forget();
        }
        self.pids.insert(at, pids);
        Ok((Done { block: at, step: 0, output, wrong }, !is_late && !shown.ended))
    }

    /// Waits for what a step aims at. A command that has not returned then gets to sleep, for it may be about to print
    /// more than was expected, or to return.
    fn wait(&self, terminal: usize, reading: &Reading, aim: Aim, pids: &Pids) -> Shown {
        let seat = &self.seats[terminal];
        let enough = |shown: &Shown| {
            let matches = |whole: bool| reading.matches(shown, whole, &mut pids.clone()).is_some();
            match (shown.returned, aim.must_return) {
                (true, _) if aim.ends_at_prompt => true,
                (true, true) => matches(true),
                (false, true) => false,
                (_, false) => matches(false),
            }
        };
        let start = Instant::now();
        let mut shown = seat.terminal.wait(self.patience.command, enough);
        // What compiles, or waits for another cargo that does, may take longer.
        while !enough(&shown) && !shown.ended && start.elapsed() < seat.patience && self.namespaces.is_compiling() {
            shown = seat.terminal.wait(self.patience.command, enough);
        }
        if shown.returned || shown.ended {
            return shown;
        }
        seat.terminal.started(START);
        self.namespaces.rest(REST);
        seat.terminal.wait(Duration::ZERO, |_| true)
    }
}

/// What a step's output is held against.
struct Reading {
    lesson: Vec<String>,
    expected: Expected,
    masks: Masks,
    /// How many lines belong to the steps before.
    seen: usize,
}

impl Reading {
    fn new(block: &Block, step: &Step, seat: &Seat) -> Reading {
        let lesson = masks::lines(&step.expected.join("\n"));
        let expected = Expected::new(&lesson, block.masks, seat.open || step.silent_before);
        Reading { lesson, expected, masks: block.masks, seen: seat.seen }
    }

    /// The lines that are not of the steps before.
    fn came(&self, shown: &Shown) -> Vec<String> {
        let all = masks::lines(&shown.text);
        masks::lines(&all.get(self.seen..).unwrap_or_default().join("\n"))
    }

    fn matches(&self, shown: &Shown, whole: bool, pids: &mut Pids) -> Option<usize> {
        let came: Vec<_> = self.came(shown).iter().map(|line| self.masks.of(line)).collect();
        self.expected.matches(&came, whole, pids)
    }
}

impl Seat {
    /// Types what there is to type; says what makes that impossible.
    fn begin(&mut self, step: &Step, patience: Patience) -> Result<Option<String>> {
        match &step.action {
            Action::Command(command) => {
                self.patience = if command.contains("cargo ") { patience.cargo } else { patience.command };
                (self.seen, self.open) = (0, false);
                self.terminal.type_command(command)?;
            }
            Action::Interrupt if !self.terminal.is_busy() => {
                return Ok(Some("nothing runs at this terminal that ^C could end: what ran has returned".to_owned()));
            }
            Action::Interrupt => self.terminal.interrupt()?,
            Action::Look => {}
        }
        Ok(None)
    }
}

/// How many empty lines stand between the first `seen` and what comes then.
fn skipped(text: &str, seen: usize) -> usize {
    masks::lines(text).iter().skip(seen).take_while(|line| line.is_empty()).count()
}

fn message(step: &Step, waited: Option<Duration>, is_late: bool, difference: &str) -> String {
    let name = step.name();
    let state = match waited.map(|time| time.as_secs()) {
        Some(seconds) if is_late => format!(
            "{name} has not returned after {seconds} s, but the lesson goes on at the same terminal: \
             end it with ^C, or go on at the other one"
        ),
        Some(seconds) => format!("{name} prints something else, and still runs after {seconds} s"),
        None if is_late => format!("{name} ended the shell"),
        None => format!("{name} prints something else"),
    };
    if !difference.lines().any(|line| line.trim_start().starts_with(['-', '+'])) {
        return state;
    }
    format!(
        "{state}; - is the lesson's, + is what came (`cargo run -p book -- refresh` takes it over):\n{}",
        difference.trim_end()
    )
}
