//! Sockets that a task can wait for: a listener, a connection, and a source for any other descriptor.
//!
//! Each operation is tried first. Only if it would block does the task wait, and then it tries again.

use std::future::{self, Future};
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::net::{self, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::task::{Context, Poll, ready};

use nix::sys::socket::{MsgFlags, recv, send};

use super::reactor::{self, Direction, Registration};

/// A descriptor to wait for, at most one task in each direction. `T` must be non-blocking.
pub(crate) struct Source<T: AsFd> {
    inner: T,
    key: u32,
    /// Its registration is this thread's, so it can't go to another.
    not_send: PhantomData<*const ()>,
}

impl<T: AsFd> Source<T> {
    pub(crate) fn new(inner: T) -> io::Result<Source<T>> {
        let key = reactor::register(inner.as_fd())?;
        Ok(Source { inner, key, not_send: PhantomData })
    }

    pub(crate) fn get(&self) -> &T {
        &self.inner
    }

    /// Tries `attempt`, now and whenever the descriptor may be ready, until it returns anything but WouldBlock.
    pub(crate) fn poll_try<V>(
        &self,
        direction: Direction,
        cx: &Context,
        mut attempt: impl FnMut(&T) -> io::Result<V>,
    ) -> Poll<io::Result<V>> {
        loop {
            ready!(self.registration(|it| it.poll_ready(direction, cx)));
            match attempt(&self.inner) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.registration(|it| it.clear_ready(direction))
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// `poll_try` as a future.
    pub(crate) fn try_until_done<V>(
        &self,
        direction: Direction,
        mut attempt: impl FnMut(&T) -> io::Result<V>,
    ) -> impl Future<Output = io::Result<V>> {
        future::poll_fn(move |cx| self.poll_try(direction, cx, &mut attempt))
    }

    fn registration<V>(&self, look: impl FnOnce(&mut Registration) -> V) -> V {
        reactor::registration(self.key, look)
    }
}

impl<T: AsFd> Drop for Source<T> {
    fn drop(&mut self) {
        reactor::deregister(self.inner.as_fd(), self.key);
    }
}

pub(crate) struct TcpListener(Source<net::TcpListener>);

impl TcpListener {
    pub(crate) fn new(listener: net::TcpListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        Ok(TcpListener(Source::new(listener)?))
    }

    /// Waits for a client. Doesn't give way to other tasks if one is there already.
    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.0.try_until_done(Direction::Read, net::TcpListener::accept).await?;
        Ok((TcpStream::new(stream)?, peer))
    }
}

/// A connection. One task may read while another writes. recv(2) and send(2) get MSG_DONTWAIT, which saves the system call
/// that makes a socket non-blocking.
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
        future::poll_fn(|cx| self.0.registration(|it| it.poll_ready(Direction::Read, cx)))
    }

    /// Waits until the peer sends no more, for a task that isn't waiting to read.
    pub(crate) fn hung_up(&self) -> impl Future<Output = ()> + Unpin {
        future::poll_fn(|cx| self.0.registration(|it| it.poll_hung_up(cx)))
    }

    pub(crate) fn poll_read(&self, cx: &Context, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let count = ready!(self.0.poll_try(Direction::Read, cx, |_| self.try_read(buffer)))?;
        // That was all there is, so the next read needn't find out by EAGAIN (epoll(7), Q9). But after a hang-up no event
        // would follow.
        self.0.registration(|it| {
            if count < buffer.len() && !it.hung_up {
                it.clear_ready(Direction::Read);
            }
        });
        Poll::Ready(Ok(count))
    }

    /// Reads what is there, even if no event has reported it yet.
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(recv(self.get().as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT)?)
    }

    /// Writes as much as there is room for, at least a byte.
    pub(crate) fn poll_write(&self, cx: &Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_try(Direction::Write, cx, |_| self.try_write(bytes))
    }

    /// Writes what there is room for now, even if no event has reported it yet.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(send(self.get().as_raw_fd(), bytes, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL)?)
    }
}

#[cfg(test)]
mod tests;
