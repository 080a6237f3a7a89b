//! A connection: reads and writes on one socket, up to a deadline.
//!
//! It waits for one thing at a time, so one deadline is enough: it is set again for each, which costs no timer.

use std::cell::RefCell;
use std::future;
use std::io;
use std::mem;
use std::net::Shutdown;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::libc::linger;
use nix::sys::socket::{setsockopt, sockopt};

use crate::http::parser::Parser;
use crate::runtime::{self, Deadline, TcpStream};

/// A client has to accept this many bytes of a response within SEND_TIMEOUT: 2 kB a second, if that is 30 s. And it has to
/// send this many bytes of a body within TIMEOUT.
pub(crate) const PIECE: usize = 64 * 1024;
/// How long a client may continue to send after the response, before the connection is closed.
const LINGER: Duration = Duration::from_secs(1);

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) deadline: Deadline,
}

impl Connection {
    /// The first request has to be complete within `timeout`.
    pub(crate) fn new(stream: TcpStream, timeout: Duration) -> Connection {
        Connection { stream, deadline: Deadline::new(Instant::now() + timeout) }
    }

    pub(crate) fn set_deadline(&self, timeout: Duration) {
        self.deadline.set(Instant::now() + timeout); // Not from `now`: this turn may have taken long already.
    }

    /// Reads into `parser`. `None` if nothing is there and no request has begun: to wait for one, no parser is needed.
    pub(crate) fn read(
        &self,
        parser: &mut Parser,
        buffer: &RefCell<Vec<u8>>,
    ) -> impl Future<Output = io::Result<Option<usize>>> + Unpin {
        future::poll_fn(|cx| match self.poll_read(cx, parser, buffer) {
            Poll::Pending if !parser.is_midway() => Poll::Ready(Ok(None)),
            read => read.map_ok(Some),
        })
    }

    /// Reads into `parser`. The buffer is the worker's: no other task uses it before this returns.
    fn poll_read(&self, cx: &mut Context, parser: &mut Parser, buffer: &RefCell<Vec<u8>>) -> Poll<io::Result<usize>> {
        let mut buffer = buffer.borrow_mut();
        let count = ready!(self.stream.poll_read(cx, &mut buffer))?;
        parser.feed(buffer.get(..count).unwrap_or_default());
        Poll::Ready(Ok(count))
    }

    /// Reads into `parser` without waiting.
    pub(crate) fn try_read(&self, parser: &mut Parser, buffer: &RefCell<Vec<u8>>) -> io::Result<usize> {
        let mut buffer = buffer.borrow_mut();
        let count = self.stream.try_read(&mut buffer)?;
        parser.feed(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }

    /// Sends the bytes in `out`, and empties it. It is an error if a piece takes longer than `timeout`.
    pub(crate) async fn flush(&self, out: &mut Vec<u8>, timeout: Duration) -> io::Result<()> {
        let mut bytes = mem::take(out); // If this is dropped half-way, they must not be sent again.
        for piece in bytes.chunks(PIECE) {
            self.send(piece, timeout).await?;
            if piece.len() == PIECE {
                runtime::yield_now().await; // A client that accepts all at once must not starve the others.
            }
        }
        bytes.clear();
        *out = bytes;
        Ok(())
    }

    /// Sends as many of the bytes in `out` as there is room for, and removes them.
    pub(crate) fn send_now(&self, out: &mut Vec<u8>) -> io::Result<usize> {
        let count = match self.stream.try_write(out) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            count => count?,
        };
        out.drain(..count);
        Ok(count)
    }

    async fn send(&self, piece: &[u8], timeout: Duration) -> io::Result<()> {
        self.set_deadline(timeout);
        let mut rest = piece;
        while !rest.is_empty() {
            let write = future::poll_fn(|cx| self.stream.poll_write(cx, rest));
            let count = match self.deadline.timeout(write).await {
                Some(count) => count?,
                // An event comes when a third of the kernel's buffer is free, so there may be room that none has used yet.
                None => self
                    .stream
                    .try_write(rest)
                    .ok()
                    .filter(|count| *count == rest.len())
                    .ok_or(io::ErrorKind::TimedOut)?,
            };
            rest = rest.get(count..).unwrap_or_default();
        }
        Ok(())
    }

    /// Ends the writing side, then reads on for a short while, so that the client can read the response.
    pub(crate) async fn linger(&self, buffer: &RefCell<Vec<u8>>) -> Result<()> {
        if self.stream.get().shutdown(Shutdown::Write).is_err() {
            return Ok(()); // The client has gone already.
        }
        self.set_deadline(LINGER);
        let read = || future::poll_fn(|cx| self.stream.poll_read(cx, &mut buffer.borrow_mut()));
        while let Some(Ok(1..)) = self.deadline.timeout(read()).await {
            runtime::yield_now().await;
            if self.deadline.at() <= runtime::now() {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn cut(&self) -> Result<()> {
        setsockopt(self.stream.get(), sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
