//! The program `learn`: a companion for readers of the book.

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use book::book::{Book, CHAPTERS, ROOT};
use book::console::namespaces;
use clap::{Parser, Subcommand};
use learn::course::Course;
use learn::mine::{FOLDER, Mine};
use learn::report::{self, Report, what_to_see};
use learn::screen;
use learn::trial::{self, Trial};
use learn::{difference, hint, start, watch};
use suite::exercises::{self, Exercise};
use suite::server::supervisor::end_without_a_reader;
use suite::tester::Style;

const EXAMPLES: &str = "\
Examples:
  cargo learn
      watches crates/mine: builds it after each save, and says where you are and what is next
  cargo learn start v02
      makes crates/mine the package that v02 begins with; what was there is kept
  cargo learn hint
      a hint for the next block; the same command again gives a longer one

crates/mine is your package; the chapters are in lessons. Nothing of yours is ever deleted: what a command replaces is
moved to the folder kept.";

/// Goes with you through the book.
#[derive(Parser)]
#[command(name = "cargo learn", bin_name = "cargo learn", after_help = EXAMPLES)]
struct Arguments {
    /// The root of the repository, if it is not the one that this program was built in
    #[arg(long, global = true, value_name = "FOLDER", default_value = ROOT, hide = true)]
    root: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Watches your package; the same as no command
    Watch,
    /// Makes crates/mine the package that a chapter begins with: yours if it is complete, otherwise the book's
    Start {
        /// The chapter, such as v02 or v05-orphans; without one it is the next
        chapter: Option<String>,
    },
    /// Says where you are and what is next, and builds nothing
    Status,
    /// Builds your package, and says whether it has reached a checkpoint
    Check {
        /// The checkpoint, such as v02.3; without one it is the one that your code is at
        checkpoint: Option<String>,
    },
    /// Gives a hint for the next block: the place, then the idea, then the lines
    Hint,
    /// Shows what your package differs in from the book's at a checkpoint: - is yours, + the book's
    Diff {
        /// The checkpoint, such as v02.3; without one it is the next
        checkpoint: Option<String>,
    },
    /// Makes crates/mine the book's package at a checkpoint; what was there is kept
    Reset {
        /// The checkpoint, such as v02.3
        checkpoint: String,
        /// Doesn't ask
        #[arg(long)]
        yes: bool,
    },
    /// Says whether an exercise is done; without a number it lists all
    Exercise {
        /// The exercise, such as v04.2
        id: Option<String>,
    },
    /// Shows the solution of an exercise
    Solution {
        /// The exercise, such as v04.2
        id: String,
    },
    /// Keeps the namespaces in which the commands of a checkpoint run; for this program itself
    #[command(hide = true, name = namespaces::SUBCOMMAND)]
    Namespaces { terminals: Vec<PathBuf> },
}

