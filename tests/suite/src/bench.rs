//! The bench that a case works at: it starts servers, and keeps what they and their clients said for the report.

use std::cell::{Cell, RefCell};
use std::process::ExitStatus;
use std::rc::Rc;

use crate::case::{Outcome, Stop};
use crate::output::Output;
use crate::problem::Problem;
use crate::program::Program;
use crate::server::Server;
use crate::transcript::Transcript;

/// How many connections a report shows.
const SHOWN: usize = 3;

/// Where one case tries one program.
pub struct Bench {
    program: Program,
    record: Rc<Record>,
}

/// What was said so far. Servers and clients hold it too, and write to it.
#[derive(Default)]
pub(crate) struct Record {
    transcripts: RefCell<Vec<Rc<RefCell<Transcript>>>>,
    count: RefCell<usize>,
    started: RefCell<Vec<Started>>,
}

/// A server that was started.
struct Started {
    line: String,
    stderr: Output,
    status: Rc<Cell<Option<ExitStatus>>>,
}

impl Started {
    fn description(&self) -> String {
        match self.status.get() {
            Some(status) => format!("{} (it ended: {status})", self.line),
            None => self.line.clone(),
        }
    }
}

/// What was said, for a report.
pub struct Evidence {
    /// The last connection, and before it those that were open at the same time.
    pub transcripts: Vec<Transcript>,
    /// How many other connections there were.
    pub earlier: usize,
    /// The command lines of the servers, with what each wrote to stderr.
    pub servers: Vec<(String, String)>,
}

/// How a program that was to end by itself did.
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// All that it wrote to stdout.
    pub stdout: String,
    /// All that it wrote to stderr.
    pub stderr: String,
}

impl Bench {
    pub(crate) fn new(program: &Program) -> Bench {
        Bench { program: program.clone(), record: Rc::default() }
    }

    /// The program, to be started in a way of the case's own.
    pub fn program(&self) -> Program {
        self.program.clone()
    }

    /// Starts the program as it is and waits until it listens.
    pub fn server(&self) -> Outcome<Server> {
        self.start(&self.program)
    }

    /// Starts a program and waits until it listens.
    pub fn start(&self, program: &Program) -> Outcome<Server> {
        Server::start(program, Rc::clone(&self.record)).map_err(|problem| Stop::NotStarted(problem.to_string()))
    }

    /// Starts the program once, to see whether it does.
    pub(crate) fn look(&self) -> Result<Server, Problem> {
        Server::start(&self.program, Rc::clone(&self.record))
    }

    /// Runs a program that should end by itself.
    pub fn run(&self, program: &Program) -> Outcome<Ended> {
        Server::run(program, Rc::clone(&self.record))
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let transcripts: Vec<_> = self.record.transcripts.borrow().iter().map(|one| one.borrow().clone()).collect();
        let earlier = self.record.count.borrow().saturating_sub(transcripts.len());
        let started = self.record.started.borrow();
        let servers = started.iter().map(|one| (one.description(), one.stderr.text())).collect();
        Evidence { transcripts, earlier, servers }
    }
}

impl Record {
    /// Keeps a transcript, and forgets those that a report need not show: the ones that the case is done with, and
    /// the oldest.
    pub(crate) fn keep(&self, transcript: &Rc<RefCell<Transcript>>) {
        let mut all = self.transcripts.borrow_mut();
        all.retain(|one| !one.borrow().is_over);
        if all.len() == SHOWN {
            all.remove(0);
        }
        all.push(Rc::clone(transcript));
        *self.count.borrow_mut() += 1;
    }

    /// Keeps what a server writes to stderr, and gives back the place for how it ended.
    pub(crate) fn keep_server(&self, line: String, stderr: &Output) -> Rc<Cell<Option<ExitStatus>>> {
        let status = Rc::default();
        self.started.borrow_mut().push(Started { line, stderr: stderr.clone(), status: Rc::clone(&status) });
        status
    }
}
