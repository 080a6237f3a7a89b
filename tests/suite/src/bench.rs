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

/// A transcript that a client still writes to.
type Shared = Rc<RefCell<Transcript>>;

/// Where one case tries one program.
pub struct Bench {
    program: Program,
    record: Rc<Record>,
}

/// What was said so far. Servers and clients hold it too, and write to it.
#[derive(Default)]
pub(crate) struct Record {
    transcripts: RefCell<Vec<Shared>>,
    /// The connection before the last, if the case was done with it: a server that is gone can have died of it.
    before: RefCell<Option<Shared>>,
    count: RefCell<usize>,
    pinned: RefCell<Option<Said>>,
    started: RefCell<Vec<Started>>,
    /// Whether a client could not connect.
    pub(crate) is_refused: Cell<bool>,
}

/// What was said on the connections that a report shows.
#[derive(Default)]
struct Said {
    before: Option<Transcript>,
    transcripts: Vec<Transcript>,
    earlier: usize,
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
    /// The connection after which the server answered the last one no more.
    pub before: Option<Transcript>,
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
    /// A bench for this program.
    pub fn new(program: &Program) -> Bench {
        Bench { program: program.clone(), record: Rc::default() }
    }

    /// The program, to be started in a way of the case's own.
    pub fn program(&self) -> Program {
        self.program.clone()
    }

    /// Whether a version of this repository is tried, which has no choice where a standard leaves one.
    pub(crate) fn is_strict(&self) -> bool {
        self.program.is_strict()
    }

    /// The statuses that are right: the first of these for a version of this repository, all of them for other programs.
    pub(crate) fn right<'a>(&self, statuses: &'a [u16]) -> &'a [u16] {
        if self.is_strict() { &statuses[..1] } else { statuses }
    }

    /// Starts the program as it is and waits until it listens.
    pub fn server(&self) -> Outcome<Server> {
        self.start(&self.program)
    }

    /// Starts a program and waits until it listens.
    pub fn start(&self, program: &Program) -> Outcome<Server> {
        has_all(program)?;
        Server::start(program, Rc::clone(&self.record)).map_err(|problem| Stop::NotStarted(problem.to_string()))
    }

    /// Starts a program several times at once, and waits for each until it listens or has ended.
    pub(crate) fn start_at_once(&self, program: &Program, count: usize) -> Vec<Result<Server, Problem>> {
        Server::start_at_once(program, count, &self.record)
    }

    /// Starts the program once, to see whether it does.
    pub(crate) fn look(&self) -> Result<Server, Problem> {
        Server::start(&self.program, Rc::clone(&self.record))
    }

    /// Runs a program that should end by itself.
    pub fn run(&self, program: &Program) -> Outcome<Ended> {
        has_all(program)?;
        Server::run(program, Rc::clone(&self.record))
    }

    /// Tries what starts a second server at the port of one that has ended. Meanwhile somebody's client can have got that
    /// port by chance: then once more, at another.
    pub(crate) fn with_a_second_start(&self, attempt: fn(&Bench) -> Outcome) -> Outcome {
        for _ in 0..2 {
            match attempt(self) {
                Err(Stop::NotStarted(_)) => {}
                outcome => return outcome,
            }
        }
        attempt(self)
    }

    pub(crate) fn evidence(&self) -> Evidence {
        let Said { before, transcripts, earlier } = self.record.pinned.take().unwrap_or_else(|| self.record.said());
        let started = self.record.started.borrow();
        let servers = started.iter().map(|one| (one.description(), one.stderr.text())).collect();
        Evidence { before, transcripts, earlier, servers }
    }
}

/// A case that asks for what the program doesn't have is skipped.
fn has_all(program: &Program) -> Outcome {
    program.lacks().map_or(Ok(()), |lacks| Err(Stop::Skipped(lacks)))
}

impl Record {
    /// Keeps a transcript, and forgets those that a report need not show: the ones that the case is done with, and
    /// the oldest.
    pub(crate) fn keep(&self, transcript: &Shared) {
        let mut all = self.transcripts.borrow_mut();
        *self.before.borrow_mut() = all.last().filter(|last| last.borrow().is_over).cloned();
        all.retain(|one| !one.borrow().is_over);
        if all.len() == SHOWN {
            all.remove(0);
        }
        all.push(Rc::clone(transcript));
        *self.count.borrow_mut() += 1;
    }

