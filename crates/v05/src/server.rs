//! The accept loop: a child process for each connection, up to a limit. None of them is left behind.

use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::libc;
use nix::sys::prctl;
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::app;
use crate::children;
use crate::connection::{Connection, Received};
use crate::groups;
use crate::http::parser::Parser;
use crate::http::refusal::Refusal;
use crate::http::response;
use crate::knobs::Knobs;
use crate::log;
use crate::signals::Signals;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{self, Application};

/// How long the server rests when accept fails, for lack of descriptors for example, so that it doesn't keep a core busy.
const REST: Duration = Duration::from_millis(100);

const NO_PROCESS: Refusal =
    Refusal { status: "503 Service Unavailable", reason: "the server has no process to spare; try again later" };

pub(crate) struct Server<'a> {
    address: SocketAddr,
    knobs: &'a Knobs,
    application: &'a dyn Application,
    signals: Signals,
    /// Those that serve a connection.
    children: HashSet<Pid>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(address: SocketAddr, knobs: &'a Knobs, application: &'a dyn Application) -> Result<Server<'a>> {
        prctl::set_child_subreaper(true)?; // Orphans below the server become its children.
        let (signals, children) = (Signals::new()?, HashSet::new());
        let server = Server { address, knobs, application, signals, children };
        server.warm_up()?;
        Ok(server)
    }

    /// Serves a request of its own, without a connection, so that each child is spared what is enough once before the fork:
    /// httparse asks the processor what it can do, which is slow in a virtual machine, and much is touched for the first time.
    fn warm_up(&self) -> Result<()> {
        let mut parser = Parser::default();
        parser.feed(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if let Ok(Some(request)) = parser.next() {
            let mut environ = Environ::new(request, self.address, self.address, true);
            gateway::run(app::find("hello")?, &mut environ, &mut |_| Ok(()));
        }
        Ok(())
    }

    /// Accepts one client after another, until SIGTERM or SIGINT. If one fails, that is a line on stderr, and the next one is
    /// served.
    pub(crate) fn run(mut self, listener: TcpListener) -> Result<()> {
        // If a client leaves between poll and accept, a blocking accept would wait for the next one, and not for signals.
        listener.set_nonblocking(true)?;
        let server = getpid();
        while !self.signals.take_stop() {
            // At the limit, clients wait in the listener's queue.
            let accepts = self.children.len() < self.knobs.max_children;
            if !self.wait(accepts.then_some(&listener), None)? {
                continue;
            }
            match listener.accept() {
                Ok((stream, peer)) => {
                    // SAFETY: this process has one thread, so nothing is left half done for the child (fork(2)).
                    match unsafe { fork() } {
                        Ok(ForkResult::Child) => self.child(listener, stream, peer, server),
                        // Closes the server's copy: the client sees the end once the child's is closed too.
                        Ok(ForkResult::Parent { child }) => {
                            self.children.insert(child);
                            drop(stream);
                        }
                        Err(error) => {
                            log::line(format_args!("{peer} fork failed: {error}"));
                            self.turn_away(stream)?;
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => {
                    log::line(format_args!("accept failed: {error}"));
                    self.wait(None, Some(REST))?;
                }
            }
        }
        drop(listener); // Clients that wait in its queue are turned away.
        self.finish()
    }

    /// Lets running requests finish, up to GRACE or to another signal, then ends what is left.
    fn finish(mut self) -> Result<()> {
        let deadline = Instant::now() + self.knobs.grace;
        while !self.children.is_empty() && Instant::now() < deadline && !self.signals.take_stop() {
            self.wait(None, Some(deadline.saturating_duration_since(Instant::now())))?;
        }
        groups::end_all();
        Ok(())
    }

    /// `Signals::wait`. Each time the server wakes up, it reaps.
    fn wait(&mut self, listener: Option<&TcpListener>, timeout: Option<Duration>) -> Result<bool> {
        let has_client = self.signals.wait(listener, timeout)?;
        children::reap(&mut self.children);
        Ok(has_client)
    }

    /// Answers 503, without waiting for the client; then rests, because the shortage may soon be over. The request is read
    /// before the close, which would otherwise be a reset, and a reset can overtake the answer.
    fn turn_away(&mut self, mut stream: TcpStream) -> Result<()> {
        let (answer, _) = response::refusal(NO_PROCESS, false)?;
        stream.set_nonblocking(true)?;
        let _ = stream.write(&answer);
        let _ = stream.shutdown(Shutdown::Write);
        self.wait(None, Some(REST))?;
        let _ = stream.read(&mut [0; 8 * 1024]);
        Ok(())
    }

    /// The child's whole life. It never returns (`!`), so it may take the listener out of the loop. A panic is caught: it
    /// would leave through `main`. And the child leaves by _exit(2): what the server had in its buffers at the fork is the
    /// server's to write.
    fn child(&self, listener: TcpListener, stream: TcpStream, peer: SocketAddr, server: Pid) -> ! {
        drop(listener); // Closes the child's copy: the port is free when the server is gone.
        let served = panic::catch_unwind(AssertUnwindSafe(|| {
            if let Err(error) = groups::become_child(server) {
                return log::line(format_args!("{peer} the child can't start: {error}"));
            }
            if let Err(error) = self.serve(stream, peer) {
                log::line(format_args!("{peer} connection lost: {error:#}"));
            }
        }));
        groups::end_started(server);
        // SAFETY: _exit ends the process; no code of this program runs after it.
        unsafe { libc::_exit(i32::from(served.is_err())) }
    }

    /// One connection: a request, a response.
    fn serve(&self, stream: TcpStream, peer: SocketAddr) -> Result<()> {
        let mut connection = Connection::new(stream, self.knobs.timeout);
        let request = match connection.receive()? {
            Received::Request(request) => request,
            Received::Refused(refusal) => return self.refuse(connection, peer, refusal),
            Received::Nothing => return Ok(()),
        };
        let mut environ = Environ::new(request, peer, self.address, true); // wsgi.multiprocess
        let mut send = |bytes: &[u8]| connection.send(bytes).context("connection lost");
        let outcome = gateway::run(self.application, &mut environ, &mut send);
        if let Some(error) = outcome.error {
            log::line(format_args!("{peer} {error:#}"));
        }
        if self.knobs.log {
            log::request(peer, &environ.request.line, outcome.status, outcome.count);
        }
        if !outcome.complete {
            return connection.cut();
        }
        connection.close();
        Ok(())
    }

    fn refuse(&self, mut connection: Connection, peer: SocketAddr, refusal: Refusal) -> Result<()> {
        let (response, count) = response::refusal(refusal, connection.line().starts_with(b"HEAD "))?;
        connection.send(&response)?;
        if self.knobs.log {
            log::request(peer, connection.line(), refusal.status, count);
        }
        connection.close();
        Ok(())
    }
}
