//! A running server: started, spoken to, watched, and in the end killed with all its descendants.
//!
//! It is tied to the thread that started it: when that thread ends, the kernel kills it (PR_SET_PDEATHSIG, prctl(2)).
//! It can't be sent to another thread, for it holds an `Rc`.

mod family;
pub mod supervisor;

use std::cell::{Cell, RefCell};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, ChildStderr, ExitStatus};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::adapter::{Adapter, Launch};
use crate::bench::{Ended, Record};
use crate::case::{Outcome, failed, require};
use crate::client::{Client, LOOK};
use crate::guard;
use crate::output::Output;
use crate::problem::Problem;
use crate::proc::{self, Process};
use crate::program::Program;
use crate::response::Response;
use crate::transcript::abridged;
use family::Presence;

/// What stands in the announcement between the server's name and its address.
const ANNOUNCEMENT: &str = " listening on http://";

/// How many characters are shown of a line that is no announcement.
const SHOWN: usize = 160;

/// How long a server that clients found gone may take to be gone. It only bounds how much a report can tell.
const LAST_MOMENTS: Duration = Duration::from_millis(300);

/// A server that listens.
pub struct Server {
    process: Running,
    address: SocketAddr,
    record: Rc<Record>,
    adapter: Option<Arc<Adapter>>,
}

/// A process that was started, listening or not. Dropping it kills it.
struct Running {
    child: Child,
    mark: String,
    _presence: Presence,
    stdout: Output,
    stderr: Output,
    /// The reading end of a stderr that nobody reads: closed, it would make a write an error.
    _unread: Option<ChildStderr>,
    patience: Duration,
    /// What an adapter's program was started with.
    launch: Option<Launch>,
    /// For the report: how it ended, if it did so before it was killed here.
    status: Rc<Cell<Option<ExitStatus>>>,
}

impl Server {
    pub(crate) fn start(program: &Program, record: Rc<Record>) -> Result<Server, Problem> {
        if let Some(address) = program.fixed
            && proc::is_listening(address)
        {
            return Err(Problem::Taken(address));
        }
        let mut process = Running::spawn(program, &record)?;
        let address = process.wait_for_address(program.fixed, program.starts_within)?;
        if program.adapter().is_some() {
            process.wait_until_it_serves(address)?;
        }
        if program.stdout_dropped {
            process.waits_for_no_reader();
        }
        Ok(Server { process, address, record, adapter: program.adapter().cloned() })
    }

    /// Starts a program several times at once, and waits for each until it listens or has ended.
    pub(crate) fn start_at_once(program: &Program, count: usize, record: &Rc<Record>) -> Vec<Result<Server, Problem>> {
        let started: Vec<_> = (0..count).map(|_| Running::spawn(program, record)).collect();
        let wait = |process: Result<Running, Problem>| {
            let mut process = process?;
            let address = process.wait_for_address(None, program.starts_within)?;
            Ok(Server { process, address, record: Rc::clone(record), adapter: program.adapter().cloned() })
        };
        started.into_iter().map(wait).collect()
    }

