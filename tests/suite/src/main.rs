//! The program `suite`: tries the cases on any server, prints the must-fail matrix, carries a change from version to
//! version, and tells whether an exercise of the book is done.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use suite::adapter::Adapter;
use suite::cargo::{self, ROOT};
use suite::matrix::Matrix;
use suite::program::{PATIENCE, Program};
use suite::server::supervisor::supervise;
use suite::stage::Stage;
use suite::tester::{Style, Tester};
use suite::{carry, exercises, peers};

/// Two times two dashes: one for cargo, one before the program, whose flags are its own.
const USAGE: &str = "\
cargo run -p suite -- STAGE [OPTIONS] -- PROGRAM [ARGUMENTS], such as `cargo run -p suite -- v01 -- python3 my_server.py`
       cargo run -p suite -- matrix [--python]
       cargo run -p suite -- carry VERSION
       cargo run -p suite -- peers [NAME …]
       cargo run -p suite -- exercise [ID [OPTIONS] [-- PROGRAM [ARGUMENTS]]]";

const EXAMPLES: &str = "\
Examples:
  cargo run -p suite -- v02 -- python3 my_server.py
      starts `python3 my_server.py 127.0.0.1:0` for each case of the stages v01 and v02
  cargo run -p suite -- v03 --address 127.0.0.1:8000 -- ./my_server
      the same for a server that can't choose its port or print it
  cargo run -p suite -- v03 --adapter my_server.toml
      the same for a server that is started in another way, or has other pages or limits; the file says which
  cargo run -p suite -- v02 --case date -- ./my_server
      only the cases with `date` in their name
  cargo run -p suite -- v02 --patience 60 -- ./my_server
      for a slow machine, or a server in a debugger: a step may take a minute before it is a failure
  cargo run -p suite -- matrix
      which version of this workspace can do what
  cargo run -p suite -- carry v02
      carries a change of v02 to v03 and all later versions
  cargo run -p suite -- peers nginx gunicorn-sync
      how far real servers get
  cargo run -p suite -- exercise v04.2
      tells whether an exercise of the book is done, in crates/mine or else in crates/v04; without a number it lists all

What a server promises: tests/suite/examples/README.md";

/// Tests a web server, stage by stage, as the book builds one.
#[derive(Parser)]
#[command(name = "suite", after_help = EXAMPLES, arg_required_else_help = true)]
#[command(override_usage = USAGE)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    #[command(flatten)]
    test: Option<Test>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct Test {
    /// The stage to reach: its cases and those of all stages before it are tried
    stage: Stage,
    /// The address that the program listens on, for one that can't choose a free port
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// Try only the case of this name, or those with TEXT in their name
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
    /// How long one step of the program may take before it is a failure
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    /// Go on with the next stage when one has failed
    #[arg(long)]
    keep_going: bool,
    /// The program reads no knobs, such as TIMEOUT, from its environment: skip the cases that need one
    #[arg(long)]
    no_knobs: bool,
    /// A file that says how the program is started, in place of PROGRAM
    #[arg(long, value_name = "FILE", conflicts_with_all = ["program", "no_knobs"])]
    adapter: Option<PathBuf>,
    /// The program and its arguments; the address is added to them
    #[arg(required_unless_present = "adapter", trailing_var_arg = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the versions and prints which motive fails on which of them
    Matrix {
        /// v07 too, which contains Python: that must be there
        #[arg(long)]
        python: bool,
    },
    /// Carries what changed in a version since HEAD to the later ones
    Carry {
        /// The version, such as v02
        version: String,
    },
    /// Tries real servers, such as nginx and gunicorn, and prints how far each of them gets
    Peers {
        /// The names of their adapter files in tests/suite/peers, such as nginx; without one all that are here
        names: Vec<String>,
    },
    /// Tells whether an exercise of the book is done; without a number it lists all
    Exercise(Exercise),
}

#[derive(Args)]
struct Exercise {
    /// The exercise, such as v04.2
    id: Option<String>,
    /// The address that the program listens on, for one that can't choose a free port
    #[arg(long, value_name = "IP:PORT")]
    address: Option<SocketAddr>,
    /// How long one step of the program may take before it is a failure
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    /// The program to try, with its arguments; without one it is crates/mine, or else the exercise's version
    #[arg(last = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(end) = supervise() {
        return end;
    }
    let done = match (arguments.command, arguments.test) {
        (Some(Command::Matrix { python }), _) => print_matrix(python),
        (Some(Command::Carry { version }), _) => {
            carry::run(Path::new(ROOT), &version, &mut io::stdout()).map(|()| true)
        }
        (Some(Command::Peers { names }), _) => peers::run(&names, &mut io::stdout()).map(|()| true),
        (Some(Command::Exercise(exercise)), _) => try_exercise(exercise),
        (None, Some(test)) => run(test),
        (None, None) => Err(anyhow::anyhow!("nothing to do; `suite --help` tells the usage")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("suite: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn style() -> Style {
    Style { colour: io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
}

fn try_exercise(exercise: Exercise) -> Result<bool> {
    let Some(id) = exercise.id else {
        exercises::print_list();
        return Ok(true);
    };
    let given = (!exercise.program.is_empty()).then(|| Program::new(exercise.program));
    let patience = Duration::from_secs(exercise.patience);
    exercises::run(&id, given, |program| program.at(exercise.address).patience(patience), style())
}

fn run(test: Test) -> Result<bool> {
    let program = match test.adapter {
        Some(file) => Program::adapted(Adapter::read(&file)?),
        None => Program::new(test.program),
    };
    let program = if test.no_knobs { program.without_knobs() } else { program };
    let tester = Tester {
        program: program.at(test.address).patience(Duration::from_secs(test.patience)),
        stage: test.stage,
        only: test.case,
        keep_going: test.keep_going,
        style: style(),
    };
    Ok(tester.run())
}

/// Builds next to this executable, in the same profile, and prints the table.
fn print_matrix(python: bool) -> Result<bool> {
    let versions: &[Stage] = if python { &Stage::ALL } else { &Stage::WITHOUT_PYTHON };
    let matrix = Matrix::build(versions, &cargo::folder()?)?;
    print!("{matrix}");
    Ok(matrix.is_a_ladder())
}
