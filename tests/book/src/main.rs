//! The program `book`: checks the lessons, tells what of a step is not told yet, makes anew what machines make.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use book::book::{Book, CHAPTERS, ROOT};
use book::chapter::Chapter;
use book::check::Report;
use book::code::{Telling, checkpoint};
use book::console::namespaces;
use book::language::{self, Language};
use book::{check, doctor, exercises, refresh, replay};
use clap::{Parser, Subcommand};
use suite::server::supervisor::end_without_a_reader;

const EXAMPLES: &str = "\
Examples:
  cargo run -p book -- check
      all checks on all pages that lessons/SUMMARY.md names
  cargo run -p book -- check v04
      all checks on lessons/v04.md, which need not be in SUMMARY.md yet
  cargo run -p book -- doctor
      all that is out of step after a change, in the versions, the broken servers, the exercises and the pages
  cargo run -p book -- left v04
      what of the step from v03 to v04 lessons/v04.md has not told yet, as a diff
  cargo run -p book -- replay v04
      types lessons/v04.md into a package in target/replay, and builds and tries it at each checkpoint
  cargo run -p book -- at v04.2 crates/mine
      writes the package as it is at the second checkpoint of v04
  cargo run -p book -- refresh v04
      makes what lessons/v04.md quotes, and what its commands print, anew

The rules: CONTRIBUTING.md";

/// Holds the lessons to the repository that they tell of.
#[derive(Parser)]
#[command(name = "book", arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    /// The root of the repository, if it is not the one that this program was built in
    #[arg(long, global = true, value_name = "FOLDER", default_value = ROOT, hide_default_value = true)]
    root: PathBuf,
    /// The chapters of the book at that root, if they aren't this one's
    #[arg(long, global = true, hide = true, value_delimiter = ',', default_values = CHAPTERS)]
    chapters: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks pages, and prints what is wrong at which line
    Check {
        /// Runs nothing: no commands, no cases
        #[arg(long)]
        only_read: bool,
        /// The pages, such as v04 or lessons/v04.md; all if none is given
        pages: Vec<String>,
    },
    /// Prints all that a change has left out of step, in the order to fix it, in seconds: builds, runs and writes nothing
    Doctor,
    /// Prints what of a version's step its chapters have not told yet, as a diff
    Left {
        /// The version, such as v04
        version: String,
        /// Only the files with TEXT in their path
        #[arg(value_name = "TEXT")]
        only: Option<String>,
    },
    /// Types the blocks of chapters with checkpoints into a package, and builds and tries it at each of them
    Replay {
        /// The pages; all if none is given
        pages: Vec<String>,
    },
    /// Writes the reader's package as it is at a checkpoint
    At {
        /// The checkpoint, such as v02.3
        checkpoint: String,
        /// A new folder, such as crates/mine
        folder: PathBuf,
    },
    /// Makes what pages quote, and what their commands print, anew, and shows the difference
    Refresh {
        /// Shows the difference, and writes nothing
        #[arg(long)]
        check: bool,
        /// The pages; all if none is given
        pages: Vec<String>,
    },
    /// Checks the language of pages and sources, also of those that `check` does not hold to it yet
    Language {
        /// Pages, files or folders, such as v04, README.md or crates/v04; all if none is given
        names: Vec<String>,
    },
    /// Applies the solution of each exercise to a copy and tries it
    Exercises {
        /// Tries all cases of its version on each solution too
        #[arg(long)]
        whole: bool,
    },
    /// Keeps the namespaces in which the commands of a lesson run; for this program itself
    #[command(hide = true, name = namespaces::SUBCOMMAND)]
    Namespaces { terminals: Vec<PathBuf> },
}

fn main() -> ExitCode {
    end_without_a_reader();
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE, // What is wrong stands above.
        Err(error) => {
            eprintln!("book: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<bool> {
    let chapters: Vec<_> = arguments.chapters.iter().map(String::as_str).collect();
    let open = || Book::read(&arguments.root.canonicalize()?, &chapters);
    match arguments.command {
        Command::Check { only_read, pages } => check_pages(&open()?, &pages, only_read),
        Command::Doctor => doctor::run(&arguments.root.canonicalize()?, &chapters, &mut io::stdout()),
        Command::Left { version, only } => left(&open()?, &version, only.as_deref()),
        Command::Refresh { check, pages } => refresh_pages(&open()?, &pages, check),
        Command::Replay { pages } => replay_pages(&open()?, &pages),
        Command::At { checkpoint, folder } => replay::write_at(&open()?, &checkpoint, &folder).map(|()| true),
        Command::Language { names } => check_language(&arguments.root.canonicalize()?, &names),
        Command::Exercises { whole } => exercises::run(whole),
        Command::Namespaces { terminals } => namespaces::keep(&terminals).map(|()| true),
    }
}

fn pages(book: &Book, names: &[String]) -> Result<Vec<Chapter>> {
    if names.is_empty() {
        return Ok(book.pages.clone());
    }
    names.iter().map(|name| book.page(name)).collect()
}

fn check_pages(book: &Book, names: &[String], only_read: bool) -> Result<bool> {
    let pages = pages(book, names)?;
    let mut report = check::check(book, &pages, only_read)?;
    if names.is_empty() {
        report.faults.extend(check::whole(book)?);
    } else {
        let language = Language::new()?;
        for page in pages.iter().filter(|page| language::is_held(&page.path)) {
            report.faults.extend(language.check_file(&book.root, &page.path)?);
        }
    }
    Ok(print(pages.len(), &report))
}

fn replay_pages(book: &Book, names: &[String]) -> Result<bool> {
    let pages = pages(book, names)?;
    let with_checkpoints = pages.iter().filter(|page| checkpoint::has_some(page)).count();
    Ok(print(with_checkpoints, &replay::replay(book, &pages)?))
}

/// Prints what came of some pages; whether nothing is wrong.
fn print(pages: usize, report: &Report) -> bool {
    for fault in &report.faults {
        println!("{fault}");
    }
    for note in &report.notes {
        println!("{note}");
    }
    let (run, not_run, faults) = (report.run, report.notes.len(), report.faults.len());
    println!("pages: {pages}, commands' blocks run: {run}, not tried: {not_run}, wrong: {faults}");
    report.faults.is_empty()
}

fn check_language(root: &Path, names: &[String]) -> Result<bool> {
    let files = match names {
        [] => language::files(root)?,
        _ => names.iter().map(|name| language::named(root, name)).collect::<Result<Vec<_>>>()?.concat(),
    };
    let language = Language::new()?;
    let mut wrong = 0;
    for path in &files {
        for fault in language.check_file(root, path)? {
            println!("{fault}");
            wrong += 1;
        }
    }
    println!("files: {}, wrong: {wrong}", files.len());
    Ok(wrong == 0)
}

fn left(book: &Book, version: &str, only: Option<&str>) -> Result<bool> {
    let telling = Telling::of(book, version)?;
    for fault in &telling.faults {
        eprintln!("{fault}");
    }
    let left = telling.left(only.unwrap_or_default());
    if left.is_empty() {
        println!("Nothing is left to tell.");
    } else {
        print!("{left}");
    }
    Ok(left.is_empty())
}

/// With `only_shown`, whether there is nothing to make anew.
fn refresh_pages(book: &Book, names: &[String], only_shown: bool) -> Result<bool> {
    let mut same = true;
    for page in pages(book, names)? {
        let difference = refresh::refresh(book, &page, only_shown)?;
        print!("{difference}");
        same &= difference.is_empty();
    }
    Ok(same || !only_shown)
}
