//! The accept loop as in v05, and what can be wrong with it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::panic::{self, AssertUnwindSafe};
use std::process;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use broken::fault;
use nix::libc;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, Pid, close, fork, getpid};

use crate::children::{self, Children, DEADLY};
use crate::http::refusal::Refusal;
use crate::http::response;
use crate::knobs::Knobs;
use crate::log;
use crate::service::{End, Service};
use crate::signals::Signals;
use crate::start;
use crate::wsgi::gateway::Application;

const REST: Duration = Duration::from_millis(100);
const NO_PROCESS: Refusal =
    Refusal { status: "503 Service Unavailable", reason: "no process can be had at the moment; try again later" };

pub(crate) struct Server<'a> {
    service: Service<'a>,
    knobs: &'a Knobs,
    signals: Signals,
    children: Children,
    is_without_stdin: bool,
    /// Copies of connections that should be closed.
    kept: Vec<TcpStream>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(
        listener: &TcpListener,
        knobs: &'a Knobs,
        application: &'a dyn Application,
    ) -> Result<Server<'a>> {
        let service = Service::new(application, listener.local_addr()?, knobs);
        let mask = SigSet::thread_get_mask()?;
        let (signals, children) = (Signals::new()?, Children::new()?);
        if fault::keeps_its_signal_mask() {
            mask.thread_set_mask()?;
        }
        if fault::leaves_signals_to_their_default() {
            for stop in [Signal::SIGTERM, Signal::SIGINT] {
                // SAFETY: the default action runs no code of this program.
                unsafe { signal(stop, SigHandler::SigDfl) }?;
            }
        }
        for (is_ignored, signal) in
            [(fault::ignores_sigterm(), Signal::SIGTERM), (fault::ignores_sigint(), Signal::SIGINT)]
        {
            if is_ignored {
                SigSet::from(signal).thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
            }
        }
        Ok(Server { service, knobs, signals, children, is_without_stdin: start::is_without_stdin()?, kept: Vec::new() })
    }

    pub(crate) fn run(mut self, listener: TcpListener) -> Result<()> {
        listener.set_nonblocking(true)?;
        let server = getpid();
        while !self.signals.take_stop() {
            let accepting = self.children.count() < self.knobs.max_children || self.takes_all();
            let has_client = self.signals.wait(accepting.then_some(&listener), None)?;
            self.children.reap();
            if !has_client {
                continue;
            }
            if fault::ends_with_its_stdout() && start::stdout_is_closed()? {
                bail!("nobody reads stdout");
            }
            self.accept(&listener, server)?;
            if fault::serves_one_client() {
                break;
            }
        }
        let kept = fault::listens_while_it_stops().then_some(listener);
        self.finish()?;
        drop(kept);
        if fault::stops_with_1() {
            bail!("it has stopped");
        }
        Ok(())
    }

    /// Whether it accepts clients above the limit.
    fn takes_all(&self) -> bool {
        fault::ignores_its_limit() || fault::turns_away_above_its_limit()
    }

    fn accept(&mut self, listener: &TcpListener, server: Pid) -> Result<()> {
        match listener.accept() {
            Ok((stream, peer)) if fault::remembers_the_request_before() => {
                self.service.serve(stream, peer);
            }
            Ok((stream, _)) if self.has_enough() => self.turn_away(stream)?,
            Ok((stream, peer)) => {
                // SAFETY: this process has one thread, so nothing is left half done for the child (fork(2)).
                match unsafe { fork() } {
                    Ok(ForkResult::Child) => self.child(listener, stream, peer, server),
                    Ok(ForkResult::Parent { child }) => {
                        self.children.add(child);
                        self.watch(child);
                        if fault::keeps_its_copy() {
                            self.kept.push(stream);
                        }
                        if fault::loses_one_of_two() {
                            drop(listener.accept());
                        }
                    }
                    Err(error) if fault::ends_without_processes() => bail!("fork failed: {error}"),
                    Err(error) => {
                        log::line(format_args!("{peer} fork failed: {error}"));
                        self.turn_away(stream)?;
                    }
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) if fault::ends_without_descriptors() => bail!("accept failed: {error}"),
            Err(error) => {
                let mask = if fault::is_deaf_while_it_writes() {
                    Some(SigSet::all().thread_swap_mask(SigmaskHow::SIG_BLOCK)?)
                } else {
                    None
                };
                log::line(format_args!("accept failed: {error}"));
                if let Some(mask) = mask {
                    mask.thread_set_mask()?;
                }
                if !fault::does_not_rest() {
                    self.rest()?;
                }
            }
        }
        Ok(())
    }

    fn has_enough(&self) -> bool {
        fault::turns_away_above_its_limit() && self.children.count() >= self.knobs.max_children
            || fault::turns_away_the_thirty_third() && self.children.count() >= 32
    }

    fn finish(&mut self) -> Result<()> {
        let grace = if fault::grants_any_grace() { Duration::from_secs(3600) } else { self.knobs.grace };
        let deadline = Instant::now() + grace;
        while self.children.count() > 0 && !fault::finishes_nothing() {
            if self.signals.take_stop() && !fault::ignores_a_second_signal() {
                break;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.signals.wait(None, Some(left))?;
            self.children.reap();
        }
        self.children.end_all();
        Ok(())
    }

    /// With a fault that asks for it: waits for the child, and ends with it if it takes the server along.
    fn watch(&self, child: Pid) {
        let deadly = [
            fault::dies_of_silence(),
            fault::dies_of_a_reset(),
            fault::dies_of_half_a_request(),
            fault::dies_of_an_unread_answer(),
            fault::dies_of_bytes(),
        ];
        let waits = deadly.contains(&true) || fault::serves_one_after_another();
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        if waits && waitid(Id::Pid(child), look) == Ok(WaitStatus::Exited(child, DEADLY)) {
            process::exit(DEADLY);
        }
    }

    fn turn_away(&mut self, mut stream: TcpStream) -> Result<()> {
        let (answer, _) = response::refusal(NO_PROCESS, false)?;
        stream.set_nonblocking(true)?;
        let told = stream.write(&answer).and_then(|_| stream.shutdown(Shutdown::Write));
        self.rest()?;
        if told.is_ok() {
            let _ = stream.read(&mut [0; 8 * 1024]);
        }
        Ok(())
    }

    fn rest(&mut self) -> Result<()> {
        self.signals.wait(None, Some(REST))?;
        self.children.reap();
        Ok(())
    }

    fn child(&mut self, listener: &TcpListener, stream: TcpStream, peer: SocketAddr, server: Pid) -> ! {
        if !fault::keeps_the_listener() {
            let _ = close(listener.as_raw_fd());
        }
        let served = panic::catch_unwind(AssertUnwindSafe(|| {
            if let Err(error) = children::become_child(server) {
                log::line(format_args!("{peer} the child can't start: {error}"));
                return End::Well;
            }
            if fault::needs_stdin() && self.is_without_stdin { End::Well } else { self.service.serve(stream, peer) }
        }));
        if fault::announces_in_each_child() {
            let _ = start::announce("this server");
        }
        let code = match served {
            Ok(End::Well) => 0,
            Ok(End::Deadly) => DEADLY,
            Err(_) => 1,
        };
        children::end_started(server);
        // SAFETY: _exit ends the process; no code of this program runs after it.
        unsafe { libc::_exit(code) }
    }
}
