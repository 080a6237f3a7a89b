//! The commands of a lesson, run as they are printed.
//!
//! `script` takes the console blocks apart; `player` types the commands into two terminals (`crate::terminal`) in one
//! set of `namespaces`, waits, and compares (`compare`) what came with what is printed, but for what a block masks
//! (`masks`).

mod compare;
mod masks;
pub mod namespaces;
mod player;
mod script;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::chapter::Chapter;
use crate::code::checkpoint;
use crate::fault::Fault;
use crate::python;
use crate::refresh::Edit;
use namespaces::Namespaces;
use player::{Done, Patience, play, steps};
use script::{Block, Step, blocks};

/// What lessons use, and a machine with Rust may lack.
pub const PROGRAMS: [&str; 6] = ["bash", "curl", "pgrep", "ps", "python3", "strace"];

/// What came of a chapter's commands.
#[derive(Clone, Debug, Default)]
pub struct Played {
    pub faults: Vec<Fault>,
    /// How many blocks were run.
    pub run: usize,
    /// Those that were not, each with its place and the reason.
    pub not_run: Vec<String>,
    /// The blocks whose outputs differ, as they should be.
    pub edits: Vec<Edit>,
}

/// How a chapter's commands are run.
#[derive(Clone, Debug)]
pub struct Console {
    patience: Patience,
    variables: Vec<(String, String)>,
    program: Option<PathBuf>,
    with_warnings: bool,
}

/// Runs the console blocks and holds what they print to what is printed there.
///
/// # Errors
///
/// What has nothing to do with the lesson.
pub fn check(chapter: &Chapter) -> Result<Played> {
    Console::default().play(chapter)
}

impl Default for Console {
    fn default() -> Console {
        let patience = Patience { command: Duration::from_secs(60), cargo: Duration::from_secs(300) };
        Console { patience, variables: Vec::new(), program: None, with_warnings: false }
    }
}

impl Console {
    /// Takes it for a failure when a command takes longer than this.
    pub fn patience(mut self, patience: Duration) -> Console {
        self.patience = Patience { command: patience, cargo: patience };
        self
    }

    /// Takes it for a failure when a command that doesn't compile takes longer than this.
    pub fn patience_of_commands(mut self, patience: Duration) -> Console {
        self.patience.command = patience;
        self
    }

    /// Lets the compiler warn about code that isn't the book's.
    pub fn with_warnings(mut self) -> Console {
        self.with_warnings = true;
        self
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Console {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Has another program make the namespaces.
    pub fn program(mut self, path: impl Into<PathBuf>) -> Console {
        self.program = Some(path.into());
        self
    }

    /// As `check`.
    ///
    /// # Errors
    ///
    /// As `check`.
    pub fn play(&self, chapter: &Chapter) -> Result<Played> {
        let readers = if checkpoint::has_some(chapter) { checkpoint::readers(chapter) } else { Vec::new() };
        let proofs = checkpoint::proofs(chapter);
        self.play_where(chapter, &chapter.root, |line| !proofs.contains(&line) && !readers.contains(&line))
    }

    /// As `check`, with `folder` as the root of the repository, and of the blocks those that begin at `lines` alone.
    ///
    /// # Errors
    ///
    /// As `check`.
    pub fn play_some(&self, chapter: &Chapter, folder: &Path, lines: &[usize]) -> Result<Played> {
        self.play_where(chapter, folder, |line| lines.contains(&line))
    }

    fn play_where(&self, chapter: &Chapter, folder: &Path, is_wanted: impl Fn(usize) -> bool) -> Result<Played> {
        let (mut blocks, faults) = blocks(chapter);
        blocks.retain(|block| is_wanted(block.line));
        if self.with_warnings {
            blocks.iter_mut().flat_map(|block| &mut block.steps).for_each(Step::expect_warnings);
        }
        let mut played = Played { faults, ..Played::default() };
        for block in &blocks {
            if let Some(reason) = &block.not_run {
                played.not_run.push(chapter.fault(block.line, reason).to_string());
            }
        }
        let run: Vec<_> = blocks.iter().filter(|block| block.not_run.is_none()).collect();
        let Some(first) = run.first() else { return Ok(played) };
        let program = self.program.clone().map_or_else(namespaces::program, Ok)?;
        let lacks = || chapter.version().and_then(python::lacks).map(str::to_owned);
        let missing = self.missing(&run).map(|name| format!("there is no {name} on this machine"));
        let start = |terminals: [&Path; 2]| match missing.clone().or_else(lacks) {
            Some(reason) => Err(reason),
            None => Namespaces::start(&program, terminals, folder, &self.variables),
        };
        match play(&blocks, self.patience, start)? {
            Ok(done) => {
                played.run = run.len();
                played.judge(chapter, &blocks, &done);
            }
            Err(reason) => {
                let text = format!("this and what follows, blocks in all {}: {reason}", run.len());
                played.not_run.push(chapter.fault(first.line, text).to_string());
            }
        }
        Ok(played)
    }

    /// A program that the blocks need and that can't be found.
    fn missing(&self, blocks: &[&Block]) -> Option<&'static str> {
        let typed: String = blocks.iter().flat_map(|block| &block.steps).map(|step| step.typed()).collect();
        let words: Vec<_> = typed.split(|letter: char| !letter.is_alphanumeric()).chain(["bash"]).collect();
        let variable = self.variables.iter().find(|(name, _)| name == "PATH").map(|(_, value)| OsString::from(value));
        let path = variable.or_else(|| env::var_os("PATH")).unwrap_or_default();
        let is_there = |name: &&str| env::split_paths(&path).any(|folder| folder.join(name).is_file());
        PROGRAMS.into_iter().find(|name| words.contains(name) && !is_there(name))
    }
}

impl Played {
    /// Adds what came of other blocks of the chapter.
    pub fn add(&mut self, other: Played) {
        self.faults.extend(other.faults);
        self.run += other.run;
        self.not_run.extend(other.not_run);
        self.edits.extend(other.edits);
    }

    fn judge(&mut self, chapter: &Chapter, blocks: &[Block], done: &[Done]) {
        for one in done {
            if let Some(text) = &one.wrong {
                self.faults.push(chapter.fault(blocks[one.block].steps[one.step].line, text));
            }
        }
        let left: Vec<_> = steps(blocks).skip(done.len()).collect();
        if let Some((block, step)) = left.first() {
            let step = &blocks[*block].steps[*step];
            let text = format!("{} and all that follows was not run, for what came before it", step.name());
            self.faults.push(chapter.fault(step.line, text));
        }
        for (at, block) in blocks.iter().enumerate() {
            let text = block.steps.iter().enumerate().map(|(number, step)| {
                let done = done.iter().find(|done| (done.block, done.step) == (at, number));
                step.typed() + &lines(done.map_or(&step.expected, |done| &done.output))
            });
            let (old, new) = (block.steps.iter().map(|step| step.typed() + &lines(&step.expected)), text);
            let (old, new) = (old.collect::<String>(), new.collect::<String>());
            if old != new {
                self.edits.push(Edit { first: block.line + 1, end: block.last, text: new });
            }
        }
    }
}

fn lines(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
