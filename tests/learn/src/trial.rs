//! Whether the reader's package does what the book shows at a checkpoint: the commands there are typed into terminals in
//! namespaces of their own, and what they print is compared with the page.

use std::env;
use std::time::Duration;

use anyhow::Result;
use book::code::checkpoint;
use book::console::Console;

use crate::course::{Course, Mark};

/// How long a command may take to print what it should. It is waited for in full when it never does.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the commands of a checkpoint went.
#[derive(Clone, Debug)]
pub enum Trial {
    /// They print what the book shows.
    Passed,
    /// They print something else; a text for each.
    Failed(Vec<String>),
    /// Why they can't be run here.
    NotRun(String),
}

/// Runs the commands of a checkpoint on the reader's package.
///
/// # Errors
///
/// Anything that has nothing to do with the package.
pub fn run(course: &Course, mark: &Mark) -> Result<Trial> {
    let page = course.page(mark.chapter);
    let console = Console::default().program(env::current_exe()?).patience_of_commands(PATIENCE).with_warnings();
    let played = console.play_some(page, &course.book.root, &checkpoint::proof(page, mark.line))?;
    let failed: Vec<_> = played.faults.iter().map(|fault| fault.text.replace(REFRESH, "")).collect();
    Ok(match played.not_run.into_iter().next() {
        _ if !failed.is_empty() => Trial::Failed(failed),
        // After the place in the page, and how much is not run.
        Some(reason) if played.run == 0 => Trial::NotRun(reason.splitn(3, ": ").last().unwrap_or_default().to_owned()),
        _ => Trial::Passed,
    })
}

/// The part of a message that is meant for those who write the book.
const REFRESH: &str = " (`cargo run -p book -- refresh` takes it over)";
