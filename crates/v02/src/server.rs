//! The accept loop: one client at a time, forever; and what the server answers.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use nix::sys::socket::{setsockopt, sockopt};
use nix::sys::time::TimeVal;

use crate::connection::{BUFFER, Connection, Received};
use crate::http::request::Request;
use crate::http::response::{Allowed, Response};
use crate::http::target::percent_decode;
use crate::knobs::Knobs;
use crate::log;

/// How long the server rests when accept fails, for lack of descriptors for example, so as not to burn the processor.
const REST: Duration = Duration::from_millis(100);

pub(crate) struct Server<'a> {
    knobs: &'a Knobs,
    /// For the reads of all connections, one after another.
    buffer: Vec<u8>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(listener: &TcpListener, knobs: &'a Knobs) -> Result<Server<'a>> {
        set_timeouts(listener, knobs.timeout)?;
        Ok(Server { knobs, buffer: vec![0; BUFFER] })
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
            Received::Request(request) => {
                let mut out = Vec::new();
                let (status, count) = answer(&request, &mut out)?;
                connection.send(&out)?;
                if self.knobs.log {
                    log::request(peer, request.line(), status, count);
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

/// What this version answers is built in: a greeting at `/`, and at `/echo` the body that was sent. Appends the
/// response to `out` and gives back its status and the number of bytes of its body.
fn answer(request: &Request, out: &mut Vec<u8>) -> Result<(&'static str, u64)> {
    let mut path = Vec::new();
    percent_decode(request.path_and_query().0, &mut path);
    let (methods, page): (&str, &[u8]) = match path.as_slice() {
        b"/" => ("GET, HEAD", b"Hello, World!"),
        b"/echo" => ("POST", &request.body),
        b"*" => ("GET, HEAD, POST", b""),
        _ => ("", b""),
    };
    let status = match request.method() {
        b"GET" | b"HEAD" | b"POST" | b"PUT" | b"PATCH" | b"DELETE" | b"OPTIONS" | b"TRACE" if methods.is_empty() => {
            "404 Not Found"
        }
        b"OPTIONS" => "204 No Content",
        method if methods.split(", ").any(|one| one.as_bytes() == method) => "200 OK",
        b"GET" | b"HEAD" | b"POST" | b"PUT" | b"PATCH" | b"DELETE" | b"TRACE" => "405 Method Not Allowed",
        _ => "501 Not Implemented",
    };
    let page = if status == "200 OK" { page } else { status.as_bytes() };

    let mut response = Response::new(status, out)?;
    response.field("Content-Type", "text/plain", out)?;
    if !methods.is_empty() && status != "200 OK" {
        response.field("Allow", methods, out)?;
    }
    let mut content = response.start(Allowed::by(request), Some(page.len() as u64), "close", out);
    content.block(page, out)?;
    content.end(out)?;
    Ok((status, content.count))
}
