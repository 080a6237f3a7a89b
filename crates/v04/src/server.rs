//! The accept loop: a child process for each connection.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::TimeVal;
use nix::unistd::{ForkResult, fork};

use crate::app;
use crate::connection::{BUFFER, Connection, Received};
use crate::http::parser::Parser;
use crate::knobs::Knobs;
use crate::log;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{self, Application};

/// How long the server rests when accept fails, for lack of descriptors for example, so as not to burn the processor.
const REST: Duration = Duration::from_millis(100);

pub(crate) struct Server<'a> {
    knobs: &'a Knobs,
    application: &'a dyn Application,
    /// For the requests of all connections, one after another.
    environ: Environ,
    /// For the reads of all connections, one after another.
    buffer: Vec<u8>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(
        listener: &TcpListener,
        knobs: &'a Knobs,
        application: &'a dyn Application,
    ) -> Result<Server<'a>> {
        set_timeouts(listener, knobs.timeout)?;
        let address = listener.local_addr()?;
        let mut environ = Environ::new(address, true); // wsgi.multiprocess
        warm_up(&mut environ, address)?;
        Ok(Server { knobs, application, environ, buffer: vec![0; BUFFER] })
    }

    /// Accepts one client after another. What goes wrong with one is a line on stderr, and the next one is served.
    pub(crate) fn run(self, listener: TcpListener) -> Result<()> {
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
                // The timeout holds for accept too: nobody came.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => {
                    log::line(format_args!("accept failed: {error}"));
                    thread::sleep(REST);
                }
            }
        }
    }

    /// The child's whole life. It never returns (`!`), so it may take the server and the listener out of their loop. A
    /// panic is caught: it would leave through `main`. And the child leaves by _exit(2): what the server had in its
    /// buffers at the fork is the server's to write.
    fn child(mut self, listener: TcpListener, stream: TcpStream, peer: SocketAddr) -> ! {
        drop(listener); // Closes the child's copy: the port is free when the server is gone.
        let served = panic::catch_unwind(AssertUnwindSafe(|| self.serve(stream, peer)));
        // SAFETY: _exit ends the process; no code of this program runs after it.
        unsafe { libc::_exit(i32::from(served.is_err())) }
    }

    fn serve(&mut self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = self.exchange(stream, peer) {
            log::line(format_args!("{peer} connection lost: {error:#}"));
        }
    }

    /// One connection: a request, a response.
    fn exchange(&mut self, stream: TcpStream, peer: SocketAddr) -> Result<()> {
        let mut connection = Connection::new(stream, &mut self.buffer, self.knobs.timeout);
        match connection.receive()? {
            Received::Request(mut request) => {
                self.environ.fill(&mut request, peer);
                let mut send = |bytes: &[u8]| connection.send(bytes).context("connection lost");
                let outcome = gateway::run(self.application, &mut self.environ, &mut send);
                if let Some(error) = outcome.error {
                    log::line(format_args!("{peer} {error:#}"));
                }
                if self.knobs.log {
                    log::request(peer, self.environ.request.line(), outcome.status, outcome.count);
                }
                if !outcome.complete {
                    return connection.cut();
                }
            }
            Received::Refused(refusal) => {
                let count = connection.refuse(refusal)?;
                if self.knobs.log {
                    log::request(peer, connection.line(), refusal.status, count);
                }
            }
            Received::Nothing => {}
        }
        connection.close();
        Ok(())
    }
}

/// Serves a request of its own, without a connection, to spare every child what is enough once before the fork:
/// httparse asks the processor what it can do, which is slow in a virtual machine, and buffers find their size.
fn warm_up(environ: &mut Environ, address: SocketAddr) -> Result<()> {
    let mut parser = Parser::default();
    parser.feed(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8888\r\nConnection: close\r\n\r\n");
    if let Ok(Some(request)) = parser.next() {
        environ.fill(request, address);
        gateway::run(app::find("hello")?, environ, &mut |_| Ok(()));
    }
    Ok(())
}

/// On Linux a connection inherits its timeouts from the listener: set here, they cost no system call for each.
fn set_timeouts(listener: &TcpListener, timeout: Duration) -> Result<()> {
    let timeout = TimeVal::new(timeout.as_secs() as i64, timeout.subsec_micros().into());
    setsockopt(listener, sockopt::ReceiveTimeout, &timeout)?;
    setsockopt(listener, sockopt::SendTimeout, &timeout)?;
    Ok(())
}