    pub(crate) fn run(program: &Program, record: Rc<Record>) -> Outcome<Ended> {
        let mut process =
            Running::spawn(program, &record).map_err(|problem| failed("the program can be run", problem))?;
        let Some(status) = process.wait(program.patience) else {
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
        Ok(Client::connect(self.address, self.patience(), &self.record)?.adapted(&self.adapter))
    }

    /// Opens a connection on which the server can send only little more than its client has taken.
    pub fn connect_narrow(&self) -> Outcome<Client> {
        Ok(Client::connect_narrow(self.address, self.patience(), &self.record)?.adapted(&self.adapter))
    }

    /// Sends `request` on a connection of its own and reads the final response.
    pub fn exchange(&self, request: impl AsRef<[u8]>) -> Outcome<Response> {
        let mut client = self.connect()?;
        client.send(request)?;
        client.final_response()
    }

    /// `request` as a client would send it to this server, for a case that sends it in pieces.
    pub(crate) fn placed(&self, request: &[u8]) -> Outcome<Vec<u8>> {
        self.adapter.as_ref().map_or(Ok(request.to_vec()), |adapter| Ok(adapter.placed(request)?.into_owned()))
    }

    /// The path of its page that returns a request's body.
    pub(crate) fn echo(&self) -> Outcome<String> {
        let request = String::from_utf8_lossy(&self.placed(b"POST /echo HTTP/1.1")?).into_owned();
        Ok(request.split(' ').nth(1).unwrap_or_default().to_owned())
    }

    /// Sees that it answers another client. One that has TIMEOUT=1 can find a client of a busy machine too slow, and then
    /// one more is tried.
    pub fn serves_the_next(&self) -> Outcome {
        let mut response = self.probe()?;
        if response.status == 408 {
            response = self.probe()?;
        }
        require(response.status == 200, "the next client gets a 200", || {
            format!("{} {}", response.status, response.reason)
        })
    }

    fn probe(&self) -> Outcome<Response> {
        let mut client = self.connect()?;
        client.probes();
        client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        client.final_response()
    }

    /// Lets the report show the connections so far, whatever follows. Only the first call counts.
    pub(crate) fn pins_the_evidence(&self) {
        self.record.pin();
    }

    /// Sends it, the first process alone, a signal.
    pub fn signal(&self, signal: Signal) {
        let _ = kill(Pid::from_raw(self.pid()), signal); // It fails if the server has gone, which is what the case will find.
    }

    /// Waits for the end of its first process.
    pub fn ends(&mut self) -> Outcome<ExitStatus> {
        let came = format!("it still runs {} s later", self.patience().as_secs());
        self.process.wait(self.patience()).ok_or_else(|| failed("the server ends", came))
    }

    /// Whether somebody listens on its port.
    pub(crate) fn is_listening(&self) -> bool {
        proc::is_listening(self.address)
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

    /// The numbers of its processes but the first.
    pub fn others(&self) -> Vec<i32> {
        let others = self.processes().into_iter().filter(|process| process.pid != self.pid() && !process.is_zombie());
        others.map(|process| process.pid).collect()
    }

    /// Which of its processes holds this connection.
    pub(crate) fn holder(&self, client: &Client) -> Outcome<Option<i32>> {
        let pids: Vec<_> = self.processes().iter().map(|process| process.pid).collect();
        Ok(proc::holder(&pids, client.address()?, self.address))
    }

    /// How many bytes of memory its processes have in use together.
    pub(crate) fn memory(&self) -> u64 {
        self.processes().iter().map(|process| proc::memory(process.pid)).sum()
    }

    /// Looks at its processes until they are as `right` says; fails with the last look.
    pub fn wait_for_processes(&self, expected: &str, right: impl Fn(&[Process]) -> bool) -> Outcome<Vec<Process>> {
        let start = Instant::now();
        loop {
            let processes = self.processes();
            if right(&processes) {
                return Ok(processes);
            }
            if start.elapsed() > self.patience() {
                let one = |process: &Process| format!("{} {} {}", process.pid, process.state, process.name);
                let list = processes.iter().map(one).collect::<Vec<_>>().join(", ");
                let seconds = self.patience().as_secs();
                return Err(failed(expected, format!("{seconds} s later its processes are: {list}")));
            }
            proc::pause(start);
        }
    }
}

impl Drop for Server {
    /// A server that dies loses its clients first: the report is to tell how it ended.
    fn drop(&mut self) {
        if self.record.is_lost() {
            self.process.wait(LAST_MOMENTS);
        }
    }
}

impl Running {
    fn spawn(program: &Program, record: &Record) -> Result<Running, Problem> {
        let mark = guard::mark();
        let presence = Presence::new();
        let launch = program.launch().map_err(|error| Problem::not_run(program, &error))?;
        let mut command = program.command(launch.as_ref());
        command.env(guard::VARIABLE, &mark);
        let mut child = command.spawn().map_err(|error| Problem::not_run(program, &error))?;
        let stdout =
            child.stdout.take().map(|stream| Output::collect(stream, program.stdout_dropped)).unwrap_or_default();
        let unread = child.stderr.take_if(|_| program.stderr_full);
        let stderr = child.stderr.take().map(|stream| Output::collect(stream, false)).unwrap_or_default();
        let status = record.keep_server(program.line_of(launch.as_ref()), &stderr);
        let filled = unread.as_ref().map_or(Ok(()), fill);
        let patience = program.patience;
        let running =
            Running { child, mark, _presence: presence, stdout, stderr, _unread: unread, patience, launch, status };
        filled.map(|()| running).map_err(|error| Problem::not_run(program, &error))
    }

    fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Waits for the announcement, or with a fixed address until somebody listens there.
    fn wait_for_address(&mut self, fixed: Option<SocketAddr>, patience: Duration) -> Result<SocketAddr, Problem> {
        let fixed = self.launch.as_ref().map(|launch| launch.address).or(fixed);
        let deadline = Instant::now() + patience;
        loop {
            // A look now and then finds what stdout does not tell: an early end, and a fixed address in use.
            let text = self.stdout.wait(Duration::from_millis(20), |text| text.contains('\n'));
            let announced = text.split_once('\n').map(|(line, _)| address_in(line));
            match (fixed, announced) {
                (None, Some(announced)) => return announced,
                (Some(asked), _) if proc::is_listening(asked) => return Ok(asked),
                (Some(asked), Some(Ok(other))) if other.port() != asked.port() => {
                    return Err(Problem::Elsewhere { asked, port: other.port() });
                }
                _ => {}
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let stderr = self.stderr.wait(self.patience, |_| false);
                return Err(Problem::Ended { status, stderr });
            }
            if Instant::now() > deadline {
                let processes = proc::marked(&self.mark, self.pid());
                let ports: Vec<_> = processes.iter().flat_map(|process| proc::listening(process.pid)).collect();
                if let (Some(asked), Some(&port)) = (fixed, ports.first()) {
                    return Err(Problem::Elsewhere { asked, port });
                }
                return Err(Problem::Silent { patience, ports, stdout: text, stderr: self.stderr.text() });
            }
            thread::sleep(LOOK); // A stdout that has ended makes no pause.
        }
    }

    /// Waits until a program that announces nothing has answered a request, and its processes have come to rest.
    fn wait_until_it_serves(&mut self, address: SocketAddr) -> Result<(), Problem> {
        let answers = || {
            let answer = TcpStream::connect_timeout(&address, self.patience).and_then(|mut stream| {
                stream.set_read_timeout(Some(self.patience))?;
                stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
                stream.read(&mut [0; 1])
            });
            answer.is_ok_and(|count| count > 0)
        };
        let before = RefCell::new(None);
        let rest = || {
            let all = proc::marked(&self.mark, self.pid());
            let waiting = all.iter().all(|process| proc::is_waiting(process.pid));
            let pids = Some(all.iter().map(|process| process.pid).collect::<Vec<_>>());
            before.replace(pids.clone()) == pids && waiting
        };
        if proc::until(self.patience, answers) && proc::until(self.patience, rest) {
            return Ok(());
        }
        let stderr = self.stderr.text();
        match self.child.try_wait() {
            Ok(Some(status)) => Err(Problem::Ended { status, stderr }),
            _ => Err(Problem::ServesNot { address, patience: self.patience, stderr }),
        }
    }

    /// Waits until its stdout has no reader left. Programs that another thread is just starting have one for a moment.
    fn waits_for_no_reader(&self) {
        let stdout = OpenOptions::new().write(true).open(format!("/proc/{}/fd/1", self.pid()));
        let timeout = PollTimeout::try_from(self.patience).unwrap_or(PollTimeout::MAX);
        if let Ok(stdout) = stdout {
            let _ = poll(&mut [PollFd::new(stdout.as_fd(), PollFlags::empty())], timeout); // It reports POLLERR then.
        }
    }

    /// Waits for its end; None when it takes longer than `patience`.
    fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
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
    fn drop(&mut self) {
        self.status.set(self.child.try_wait().ok().flatten());
        family::end(&mut self.child, &self.mark);
    }
}

/// Fills the pipe that this is the reading end of. It is opened once more, so that the program's own end goes on waiting
/// for room.
fn fill(pipe: &ChildStderr) -> io::Result<()> {
    let itself = format!("/proc/self/fd/{}", pipe.as_raw_fd());
    let mut writer = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(itself)?;
    loop {
        match writer.write(&[b'\n'; 4096]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            written => written?,
        };
    }
}

/// The address in an announcement such as `v01 listening on http://127.0.0.1:41234`.
fn address_in(line: &str) -> Result<SocketAddr, Problem> {
    let shown = || abridged(line, SHOWN);
    let Some((_, rest)) = line.split_once(ANNOUNCEMENT) else { return Err(Problem::SomethingElse(shown())) };
    let host = rest.trim_end().trim_end_matches('/');
    let address = host.to_socket_addrs().ok().and_then(|mut all| all.next()).filter(|address| address.port() != 0);
    address.ok_or_else(|| Problem::BadAddress(shown()))
}

#[cfg(test)]
mod tests;