    /// Whether what clients saw can mean that the server has gone.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_refused.get() || self.transcripts.borrow().iter().any(|one| one.borrow().is_cut)
    }

    /// Lets the report show what was said so far, whatever follows. Only the first call counts.
    pub(crate) fn pin(&self) {
        self.pinned.borrow_mut().get_or_insert_with(|| self.said());
    }

    fn said(&self) -> Said {
        let transcripts: Vec<_> = self.transcripts.borrow().iter().map(|one| one.borrow().clone()).collect();
        let is_unanswered = transcripts.last().is_some_and(|last| last.is_probe && !last.is_answered());
        let before = self.before.borrow().as_ref().filter(|_| is_unanswered).map(|one| one.borrow().clone());
        let shown = transcripts.len() + usize::from(before.is_some());
        Said { before, transcripts, earlier: self.count.borrow().saturating_sub(shown) }
    }

    /// Keeps what a server writes to stderr, and gives back the place for how it ended.
    pub(crate) fn keep_server(&self, line: String, stderr: &Output) -> Rc<Cell<Option<ExitStatus>>> {
        let status = Rc::default();
        self.started.borrow_mut().push(Started { line, stderr: stderr.clone(), status: Rc::clone(&status) });
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::failed;

    fn connection(record: &Record) -> Shared {
        let transcript = Rc::new(RefCell::new(Transcript::new(([127, 0, 0, 1], 1).into())));
        record.keep(&transcript);
        transcript
    }

    fn probe(record: &Record) -> Shared {
        let probe = connection(record);
        probe.borrow_mut().is_probe = true;
        probe
    }

    fn sends(transcript: &Shared, words: &str) {
        transcript.borrow_mut().note(words);
    }

    /// The notes on the connection before the last that is shown.
    fn before(record: &Record) -> Option<String> {
        record.said().before.map(|before| before.lines().join(" "))
    }

    #[test]
    fn the_connection_before_an_unanswered_probe_is_shown() {
        let record = Record::default();
        let garbage = connection(&record);
        sends(&garbage, "garbage");
        garbage.borrow_mut().is_over = true;
        let probe = probe(&record);
        assert!(before(&record).is_some_and(|words| words.ends_with("· garbage")));
        assert_eq!((record.said().transcripts.len(), record.said().earlier), (1, 0));
        probe.borrow_mut().received(b"HTTP/1.1 200 OK");
        assert_eq!((before(&record), record.said().earlier), (None, 1));
    }

    #[test]
    fn the_connection_before_is_shown_once() {
        let record = Record::default();
        let _still_open = connection(&record);
        let _probe = probe(&record);
        assert_eq!((before(&record), record.said().transcripts.len()), (None, 2));
    }

    #[test]
    fn what_is_pinned_is_shown_whatever_follows() {
        let program = Program::new(["true"]);
        let bench = Bench::new(&program);
        let first = connection(&bench.record);
        sends(&first, "first");
        first.borrow_mut().is_over = true;
        bench.record.pin();
        sends(&connection(&bench.record), "second");
        bench.record.pin();
        let shown = bench.evidence().transcripts;
        assert_eq!(shown.len(), 1);
        assert!(shown[0].lines().join(" ").ends_with("· first"));
    }

    thread_local! {
        static ATTEMPTS: Cell<usize> = const { Cell::new(0) };
    }

    /// An attempt that can be made once two others have failed to start.
    fn third_start(_: &Bench) -> Outcome {
        ATTEMPTS.set(ATTEMPTS.get() + 1);
        if ATTEMPTS.get() < 3 { Err(Stop::NotStarted("the port is taken".into())) } else { Ok(()) }
    }

    fn never_starts(_: &Bench) -> Outcome {
        ATTEMPTS.set(ATTEMPTS.get() + 1);
        Err(Stop::NotStarted("the port is taken".into()))
    }

    fn starts_and_fails(_: &Bench) -> Outcome {
        ATTEMPTS.set(ATTEMPTS.get() + 1);
        Err(failed("a right server", "a wrong one"))
    }

    #[test]
    fn a_second_start_is_tried_three_times_if_it_is_none() {
        let bench = Bench::new(&Program::new(["true"]));
        let after = |attempt| {
            ATTEMPTS.set(0);
            (bench.with_a_second_start(attempt), ATTEMPTS.get())
        };
        assert!(matches!(after(third_start), (Ok(()), 3)));
        assert!(matches!(after(never_starts), (Err(Stop::NotStarted(_)), 3)));
        assert!(matches!(after(starts_and_fails), (Err(Stop::Failed(_)), 1)), "a failure is final");
    }
}
