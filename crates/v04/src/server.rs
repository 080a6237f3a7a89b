//! The accept loop: a child process for each connection.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::libc;
use nix::unistd::{ForkResult, fork};

use crate::app;
use crate::connection::{Connection, Received};
use crate::http::parser::Parser;
use crate::http::refusal::Refusal;
use crate::http::response;
use crate::knobs::Knobs;
use crate::log;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{self, Application};

/// How long the server rests when accept fails, for lack of descriptors for example, so that it doesn't keep a core busy.
const REST: Duration = Duration::from_millis(100);

pub(crate) struct Server<'a> {
    address: SocketAddr,
    knobs: &'a Knobs,
    application: &'a dyn Application,
}

impl<'a> Server<'a> {
    pub(crate) fn new(address: SocketAddr, knobs: &'a Knobs, application: &'a dyn Application) -> Result<Server<'a>> {
        let server = Server { address, knobs, application };
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

    /// Accepts one client after another. If one fails, that is a line on stderr, and the next one is served.
    pub(crate) fn run(&self, listener: TcpListener) -> ! {
        loop {
            match listener.accept() {
                Ok((stream, peer)) => {
                    // SAFETY: this process has one thread, so nothing is left half done for the child (fork(2)).
                    match unsafe { fork() } {
                        Ok(ForkResult::Child) => self.child(listener, stream, peer),
                        // Closes the server's copy: the client sees the end once the child's is closed too.
                        Ok(ForkResult::Parent { .. }) => drop(stream),
                        Err(error) => log::line(format_args!("{peer} fork failed: {error}")),
                    }
                }
                Err(error) => {
                    log::line(format_args!("accept failed: {error}"));
                    thread::sleep(REST);
                }
            }
        }
    }

    /// The child's whole life. It never returns (`!`), so it may take the listener out of the loop. A panic is caught: it
    /// would leave through `main`. And the child leaves by _exit(2): what the server had in its buffers at the fork is the
    /// server's to write.
    fn child(&self, listener: TcpListener, stream: TcpStream, peer: SocketAddr) -> ! {
        drop(listener); // Closes the child's copy: the port is free when the server is gone.
        let served = panic::catch_unwind(AssertUnwindSafe(|| {
            if let Err(error) = self.serve(stream, peer) {
                log::line(format_args!("{peer} connection lost: {error:#}"));
            }
        }));
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