fn main() -> ExitCode {
    end_without_a_reader();
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE, // The lines above say why.
        Err(error) => {
            eprintln!("learn: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<bool> {
    let command = match arguments.command.unwrap_or(Command::Watch) {
        Command::Namespaces { terminals } => return namespaces::keep(&terminals).map(|()| true),
        Command::Exercise { id: None } => {
            exercises::print_list();
            return Ok(true);
        }
        Command::Exercise { id: Some(id) } => {
            let style = Style { colour: screen::with_colours() };
            return exercises::run(&id, None, |program| program, style);
        }
        command => command,
    };
    let root = arguments.root.canonicalize().context("there is no such folder")?;
    if let Command::Solution { id } = command {
        return solution(&root, &id);
    }
    let course = Arc::new(Course::new(Book::read(&root, &CHAPTERS)?)?);
    let mine = Mine::new(&root);
    for folder in mine.recover()? {
        println!("An earlier change was interrupted; what it left is in {}.", folder.display());
    }
    match command {
        Command::Watch => watch::watch(&course, &mine).map(|()| true),
        Command::Start { chapter } => Ok(print(&start::start(&course, &mine, chapter.as_deref())?)),
        Command::Status => Ok(print(&of(&course, &mine)?.lines(&course))),
        Command::Check { checkpoint } => check(&course, &mine, checkpoint.as_deref()),
        Command::Hint => Ok(print(&hint::next(&course, &of(&course, &mine)?.here))),
        Command::Diff { checkpoint } => diff(&course, &mine, checkpoint.as_deref()),
        Command::Reset { checkpoint, yes } => reset(&course, &mine, &checkpoint, yes),
        Command::Exercise { .. } | Command::Solution { .. } | Command::Namespaces { .. } => Ok(true), // Done above.
    }
}

fn print(lines: &[String]) -> bool {
    lines.iter().for_each(|line| println!("{line}"));
    true
}

/// The report on the files, without building them.
fn of(course: &Course, mine: &Mine) -> Result<Report> {
    report::status(course, mine)?.context(NO_PACKAGE)
}

const NO_PACKAGE: &str = "there is no crates/mine yet; `cargo learn start` makes it";

fn check(course: &Course, mine: &Mine, name: Option<&str>) -> Result<bool> {
    let wanted = name.map(|name| course.checkpoint(name)).transpose()?;
    let files = mine.read()?.context(NO_PACKAGE)?;
    let mut report = Report::built(course, &files, screen::with_colours())?;
    let place = report.here.done;
    if let Some(mark) = wanted
        && report.compiled.as_ref().is_some_and(|compiled| compiled.is_yes())
        && !(report.here.is_exact() && mark.place <= place)
        && !(mark.place == place && report.trial.is_some())
    {
        report.trial = Some(trial::run(course, mark)?);
    }
    let lines = report.lines(course);
    print(&lines);
    println!();
    let Some(mark) = wanted.or(course.reached(place).filter(|mark| mark.place == place)).or(course.coming(place))
    else {
        return Ok(true);
    };
    let compiles = report.compiled.as_ref().is_some_and(|compiled| compiled.is_yes());
    let is_typed = report.here.is_exact() && mark.place <= place;
    let is_tried = match &report.trial {
        Some(Trial::Passed) => true,
        Some(Trial::NotRun(_)) => mark.place == place, // For the reader to try.
        Some(Trial::Failed(_)) | None => false,
    };
    let is_reached = compiles && (is_typed || is_tried);
    match is_reached {
        true => print(&what_to_see(course, mark)),
        false => print(&[format!("{} is not reached yet.", mark.name)]),
    };
    Ok(is_reached)
}

fn diff(course: &Course, mine: &Mine, name: Option<&str>) -> Result<bool> {
    let files = mine.read()?.context(NO_PACKAGE)?;
    let place = Report::of(course, &files).here.done;
    let mark = match name {
        Some(name) => course.checkpoint(name)?,
        None => course.coming(place).or(course.reached(place)).context("the book has no checkpoints")?,
    };
    let diff = difference::diff(&files, &course.places[mark.place].files);
    match diff.is_empty() {
        true => println!("Your package has all that the book's has at {}, and no more.", mark.name),
        false => print!("{diff}"),
    }
    Ok(true)
}

fn reset(course: &Course, mine: &Mine, name: &str, yes: bool) -> Result<bool> {
    course.checkpoint(name)?;
    if mine.exists() && !yes {
        if !io::stdin().is_terminal() {
            bail!("it would replace {FOLDER}, and it can't ask you without a terminal; add --yes");
        }
        print!("{FOLDER} becomes the book's package at {name}; yours is moved to the folder kept. Go on? [y/N] ");
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if !["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            println!("Nothing is changed.");
            return Ok(false);
        }
    }
    Ok(print(&start::reset(course, mine, name)?))
}

fn solution(root: &std::path::Path, id: &str) -> Result<bool> {
    let exercise = Exercise::find(id)?;
    let Some(patch) = exercise.patch() else {
        println!("{} is a question; its answer is in {}, folded away.", exercise.id, exercise.place());
        return Ok(true);
    };
    print!("{}", fs::read_to_string(root.join(&patch)).with_context(|| format!("cannot read {patch}"))?);
    println!("\nThis applies it to your package: patch -p3 -d {FOLDER} < {patch}");
    Ok(true)
}
