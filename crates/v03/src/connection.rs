//! A connection: blocking reads and writes on one socket, up to a deadline.
//!
//! A timeout for each read would be no defence against a client that sends a byte a second. So the deadline is for the
//! whole request, and each read gets what is left of it. The first read has the listener's timeout, which the socket
//! was born with (see `server.rs`): a request that comes in one piece costs no further system call.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::libc::linger;
use nix::sys::socket::{MsgFlags, recv, send};
use nix::sys::socket::{setsockopt, sockopt};

use crate::http::parser::Parser;
use crate::http::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response;

/// The size of the buffer for one read, in bytes.
pub(crate) const BUFFER: usize = 8 * 1024;
/// A client has to take so many bytes of a response within TIMEOUT: 6.5 kB a second, if that is 10 s.
const PIECE: usize = 64 * 1024;
/// By how much a write may end before its timeout, which the kernel counts in ticks of its clock.
const TICK: Duration = Duration::from_millis(10);
/// How many reads may follow the deadline, for what had arrived by then: 32 MiB, which is as much as the kernel usually holds
/// at the most (tcp_rmem, tcp(7)).
const LATE_READS: usize = 4096;
/// How long a client may go on sending after the response, before the connection is closed.
const LINGER: Duration = Duration::from_secs(1);

const TOO_SLOW: Refusal =
    Refusal { status: "408 Request Timeout", reason: "the request did not come within the time limit" };
const TOO_SHORT: Refusal = Refusal::malformed("the connection ended before the request was complete");

pub(crate) struct Connection<'a> {
    stream: TcpStream,
    buffer: &'a mut [u8],
    parser: Parser,
    timeout: Duration,
    /// When the request must have come.
    deadline: Instant,
    has_read: bool,
    late_reads: usize,
    /// Whether to linger before the close.
    lingers: bool,
}

/// What a client sent.
pub(crate) enum Received {
    Request(Request),
    Refused(Refusal),
    /// It left without a word.
    Nothing,
}

impl<'a> Connection<'a> {
    pub(crate) fn new(stream: TcpStream, buffer: &'a mut [u8], timeout: Duration) -> Connection<'a> {
        let deadline = Instant::now() + timeout;
        Connection {
            stream,
            buffer,
            parser: Parser::default(),
            timeout,
            deadline,
            has_read: false,
            late_reads: 0,
            lingers: false,
        }
    }

    /// Reads until the request is complete, refused, or late. An error means that the connection is lost.
    pub(crate) fn receive(&mut self) -> io::Result<Received> {
        loop {
            match self.parser.next() {
                Ok(Some(request)) => {
                    self.lingers = request.persists(); // The client's next request may be on its way.
                    return Ok(Received::Request(mem::take(request)));
                }
                Ok(None) => {}
                Err(refusal) => return Ok(Received::Refused(refusal)),
            }
            if self.parser.take_continue() {
                self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            match self.read() {
                Ok(0) if self.parser.is_midway() => return Ok(Received::Refused(TOO_SHORT)),
                Ok(0) => return Ok(Received::Nothing),
                Ok(count) => self.parser.feed(self.buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Received::Refused(TOO_SLOW)),
                Err(error) => return Err(error),
            }
        }
    }

    /// The request line as far as it came, for the log.
    pub(crate) fn line(&self) -> &[u8] {
        self.parser.line()
    }

    /// Sends `bytes`. A client that takes them too slowly is an error.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(PIECE) {
            let deadline = Instant::now() + self.timeout;
            let mut rest = piece;
            while !rest.is_empty() {
                // It takes less than all when the listener's timeout has passed, or when the process was stopped.
                let count = match self.stream.write(rest) {
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
                    result => result?,
                };
                rest = rest.get(count..).unwrap_or_default();
                // It waits for a third of the kernel's buffer to be free. The client may have taken a piece before.
                if !rest.is_empty() && Instant::now() + TICK > deadline {
                    let count = send(self.stream.as_raw_fd(), rest, MsgFlags::MSG_DONTWAIT).unwrap_or(0);
                    rest = rest.get(count..).filter(|rest| rest.is_empty()).ok_or(ErrorKind::TimedOut)?;
                }
            }
        }
        self.lingers |= bytes.len() > PIECE;
        Ok(())
    }

    /// Sends the answer to a request that is refused. Gives back the number of bytes of its body.
    pub(crate) fn refuse(&mut self, refusal: Refusal) -> Result<u64> {
        let (answer, count) = response::refusal(refusal, self.line().starts_with(b"HEAD "))?;
        self.send(&answer)?;
        self.lingers = true;
        Ok(count)
    }

    /// Closes. Where bytes of the client may be on their way still, closing at once would reset the connection, and
    /// the reset would overtake the answer, the more easily the longer that is (RFC 9112 9.6).
    pub(crate) fn close(mut self) {
        if self.lingers || self.parser.is_midway() {
            self.linger();
        }
    }

    /// Closes with a reset, so that the client can tell that the response is not complete, however its end is told.
    pub(crate) fn cut(self) -> Result<()> {
        setsockopt(&self.stream, sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 })?;
        Ok(())
    }

    /// Ends the writing side, then reads on for a short while, so that the client can read the answer in peace.
    fn linger(&mut self) {
        self.deadline = Instant::now() + LINGER;
        self.has_read = true;
        let ended = self.stream.shutdown(Shutdown::Write);
        while ended.is_ok() && self.read().is_ok_and(|count| count > 0) {}
    }

    /// One read, up to the deadline: `WouldBlock` when that has passed and all that had arrived by then has been read.
    fn read(&mut self) -> io::Result<usize> {
        loop {
            if self.has_read {
                let left = self.deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return self.read_late();
                }
                self.stream.set_read_timeout(Some(left))?;
            }
            self.has_read = true;
            match self.stream.read(self.buffer) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                result => return result,
            }
        }
    }

    /// One read that does not wait. What it finds may have come in time, while this process was stopped (SIGSTOP).
    fn read_late(&mut self) -> io::Result<usize> {
        self.late_reads += 1;
        if self.late_reads > LATE_READS {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(recv(self.stream.as_raw_fd(), self.buffer, MsgFlags::MSG_DONTWAIT)?)
    }
}
