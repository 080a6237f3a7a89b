//! A running server: started, spoken to, watched, and in the end killed with all its descendants.
//!
//! It is tied to the thread that started it: when that thread ends, the kernel kills it (PR_SET_PDEATHSIG, prctl(2)).
//! It can't be sent to another thread, for it holds an `Rc`.

use std::cell::Cell;
use std::net::{SocketAddr, ToSocketAddrs};
use std::process::{Child, ExitStatus};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::{Ended, Record};
use crate::case::{Outcome, failed, require};
use crate::client::{Client, LOOK};
use crate::guard;
use crate::output::Output;
use crate::problem::Problem;
use crate::proc::{self, Process};
use crate::program::Program;
use crate::response::Response;

/// What stands in the announcement between the server's name and its address.
const ANNOUNCEMENT: &str = " listening on http://";

/// A server that listens.
pub struct Server {
    process: Running,
    address: SocketAddr,
    record: Rc<Record>,
}

/// A process that was started, listening or not. Dropping it kills it.
struct Running {
    child: Child,
    mark: String,
    stdout: Output,
    stderr: Output,
    patience: Duration,
    /// For the report: how it ended, if it did so before it was killed here.
    status: Rc<Cell<Option<ExitStatus>>>,
}

impl Server {
    pub(crate) fn start(program: &Program, record: Rc<Record>) -> Result<Server, Problem> {
        if let Some(address) = program.fixed
            && proc::is_listening(address.port())
        {
            return Err(Problem::Taken(address));
        }
        let mut process = Running::spawn(program, &record)?;
        let address = process.wait_for_address(program.fixed)?;
        Ok(Server { process, address, record })
    }

