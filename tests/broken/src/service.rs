//! What a child does with its connection: a request, a response, a line in the log.

use std::fmt::Display;
use std::io::{self, Write};
use std::mem;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use broken::fault;

use crate::connection::{Connection, Received, TOO_SHORT};
use crate::knobs::Knobs;
use crate::log;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{self, Application};

pub(crate) struct Service<'a> {
    application: &'a dyn Application,
    address: SocketAddr,
    knobs: &'a Knobs,
    /// The fields of the request before.
    before: Vec<u8>,
}

/// How a connection ended for the server.
pub(crate) enum End {
    Well,
    /// The server ends too.
    Deadly,
}

impl<'a> Service<'a> {
    pub(crate) fn new(application: &'a dyn Application, address: SocketAddr, knobs: &'a Knobs) -> Service<'a> {
        Service { application, address, knobs, before: Vec::new() }
    }

    pub(crate) fn serve(&mut self, stream: TcpStream, peer: SocketAddr) -> End {
        let mut connection = Connection::new(stream, self.knobs.timeout, mem::take(&mut self.before));
        let received = match connection.receive() {
            Ok(received) => received,
            Err(error) => {
                log::line(format_args!("{peer} connection lost: {error:#}"));
                return deadly(fault::dies_of_a_reset() || fault::ends_all_with_a_dead_client());
            }
        };
        let is_deadly = match &received {
            Received::Nothing => fault::dies_of_silence(),
            Received::Refused(refusal) => fault::dies_of_half_a_request() && *refusal == TOO_SHORT,
            Received::Request(_) => false,
        } || fault::dies_of_bytes() && !connection.incoming().is_text();
        if is_deadly {
            return End::Deadly;
        }
        if fault::remembers_the_request_before() {
            self.before = connection.incoming().leak();
        }
        match self.answer(connection, received, peer) {
            Ok(end) => end,
            Err(error) => {
                log::line(format_args!("{peer} connection lost: {error:#}"));
                deadly(fault::dies_of_an_unread_answer())
            }
        }
    }

    fn answer(&mut self, mut connection: Connection, received: Received, peer: SocketAddr) -> Result<End> {
        match received {
            Received::Request(mut request) => {
                if fault::takes_a_body_for_text() {
                    request.body = String::from_utf8_lossy(&request.body).into_owned().into_bytes();
                }
                let client = SocketAddr::new(peer.ip(), if fault::shows_no_client_port() { 0 } else { peer.port() });
                let mut environ = Environ::new(request, client, self.address, !fault::hides_other_processes());
                let mut is_lost = false;
                let mut send = |bytes: &[u8]| {
                    let sent = connection.send(bytes);
                    is_lost |= sent.is_err();
                    sent.context("connection lost")
                };
                let outcome = gateway::run(self.application, &mut environ, &mut send);
                if outcome.error.is_some() && fault::ends_all_with_a_panic() {
                    return Ok(End::Deadly);
                }
                if let Some(error) = outcome.error.as_ref().filter(|_| !fault::keeps_silent_about_failures()) {
                    log::line(format_args!("{peer} {error:#}"));
                }
                self.log(peer, &environ.request.line, outcome.status, outcome.count);
                if is_lost && fault::dies_of_an_unread_answer() {
                    return outcome.error.map_or(Ok(End::Well), Err);
                }
                if !outcome.complete {
                    return connection.cut().map(|()| End::Well);
                }
            }
            Received::Refused(refusal) => {
                let count = connection.refuse(refusal)?;
                self.log(peer, connection.line(), refusal.status, count);
            }
            Received::Nothing => {}
        }
        connection.close()?;
        Ok(End::Well)
    }

    fn log(&self, peer: SocketAddr, line: &[u8], status: impl Display, count: u64) {
        if !self.knobs.log && !fault::logs_always() {
            return;
        }
        let status = if fault::logs_no_status() { "-".to_owned() } else { format!("{status:.3}") };
        for _ in 0..if fault::logs_twice() { 2 } else { 1 } {
            if fault::shreds_its_lines() {
                let shown = String::from_utf8_lossy(line);
                let _ = io::stderr().write_all(format!("{peer} \"{shown}").as_bytes());
                thread::sleep(Duration::from_millis(20)); // Long enough for another process to write.
                log::line(format_args!("\" {status} {count}"));
                continue;
            }
            log::request(peer, line, &status, count);
        }
    }
}

fn deadly(is_deadly: bool) -> End {
    if is_deadly { End::Deadly } else { End::Well }
}
