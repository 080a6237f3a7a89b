//! What can be wrong with a program before a single case can be tried on it, each with what to do.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Duration;

use crate::program::Program;

/// The form of the line that a server prints, for messages.
pub(crate) const FORM: &str = "my_server listening on http://127.0.0.1:41234";

/// Why a program is no server yet.
#[derive(Debug)]
pub enum Problem {
    /// There is no such program.
    Missing(String),
    /// The file is there, but may not be run.
    NotExecutable(String),
    /// It can't be run for another reason.
    NotRun(String, io::Error),
    /// It ended before it listened.
    Ended {
        /// How.
        status: ExitStatus,
        /// What it wrote to stderr.
        stderr: String,
    },
    /// It runs and has printed no line.
    Silent {
        /// For how long.
        patience: Duration,
        /// The ports that it listens on all the same.
        ports: Vec<u16>,
        /// What it wrote to stdout, less than a line.
        stdout: String,
        /// What it wrote to stderr.
        stderr: String,
    },
    /// Its first line is no announcement.
    SomethingElse(String),
    /// Its announcement holds no address that can be used.
    BadAddress(String),
    /// Somebody else listens on its fixed address.
    Taken(SocketAddr),
    /// It listens, takes clients, and does not end at SIGTERM within this time.
    HangsAtTheEnd(Duration),
}

impl Problem {
    pub(crate) fn not_run(program: &Program, error: &io::Error) -> Problem {
        let name = program.name().to_string_lossy().into_owned();
        match error.kind() {
            ErrorKind::NotFound => Problem::Missing(name),
            ErrorKind::PermissionDenied => Problem::NotExecutable(name),
            _ => Problem::NotRun(name, io::Error::new(error.kind(), error.to_string())),
        }
    }
}

impl Display for Problem {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Missing(name) => write!(
                to,
                "There is no program `{name}`. Give its path from here, such as `./{name}`, or a name in PATH; a script may \
                 need its interpreter before it: `-- python3 my_server.py`."
            ),
            Problem::NotExecutable(name) => write!(
                to,
                "`{name}` may not be run. Make it executable with `chmod +x {name}`, or put its interpreter before it: \
                 `-- python3 {name}`."
            ),
            Problem::NotRun(name, error) => write!(
                to,
                "`{name}` can't be run: {error}. A script needs a first line such as `#!/usr/bin/env python3`, or its \
                 interpreter before it on the command line."
            ),
            Problem::Ended { status, stderr } => write!(
                to,
                "The program ended ({status}) before it listened. Start it by hand with the same command line and see why. \
                 {}",
                quoted("stderr", stderr)
            ),
            Problem::Silent { patience, ports, stdout, stderr } if ports.is_empty() => write!(
                to,
                "The program runs, but after {} s it neither listens on a TCP port nor has it printed a line. Once it \
                 accepts connections it should print `{FORM}`. {} {}",
                patience.as_secs(),
                quoted("stdout", stdout),
                quoted("stderr", stderr)
            ),
            Problem::Silent { patience, ports, stdout, stderr } => write!(
                to,
                "The program listens on port {}, but after {} s it has printed no address. Listen on the address \
                 in the first argument (port 0 is any free port), then print `{FORM}` and flush stdout (a pipe is \
                 buffered where a terminal is not). For a server that can't choose its port give `--address 127.0.0.1:{}`. {} {}",
                ports[0],
                patience.as_secs(),
                ports[0],
                quoted("stdout", stdout),
                quoted("stderr", stderr)
            ),
            Problem::SomethingElse(line) => write!(
                to,
                "The program's first line on stdout is `{line}`. It should be the address, as in `{FORM}`; all else belongs on \
                 stderr. A server that can't print it takes part with `--address`."
            ),
            Problem::BadAddress(line) => write!(
                to,
                "The program announced itself with `{line}`, but the address can't be used. Print the port that the system chose \
                 (getsockname tells it), as in `{FORM}`."
            ),
            Problem::Taken(address) => write!(
                to,
                "Something already listens on port {}, before the program was started. End it first, or give another `--address`.",
                address.port()
            ),
            Problem::HangsAtTheEnd(patience) => write!(
                to,
                "The program does not end at SIGTERM; {} s later it was killed. SIGTERM is how the tester and every \
                 service manager ask a server to end: leave its default action in place, or end in its handler.",
                patience.as_secs()
            ),
        }
    }
}

fn quoted(name: &str, text: &str) -> String {
    if text.trim().is_empty() {
        return format!("Its {name} is empty.");
    }
    let lines: Vec<_> = text.trim_end().lines().collect();
    let last = lines[lines.len().saturating_sub(12)..].iter().map(|line| format!("\n    {line}")).collect::<String>();
    format!("Its {name} ends with:{last}\n")
}