    pub(crate) fn run(program: &Program, record: Rc<Record>) -> Outcome<Ended> {
        let mut process =
            Running::spawn(program, &record).map_err(|problem| failed("the program can be run", problem))?;
        let Some(status) = process.wait() else {
            let expected = format!("`{}` ends by itself", program.line());
            return Err(failed(expected, format!("it still runs {} s later", program.patience.as_secs())));
        };
        let text = |output: &Output| output.wait(program.patience, |_| false);
        Ok(Ended { status, stdout: text(&process.stdout), stderr: text(&process.stderr) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its first process.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// How long each of its steps may take.
    pub fn patience(&self) -> Duration {
        self.process.patience
    }

    /// Opens a connection.
    pub fn connect(&self) -> Outcome<Client> {
        Client::connect(self.address, self.patience(), &self.record)
    }

    /// Sends `request` on a connection of its own and reads the final response.
    pub fn exchange(&self, request: impl AsRef<[u8]>) -> Outcome<Response> {
        let mut client = self.connect()?;
        client.send(request)?;
        client.final_response()
    }

    /// Sees that it answers another client.
    pub fn serves_the_next(&self) -> Outcome {
        let response = self.exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        require(response.status == 200, "the next client gets a 200", || {
            format!("{} {}", response.status, response.reason)
        })
    }

    /// Sends it, the first process alone, a signal.
    pub fn signal(&self, signal: Signal) {
        let _ = kill(Pid::from_raw(self.pid()), signal); // It fails if the server has gone, which is what the case will find.
    }

    /// Waits for the end of its first process.
    pub fn ends(&mut self) -> Outcome<ExitStatus> {
        let came = format!("it still runs {} s later", self.patience().as_secs());
        self.process.wait().ok_or_else(|| failed("the server ends", came))
    }

    /// Whether its first process has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.child.try_wait(), Ok(None))
    }

    /// What it wrote to stdout.
    pub fn stdout(&self) -> &Output {
        &self.process.stdout
    }

    /// What it wrote to stderr.
    pub fn stderr(&self) -> &Output {
        &self.process.stderr
    }

    /// Its processes with all their descendants, also those that changed session or parent, and their zombies.
    pub fn processes(&self) -> Vec<Process> {
        proc::marked(&self.process.mark, self.pid())
    }

    /// Looks at its processes until they are as `right` says; fails with the last look.
    pub fn wait_for_processes(&self, expected: &str, right: impl Fn(&[Process]) -> bool) -> Outcome<Vec<Process>> {
        let deadline = Instant::now() + self.patience();
        loop {
            let processes = self.processes();
            if right(&processes) {
                return Ok(processes);
            }
            if Instant::now() > deadline {
                let one = |process: &Process| format!("{} {} {}", process.pid, process.state, process.name);
                let list = processes.iter().map(one).collect::<Vec<_>>().join(", ");
                let seconds = self.patience().as_secs();
                return Err(failed(expected, format!("{seconds} s later its processes are: {list}")));
            }
            thread::sleep(LOOK);
        }
    }
}

impl Running {
    fn spawn(program: &Program, record: &Record) -> Result<Running, Problem> {
        let mark = guard::mark();
        let mut command = program.command();
        let mut child =
            command.env(guard::VARIABLE, &mark).spawn().map_err(|error| Problem::not_run(program, &error))?;
        let stdout =
            child.stdout.take().map(|stream| Output::collect(stream, program.stdout_dropped)).unwrap_or_default();
        let stderr = child.stderr.take().map(|stream| Output::collect(stream, false)).unwrap_or_default();
        let status = record.keep_server(program.line(), &stderr);
        Ok(Running { child, mark, stdout, stderr, patience: program.patience, status })
    }

    fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Waits for the announcement, or with a fixed address until somebody listens there.
    fn wait_for_address(&mut self, fixed: Option<SocketAddr>) -> Result<SocketAddr, Problem> {
        let deadline = Instant::now() + self.patience;
        loop {
            // A look now and then finds what stdout does not tell: an early end, and a fixed address in use.
            let text = self.stdout.wait(Duration::from_millis(20), |text| text.contains('\n'));
            if let Some((line, _)) = text.split_once('\n') {
                return fixed.map_or_else(|| address_in(line), Ok);
            }
            if let Some(address) = fixed.filter(|address| proc::is_listening(address.port())) {
                return Ok(address);
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let stderr = self.stderr.wait(self.patience, |_| false);
                return Err(Problem::Ended { status, stderr });
            }
            if Instant::now() > deadline {
                let processes = proc::marked(&self.mark, self.pid());
                let ports = processes.iter().flat_map(|process| proc::listening(process.pid)).collect();
                return Err(Problem::Silent {
                    patience: self.patience,
                    ports,
                    stdout: text,
                    stderr: self.stderr.text(),
                });
            }
            thread::sleep(LOOK); // A stdout that has ended makes no pause.
        }
    }

    /// Waits for its end; None when it takes longer than the patience lasts.
    fn wait(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + self.patience;
        while Instant::now() < deadline {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(LOOK);
        }
        None
    }
}

impl Drop for Running {
    /// Kills until nothing with the mark is left: a process may fork while the others are being killed.
    fn drop(&mut self) {
        self.status.set(self.child.try_wait().ok().flatten());
        let _ = self.child.kill();
        let _ = self.child.wait();
        loop {
            let left = proc::marked(&self.mark, self.pid());
            let alive: Vec<_> = left.iter().filter(|process| !process.is_zombie()).collect();
            if alive.is_empty() {
                return;
            }
            for process in alive {
                let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL); // It may have gone since.
            }
        }
    }
}

/// The address in an announcement such as `v01 listening on http://127.0.0.1:41234`.
fn address_in(line: &str) -> Result<SocketAddr, Problem> {
    let Some((_, rest)) = line.split_once(ANNOUNCEMENT) else { return Err(Problem::SomethingElse(line.to_owned())) };
    let host = rest.trim_end().trim_end_matches('/');
    let address = host.to_socket_addrs().ok().and_then(|mut all| all.next()).filter(|address| address.port() != 0);
    address.ok_or_else(|| Problem::BadAddress(line.to_owned()))
}
