//! What can be wrong with a program before a single case can be tried on it, each with what to do.

use std::fmt::{self, Display, Formatter};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::Duration;

use crate::limit::DESCRIPTORS;
use crate::output::excerpt;
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
    /// It listens, but has not answered `GET /`, or has not come to rest.
    ServesNot {
        /// Where it listens.
        address: SocketAddr,
        /// For how long.
        patience: Duration,
        /// What it wrote to stderr.
        stderr: String,
    },
    /// Its first line is no announcement.
    SomethingElse(String),
    /// Its announcement holds no address that can be used.
    BadAddress(String),
    /// It was to listen on a fixed address, and listens on another port.
    Elsewhere {
        /// Where it was to.
        asked: SocketAddr,
        /// Where it does.
        port: u16,
    },
    /// It started, but not a second time while the first one ran.
    Once {
        /// Where the first one listens.
        first: SocketAddr,
        /// What was wrong with the second.
        second: Box<Problem>,
    },
    /// It started twice, and listens on the same port both times.
    SamePort(SocketAddr),
    /// Somebody else listens on its fixed address.
    Taken(SocketAddr),
    /// The tester itself may have only so many descriptors.
    FewDescriptors(u64),
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

    /// Whether the program ended since it could not have its port.
    fn is_about_a_port_in_use(&self) -> bool {
        matches!(self, Problem::Ended { stderr, .. } if tells_of_a_port_in_use(stderr))
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
                "The program ended ({status}) before it listened. {} {}",
                if tells_of_a_port_in_use(stderr) {
                    "Its port was taken: either the program ignores the address in its argument, and another copy of it \
                     runs, or one has just ended, and it does not set SO_REUSEADDR before bind()."
                } else {
                    "Start it by hand with the same command line and see why."
                },
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
            Problem::ServesNot { address, patience, stderr } => write!(
                to,
                "The program listens on {address}, but after {} s it has not answered `GET /`, or has not come to rest. {}",
                patience.as_secs(),
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
            Problem::Elsewhere { asked, port } => write!(
                to,
                "The program was to listen on {asked}, and listens on port {port}. It seems to ignore the address in its \
                 argument: listen there, or give `--address 127.0.0.1:{port}`."
            ),
            Problem::Once { first, second } => write!(
                to,
                "The program started, but not a second time while the first one ran: the tester starts several at once, each \
                 with the argument 127.0.0.1:0, which is any free port. {} Listen on the address in the argument. For a server \
                 that can't, give `--address {first}`: then one is started at a time.\n\nThe second time: {second}",
                if second.is_about_a_port_in_use() {
                    format!("It seems to ignore the address in its argument, and to take port {} always.", first.port())
                } else {
                    "It may ignore the address in its argument, or need something that only one process can have."
                        .to_owned()
                }
            ),
            Problem::SamePort(first) => write!(
                to,
                "The program was started twice at once, each time with the argument 127.0.0.1:0, which is any free port, and \
                 both say that they listen on port {}. It seems to ignore the address in its argument: listen there. For a \
                 server that can't, give `--address {first}`: then one is started at a time.",
                first.port()
            ),
            Problem::Taken(address) => write!(
                to,
                "Something already listens on port {}, before the program was started. End it first, or give another `--address`.",
                address.port()
            ),
            Problem::FewDescriptors(most) => write!(
                to,
                "The tester needs {DESCRIPTORS} descriptors (`ulimit -n`), and may have only {most} here: run it in a shell \
                 whose hard limit (`ulimit -Hn`) is higher."
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

/// Whether these are the words that most languages have for EADDRINUSE.
fn tells_of_a_port_in_use(stderr: &str) -> bool {
    let stderr = stderr.to_lowercase();
    ["already in use", "address in use", "addrinuse"].iter().any(|words| stderr.contains(words))
}

fn quoted(name: &str, text: &str) -> String {
    if text.trim().is_empty() {
        return format!("Its {name} is empty.");
    }
    let lines: String = excerpt(text).iter().map(|line| format!("\n    {line}")).collect();
    format!("Its {name}:{lines}\n")
}
