//! A connection: blocking reads and writes on one socket, each up to a deadline.
//!
//! A timeout for each read would not stop a client that sends a byte a second. So the deadline is for the whole request,
//! and each read gets the time that is left.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::libc::linger;
use nix::sys::socket::{setsockopt, sockopt};

use crate::http::parser::Parser;
use crate::http::refusal::Refusal;
use crate::http::request::Request;

/// A client has to accept this many bytes of a response within TIMEOUT: 6.5 kB a second, if that is 10 s.
const PIECE: usize = 64 * 1024;
/// How many reads may follow the deadline, for bytes that arrived before it: 32 MiB, about the most that the kernel holds
/// (tcp_rmem, tcp(7)).
const LATE_READS: usize = 4096;
/// How long a client may continue to send after the response, before the connection is closed.
const LINGER: Duration = Duration::from_secs(1);

const TOO_SLOW: Refusal =
    Refusal { status: "408 Request Timeout", reason: "the request did not arrive within the time limit" };
const TOO_SHORT: Refusal = Refusal::malformed("the connection ended before the request was complete");

pub(crate) struct Connection {
    stream: TcpStream,
    parser: Parser,
    timeout: Duration,
    /// When the request must have arrived.
    deadline: Instant,
    late_reads: usize,
    /// Whether to linger before the close.
    lingers: bool,
}

/// The result of reading from a client.
pub(crate) enum Received {
    Request(Request),
    Refused(Refusal),
    /// It left without sending anything.
    Nothing,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, timeout: Duration) -> Connection {
        let deadline = Instant::now() + timeout;
        Connection { stream, parser: Parser::default(), timeout, deadline, late_reads: 0, lingers: false }
    }

    /// Reads until the request is complete, refused, or late. An error means that the connection is lost.
    pub(crate) fn receive(&mut self) -> io::Result<Received> {
        let mut buffer = [0; 8 * 1024];
        loop {
            match self.parser.next() {
                Ok(Some(request)) => {
                    self.lingers = request.persists(); // The client's next request may be on its way.
                    return Ok(Received::Request(request));
                }
                Ok(None) => {}
                Err(refusal) => return Ok(Received::Refused(refusal)),
            }
            if self.parser.take_continue() {
                self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            match self.read(&mut buffer) {
                Ok(0) if self.parser.is_midway() => return Ok(Received::Refused(TOO_SHORT)),
                Ok(0) => return Ok(Received::Nothing),
                Ok(count) => self.parser.feed(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Received::Refused(TOO_SLOW)),
                Err(error) => return Err(error),
            }
        }
    }

    /// The part of the request line that has arrived, for the log.
    pub(crate) fn line(&self) -> &[u8] {
        self.parser.line()
    }

    /// Sends `bytes`. A client that accepts them too slowly is an error.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.lingers |= bytes.len() > PIECE;
        for piece in bytes.chunks(PIECE) {
            let deadline = Instant::now() + self.timeout;
            let mut rest = piece;
            while let Some(left) = time_left(deadline)
                && !rest.is_empty()
            {
                self.stream.set_write_timeout(Some(left))?;
                match self.stream.write(rest) {
                    Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                    Err(error) if is_timeout(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            // A write waits until a third of the kernel's buffer is free, so there may be room that none has used yet.
            if !rest.is_empty() && self.at_once(|mut stream| stream.write(rest)).unwrap_or(0) < rest.len() {
                return Err(ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    /// Closes. If the client may still be sending, it doesn't close at once: that would reset the connection, and the reset
    /// would overtake the response, the more easily the longer that is (RFC 9112 9.6).
    pub(crate) fn close(mut self) {
        if self.lingers || self.parser.is_midway() {
            self.deadline = Instant::now() + LINGER;
            let ended = self.stream.shutdown(Shutdown::Write);
            let mut buffer = [0; 8 * 1024];
            while ended.is_ok() && self.read(&mut buffer).is_ok_and(|count| count > 0) {}
        }
    }

    /// Closes with a reset, so that the client can see that the response is not complete, whatever marks its end.
    pub(crate) fn cut(self) -> Result<()> {
        setsockopt(&self.stream, sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 })?;
        Ok(())
    }

    /// One read, up to the deadline: `WouldBlock` after it, when all that arrived before it has been read.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(left) = time_left(self.deadline) {
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(buffer) {
                Err(error) if is_timeout(&error) => {}
                result => return result,
            }
        }
        // More may have arrived in time, while this process was stopped (SIGSTOP).
        self.late_reads += 1;
        if self.late_reads > LATE_READS {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.at_once(|mut stream| stream.read(buffer))
    }

    /// Reads or writes without waiting: `WouldBlock` if nothing is there, or no room.
    fn at_once(&self, transfer: impl FnOnce(&TcpStream) -> io::Result<usize>) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let result = transfer(&self.stream);
        self.stream.set_nonblocking(false)?;
        result
    }
}

/// The time until `deadline`; `None` after it.
fn time_left(deadline: Instant) -> Option<Duration> {
    Some(deadline.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
}

/// Whether a socket's timeout ended a read or write, or a signal did (EINTR).
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
