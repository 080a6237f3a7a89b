//! The accept loop: one client at a time, forever.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::connection::{Connection, Received};
use crate::http::refusal::Refusal;
use crate::http::response;
use crate::knobs::Knobs;
use crate::log;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{self, Application};

/// How long the server rests when accept fails, for lack of descriptors for example, so that it doesn't keep a core busy.
const REST: Duration = Duration::from_millis(100);

pub(crate) struct Server<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) knobs: &'a Knobs,
    pub(crate) application: &'a dyn Application,
}

impl Server<'_> {
    /// Serves one client after another. If one fails, that is a line on stderr, and the next one is served.
    pub(crate) fn run(&self, listener: &TcpListener) -> ! {
        loop {
            match listener.accept() {
                Ok((stream, peer)) => {
                    if let Err(error) = self.serve(stream, peer) {
                        log::line(format_args!("{peer} connection lost: {error:#}"));
                    }
                }
                Err(error) => {
                    log::line(format_args!("accept failed: {error}"));
                    thread::sleep(REST);
                }
            }
        }
    }

    /// One connection: a request, a response.
    fn serve(&self, stream: TcpStream, peer: SocketAddr) -> Result<()> {
        let mut connection = Connection::new(stream, self.knobs.timeout);
        let request = match connection.receive()? {
            Received::Request(request) => request,
            Received::Refused(refusal) => return self.refuse(connection, peer, refusal),
            Received::Nothing => return Ok(()),
        };
        let mut environ = Environ::new(request, peer, self.address, false); // wsgi.multiprocess
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
