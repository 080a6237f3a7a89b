//! A connection as in v05, with what is distorted on the way in and out.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use broken::fault;
use nix::libc::linger;
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};

use crate::http::parser::Parser;
use crate::http::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response;
use crate::incoming::Incoming;
use crate::outgoing;

/// A client has to take so many bytes of a response within TIMEOUT.
const PIECE: usize = 64 * 1024;
/// By how much a write may end before its timeout.
const TICK: Duration = Duration::from_millis(10);
/// How long a client that is refused may go on sending before the connection is closed.
const LINGER: Duration = Duration::from_secs(1);

const TOO_SLOW: Refusal =
    Refusal { status: "408 Request Timeout", reason: "the request did not come within the time limit" };
pub(crate) const TOO_SHORT: Refusal = Refusal::malformed("the connection ended before the request was complete");

pub(crate) struct Connection {
    stream: TcpStream,
    incoming: Incoming,
    parser: Parser,
    timeout: Duration,
    deadline: Instant,
    /// What is not sent yet, though it should be.
    held_back: Vec<u8>,
    /// Whether to linger before the close.
    lingers: bool,
    /// How many reads may still follow the deadline.
    late_reads: usize,
}

/// What a client sent.
pub(crate) enum Received {
    Request(Request),
    Refused(Refusal),
    Nothing,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, timeout: Duration, leaked: Vec<u8>) -> Connection {
        let timeout = if fault::waits_for_ever() { Duration::from_secs(86_400) } else { timeout };
        let deadline = Instant::now() + timeout;
        let incoming = Incoming::with_leaked(leaked);
        // A timeout of some length is always taken.
        let _ = stream.set_write_timeout((!fault::sends_for_ever()).then_some(timeout));
        let held_back = Vec::new();
        let (parser, lingers, late_reads) = (Parser::default(), false, 1024);
        Connection { stream, incoming, parser, timeout, deadline, held_back, lingers, late_reads }
    }

    pub(crate) fn receive(&mut self) -> io::Result<Received> {
        let mut buffer = [0; 8 * 1024];
        loop {
            match self.parser.next() {
                Ok(Some(request)) => {
                    self.lingers = request.persists() && !fault::closes_though_more_has_come();
                    if fault::refuses_what_follows() && self.parser.is_midway() {
                        return Ok(Received::Refused(Refusal::malformed("more bytes follow")));
                    }
                    if fault::waits_for_the_end() && request.body.is_empty() {
                        while self.read(&mut buffer)? > 0 {}
                    }
                    return Ok(Received::Request(request));
                }
                Ok(None) if fault::reads_once() && self.incoming.pieces() > 0 => {
                    return Ok(Received::Refused(TOO_SHORT));
                }
                Ok(None) => {}
                Err(refusal) => return Ok(Received::Refused(refusal)),
            }
            let expects = self.parser.take_continue() && !fault::sends_no_100();
            if expects || fault::sends_100_to_all() && self.incoming.expects_continue() {
                self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            let read = self.read(&mut buffer);
            match read {
                Ok(0) if self.parser.is_midway() => return Ok(Received::Refused(TOO_SHORT)),
                Ok(0) => return Ok(Received::Nothing),
                Ok(count) => match self.incoming.take(buffer.get(..count).unwrap_or_default()) {
                    Ok(_) if self.is_large() => return Ok(Received::Refused(TOO_SLOW)),
                    Ok(bytes) => self.parser.feed(&bytes),
                    Err(refusal) => return Ok(Received::Refused(refusal)),
                },
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Received::Refused(TOO_SLOW)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether so much has come that a server with this fault gives up.
    fn is_large(&self) -> bool {
        fault::takes_a_large_body_for_a_slow_one() && self.incoming.count() > 1 << 20
    }

    pub(crate) fn line(&self) -> &[u8] {
        self.parser.line()
    }

    pub(crate) fn incoming(&self) -> &Incoming {
        &self.incoming
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if fault::cuts_what_fails() && bytes.starts_with(b"HTTP/1.1 500 ") {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        let bytes = outgoing::distorted(bytes, &self.incoming);
        if fault::holds_blocks_back() {
            self.held_back.extend(bytes);
            return Ok(());
        }
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.lingers |= bytes.len() > PIECE && !fault::closes_after_a_large_answer();
        if fault::times_each_write() {
            return self.stream.write_all(bytes);
        }
        for piece in bytes.chunks(PIECE) {
            let late = Instant::now() + self.timeout - TICK;
            let mut rest = piece;
            while !rest.is_empty() {
                let count = match self.stream.write(rest) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => 0,
                    result => result?,
                };
                rest = rest.get(count..).unwrap_or_default();
                if !rest.is_empty() && (fault::takes_a_stop_for_a_timeout() || Instant::now() > late) {
                    return Err(ErrorKind::TimedOut.into());
                }
            }
        }
        Ok(())
    }

    /// Sends what was held back.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let bytes = mem::take(&mut self.held_back);
        self.write(&bytes)
    }

    pub(crate) fn refuse(&mut self, refusal: Refusal) -> Result<u64> {
        let is_head = self.line().starts_with(b"HEAD ") && !fault::sends_a_refused_head_a_body();
        let (answer, count) = response::refusal(refusal, is_head)?;
        self.send(&answer)?;
        self.flush()?;
        self.linger()?;
        Ok(count)
    }

    pub(crate) fn close(mut self) -> Result<()> {
        self.flush()?;
        if fault::waits_for_the_client_to_close() {
            self.stream.shutdown(Shutdown::Write)?;
            self.stream.set_read_timeout(None)?;
            while self.stream.read(&mut [0; 1024])? > 0 {}
        }
        if self.lingers || self.parser.is_midway() {
            self.linger()?;
        }
        Ok(())
    }

    pub(crate) fn cut(self) -> Result<()> {
        self.reset()
    }

    /// From here on closing is a reset.
    fn reset(&self) -> Result<()> {
        setsockopt(&self.stream, sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 })?;
        Ok(())
    }

    fn linger(&mut self) -> Result<()> {
        if fault::resets_after_a_refusal() {
            return self.reset();
        }
        if fault::closes_with_bytes_unread() {
            thread::sleep(LINGER); // The time in which a sound server reads.
            return Ok(());
        }
        self.deadline = Instant::now() + LINGER;
        let mut buffer = [0; 8 * 1024];
        let ended = self.stream.shutdown(Shutdown::Write);
        while ended.is_ok() && self.read(&mut buffer).is_ok_and(|count| count > 0) && !fault::closes_when_more_comes() {
        }
        Ok(())
    }

    /// One read, up to the deadline: `WouldBlock` when that has passed and all that had arrived by then has been read.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if fault::times_each_read() {
            self.deadline = Instant::now() + self.timeout;
        }
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() && (fault::looks_no_more_when_it_is_late() || self.late_reads == 0) {
                return Err(ErrorKind::WouldBlock.into());
            }
            if left.is_zero() {
                self.late_reads -= 1;
                return Ok(recv(self.stream.as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?);
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(buffer) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                result => return result,
            }
        }
    }
}
