//! The program `observe`: timelines, costs and system calls of the versions.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use observe::{costs, syscalls, timeline, wsgi};
use suite::server::supervisor::end_without_a_reader;

/// Looks at the servers while they run, and draws and tells what it sees.
#[derive(Parser)]
#[command(name = "observe", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays the same small drama to each version and draws who worked when
    Timeline(timeline::Arguments),
    /// Measures what each version costs under the same load
    Costs(costs::Arguments),
    /// Prints the system calls of one request
    Syscalls(syscalls::Arguments),
    /// Measures v07 against other servers of Python applications
    Wsgi(wsgi::Arguments),
}

fn main() -> ExitCode {
    end_without_a_reader();
    let done: Result<bool> = match Arguments::parse().command {
        Command::Timeline(arguments) => timeline::run(&arguments),
        Command::Costs(arguments) => costs::run(&arguments),
        Command::Syscalls(arguments) => syscalls::run(&arguments),
        Command::Wsgi(arguments) => wsgi::run(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE, // Something is missing; what, stands above.
        Err(error) => {
            eprintln!("observe: {error:#}");
            ExitCode::FAILURE
        }
    }
}
