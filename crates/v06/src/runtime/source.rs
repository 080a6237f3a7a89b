//! A source: a descriptor that a task can wait for, in two directions.
//!
//! It is tried first: only when a try finds nothing to read, or no room to write, is the source registered with the
//! reactor, once for both directions and for as long as it lives. epoll(7) is edge-triggered here: it tells when a
//! descriptor becomes ready, not that it still is. So a source remembers whether it was exhausted.

use std::cell::Cell;
use std::future::{self, Future};
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::RUNTIME;
use super::reactor::{Direction, Reactor, Registration};

/// A descriptor to wait for: at most one task in each direction. `T` must not wait itself (O_NONBLOCK).
pub(crate) struct Source<T> {
    inner: T,
    /// The number of its registration, once it has one.
    index: Cell<Option<u32>>,
    /// By direction: whether the last try found nothing (more) to read, or no room to write.
    exhausted: [Cell<bool>; 2],
    /// Its registration is this thread's, so it may not go to another.
    not_send: PhantomData<Rc<()>>,
}

impl<T: AsFd> Source<T> {
    pub(crate) const fn new(inner: T) -> Source<T> {
        let exhausted = [Cell::new(false), Cell::new(false)];
        Source { inner, index: Cell::new(None), exhausted, not_send: PhantomData }
    }

    pub(crate) fn get(&self) -> &T {
        &self.inner
    }

    /// Tries `attempt`, now and whenever the descriptor may be ready, until it gives something else than WouldBlock.
    pub(crate) fn poll_try<V>(
        &self,
        direction: Direction,
        cx: &mut Context,
        mut attempt: impl FnMut(&T) -> io::Result<V>,
    ) -> Poll<io::Result<V>> {
        loop {
            ready!(self.poll_ready(direction, cx))?;
            match attempt(&self.inner) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.set_exhausted(direction),
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

    /// Waits until a read is worth a try.
    pub(crate) fn readable(&self) -> impl Future<Output = io::Result<()>> + Unpin {
        future::poll_fn(|cx| self.poll_ready(Direction::Read, cx))
    }

    #[inline]
    fn poll_ready(&self, direction: Direction, cx: &mut Context) -> Poll<io::Result<()>> {
        if self.exhausted[direction as usize].get() { self.poll_event(direction, cx) } else { Poll::Ready(Ok(())) }
    }

    fn poll_event(&self, direction: Direction, cx: &mut Context) -> Poll<io::Result<()>> {
        self.register()?;
        if let Some(polled) = self.registration(|registration| registration.poll_event(direction, cx)) {
            ready!(polled);
        }
        self.exhausted[direction as usize].set(false);
        Poll::Ready(Ok(()))
    }

    /// Waits until the peer has hung up: it sends no more. For a task that does not wait to read.
    pub(crate) fn poll_hung_up(&self, cx: &Context) -> Poll<io::Result<()>> {
        self.register()?;
        self.registration(|registration| registration.poll_hung_up(cx)).unwrap_or(Poll::Pending).map(Ok)
    }

    /// Registers with the reactor, unless that was done before.
    fn register(&self) -> io::Result<()> {
        if self.index.get().is_none() {
            self.index.set(Some(super::with(|runtime| runtime.reactor.register(self.inner.as_fd()))?));
        }
        Ok(())
    }

    /// Ends the registration. Closing the last descriptor does that too, and spares a system call. This is for a source
    /// that other processes have a descriptor of as well (epoll(7), "Questions and answers").
    pub(super) fn deregister(&self) {
        if self.index.get().is_some() {
            super::with(|runtime| runtime.reactor.deregister(self.inner.as_fd()));
        }
    }

    /// To be called after a try that found enough: the next one need not wait for an event.
    pub(super) fn set_ready(&self, direction: Direction) {
        self.exhausted[direction as usize].set(false);
    }

    /// To be called after a try that found nothing, or less than it could take: the next one waits for an event. What
    /// came before the try is out of date; what comes after it, epoll_wait has not told yet.
    pub(super) fn set_exhausted(&self, direction: Direction) {
        self.exhausted[direction as usize].set(true);
        self.registration(|registration| registration.ready[direction as usize] = false);
    }

    /// Whether it is known that the peer sends no more: what is there, and the end, must be read without waiting.
    pub(super) fn hung_up(&self) -> bool {
        self.registration(|registration| registration.hung_up).unwrap_or(false)
    }

    /// What `look` gives for this source's registration, if it has one.
    fn registration<V>(&self, look: impl FnOnce(&mut Registration) -> V) -> Option<V> {
        let index = self.index.get()?;
        super::with(|runtime| runtime.reactor.registrations.borrow_mut().get_mut(index).map(look))
    }
}

impl<T> Drop for Source<T> {
    fn drop(&mut self) {
        // No epoll_ctl(2): the kernel forgets a file when its last descriptor is closed, which is this one mostly, and next.
        // If another process has one, of a program that is just being started say, an event of it is nobody's here.
        if let Some(index) = self.index.get() {
            // Not `with`: at the thread's end the runtime may be gone before the source.
            let remove = |reactor: &Reactor| reactor.registrations.borrow_mut().remove(index);
            let removed = RUNTIME.try_with(|place| place.get().and_then(|runtime| remove(&runtime.reactor)));
            drop(removed); // Its wakers, now that nothing is borrowed.
        }
    }
}

#[cfg(test)]
mod tests;
