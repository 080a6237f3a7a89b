//! The accept loop: one client at a time, forever.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::TimeVal;

use crate::connection::{BUFFER, Connection, Received};
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
        let environ = Environ::new(listener.local_addr()?, false); // wsgi.multiprocess
        Ok(Server { knobs, application, environ, buffer: vec![0; BUFFER] })
    }

    /// Serves one client after another. What goes wrong with one is a line on stderr, and the next one is served.
    pub(crate) fn run(mut self, listener: TcpListener) -> Result<()> {
        loop {
            match listener.accept() {
                Ok((stream, peer)) => self.serve(stream, peer),
                // The timeout holds for accept too: nobody came.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => {
                    log::line(format_args!("accept failed: {error}"));
                    thread::sleep(REST);
                }
            }
        }
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

/// On Linux a connection inherits its timeouts from the listener: set here, they cost no system call for each.
fn set_timeouts(listener: &TcpListener, timeout: Duration) -> Result<()> {
    let timeout = TimeVal::new(timeout.as_secs() as i64, timeout.subsec_micros().into());
    setsockopt(listener, sockopt::ReceiveTimeout, &timeout)?;
    setsockopt(listener, sockopt::SendTimeout, &timeout)?;
    Ok(())
}
