//! The listener and the stream: std's, as sources that a task can wait for.
//!
//! A stream is read by recv(2) and written by send(2) with MSG_DONTWAIT, so that it needs no system call to become
//! non-blocking. A read that gave less than there was room for has taken all there was: the next one waits for an event,
//! and need not see EAGAIN first. So it is with a write that could not send all (epoll(7), "Questions and answers").

use std::future::{self, Future};
use std::io;
use std::net::{self, Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::task::{Context, Poll, ready};

use nix::sys::socket::{MsgFlags, recv, send};

use super::reactor::Direction;
use super::source::Source;

pub(crate) struct TcpListener(Source<net::TcpListener>);

impl TcpListener {
    pub(crate) fn new(listener: net::TcpListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        Ok(TcpListener(Source::new(listener)))
    }

    /// Waits for a client. Does not give way while one is there already.
    pub(crate) fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Unpin {
        future::poll_fn(|cx| {
            let (stream, peer) = ready!(self.0.poll_try(Direction::Read, cx, net::TcpListener::accept))?;
            Poll::Ready(Ok((TcpStream::new(stream), peer)))
        })
    }
}

/// A listener may be other processes' too, and then go on after this drop: its events are not to come here any more.
impl Drop for TcpListener {
    fn drop(&mut self) {
        self.0.deregister();
    }
}

/// A connection. One task may read while another writes.
pub(crate) struct TcpStream(Source<net::TcpStream>);

impl TcpStream {
    pub(crate) const fn new(stream: net::TcpStream) -> TcpStream {
        TcpStream(Source::new(stream))
    }

    pub(crate) fn get(&self) -> &net::TcpStream {
        self.0.get()
    }

    /// Waits until a read is worth a try; so who waits long needs no buffer.
    pub(crate) fn readable(&self) -> impl Future<Output = io::Result<()>> + Unpin {
        self.0.readable()
    }

    /// Waits until the peer sends no more, for a task that does not wait to read.
    pub(crate) fn hung_up(&self) -> impl Future<Output = io::Result<()>> + Unpin {
        future::poll_fn(|cx| self.0.poll_hung_up(cx))
    }

    pub(crate) fn poll_read(&self, cx: &mut Context, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let count = ready!(self.0.poll_try(Direction::Read, cx, |_| self.try_read(buffer)))?;
        // If the peer has hung up, that event was the last one: then the end is read without waiting.
        if count < buffer.len() && !self.0.hung_up() {
            self.0.set_exhausted(Direction::Read);
        }
        Poll::Ready(Ok(count))
    }

    /// Reads what is there, whether or not an event has told of it.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(recv(self.get().as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?)
    }

    /// Writes as much as there is room for, at least a byte.
    pub(crate) fn poll_write(&self, cx: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(self.0.poll_try(Direction::Write, cx, |_| self.try_write(bytes)))?;
        if count < bytes.len() {
            self.0.set_exhausted(Direction::Write);
        }
        Poll::Ready(Ok(count))
    }

    /// Writes what there is room for at once, whether or not an event has told of it.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let count = send(self.get().as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL)?;
        if count == bytes.len() {
            self.0.set_ready(Direction::Write);
        }
        Ok(count)
    }

    /// Tells the peer that no more comes.
    pub(crate) fn shutdown_write(&self) -> io::Result<()> {
        self.get().shutdown(Shutdown::Write)
    }
}

#[cfg(test)]
mod tests;
