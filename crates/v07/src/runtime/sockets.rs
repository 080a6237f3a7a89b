//! The listener and the connection: std's, as sources that a task can wait for.
//!
//! recv(2) and send(2) get MSG_DONTWAIT, which saves the system call that makes a connection non-blocking.

use std::future::{self, Future};
use std::io;
use std::net;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::task::{Context, Poll, ready};

use nix::sys::socket::{MsgFlags, recv, send};

use super::reactor::{Direction, Source};
use crate::address::Address;

/// A blocking listener, of either kind.
pub(crate) enum Listener {
    Tcp(net::TcpListener),
    Unix(UnixListener),
}

impl From<net::TcpListener> for Listener {
    fn from(listener: net::TcpListener) -> Listener {
        Listener::Tcp(listener)
    }
}

impl Listener {
    pub(crate) fn address(&self) -> io::Result<Address> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().map(Address::Ip),
            Listener::Unix(_) => Ok(Address::Unix),
        }
    }

    fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Listener::Tcp(listener) => listener.set_nonblocking(true),
            Listener::Unix(listener) => listener.set_nonblocking(true),
        }
    }

    fn accept(&self) -> io::Result<(net::TcpStream, Address)> {
        match self {
            Listener::Tcp(listener) => listener.accept().map(|(stream, peer)| (stream, Address::Ip(peer))),
            // recv(2), send(2) and shutdown(2) are the same for all streams.
            Listener::Unix(listener) => {
                listener.accept().map(|(stream, _)| (OwnedFd::from(stream).into(), Address::Unix))
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Listener::Tcp(listener) => listener.as_fd(),
            Listener::Unix(listener) => listener.as_fd(),
        }
    }
}

pub(crate) struct TcpListener(Source<Listener>);

impl TcpListener {
    pub(crate) fn new(listener: impl Into<Listener>) -> io::Result<TcpListener> {
        let listener = listener.into();
        listener.set_nonblocking()?;
        Ok(TcpListener(Source::new(listener)?))
    }

    /// Waits for a client. Doesn't give way to other tasks if one is there already.
    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, Address)> {
        let (stream, peer) = self.0.try_until_done(Direction::Read, Listener::accept).await?;
        Ok((TcpStream::new(stream)?, peer))
    }
}

/// A connection. One task may read while another writes.
pub(crate) struct TcpStream(Source<net::TcpStream>);

impl TcpStream {
    pub(crate) fn new(stream: net::TcpStream) -> io::Result<TcpStream> {
        Ok(TcpStream(Source::new(stream)?))
    }

    pub(crate) fn get(&self) -> &net::TcpStream {
        self.0.get()
    }

    /// Waits until a read is worth a try, so that a task that waits for long needs no buffer.
    pub(crate) fn readable(&self) -> impl Future<Output = ()> + Unpin {
        future::poll_fn(|cx| self.0.poll_ready(Direction::Read, cx))
    }

    /// Waits until the peer sends no more, for a task that isn't waiting to read.
    pub(crate) fn hung_up(&self) -> impl Future<Output = ()> + Unpin {
        future::poll_fn(|cx| self.0.poll_hung_up(cx))
    }

    pub(crate) fn poll_read(&self, cx: &Context, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let count = ready!(self.0.poll_try(Direction::Read, cx, |_| self.try_read(buffer)))?;
        if count < buffer.len() {
            self.0.set_drained(); // So the next read needn't find out by EAGAIN (epoll(7), Q9).
        }
        Poll::Ready(Ok(count))
    }

    /// Reads now, even if no event has reported that there is something.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(recv(self.get().as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?)
    }

    /// Writes as much as there is room for, at least a byte.
    pub(crate) fn poll_write(&self, cx: &Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_try(Direction::Write, cx, |_| self.try_write(bytes))
    }

    /// Writes now, even if no event has reported that there is room.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(self.get().as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL)?)
    }
}

#[cfg(test)]
mod tests;
