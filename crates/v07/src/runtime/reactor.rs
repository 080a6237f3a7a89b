//! The reactor: which task waits for which descriptor, and one wait for all of them, with epoll(7).
//!
//! A `Source` is a descriptor that is registered with epoll, once, for both directions. epoll is edge-triggered here: it
//! reports that a descriptor becomes ready, not that it still is. So the registration remembers that, until a try finds
//! nothing more to read, or no room to write.

use std::cell::RefCell;
use std::future::{self, Future};
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::slab::Slab;

/// How many events one call takes.
const BATCH: usize = 256;

thread_local! {
    /// Made at its first use, after the fork: processes must not share an epoll instance.
    static EPOLL: nix::Result<Rc<Epoll>> = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map(Rc::new);
    static REGISTRATIONS: RefCell<Slab<Registration>> = const { RefCell::new(Slab::new()) };
    /// Where epoll_wait(2) puts the events.
    static EVENTS: RefCell<Vec<EpollEvent>> = RefCell::new(vec![EpollEvent::empty(); BATCH]);
}

#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Read,
    Write,
}

struct Registration {
    /// By direction: whether a try is worthwhile, and the waker of the task that waits for that.
    ready: [bool; 2],
    wakers: [Option<Waker>; 2],
    /// Whether the peer sends no more: then no event for reading will follow.
    hung_up: bool,
}

impl Registration {
    fn poll(&mut self, is_ready: bool, direction: Direction, cx: &Context) -> Poll<()> {
        if is_ready {
            return Poll::Ready(());
        }
        self.wakers[direction as usize] = Some(cx.waker().clone());
        Poll::Pending
    }

    fn set_ready(&mut self, direction: Direction) -> Option<Waker> {
        self.ready[direction as usize] = true;
        self.wakers[direction as usize].take()
    }
}

/// A descriptor to wait for, at most one task in each direction. `T` must be non-blocking.
pub(crate) struct Source<T: AsFd> {
    inner: T,
    /// Of its registration, which is this thread's. So it can't be sent to another.
    key: u32,
    not_send: PhantomData<*const ()>,
}

impl<T: AsFd> Source<T> {
    pub(crate) fn new(inner: T) -> io::Result<Source<T>> {
        let flags = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
        let key = REGISTRATIONS.with_borrow(Slab::next_key);
        // If it is ready already, an event will say so.
        EPOLL.with(Result::clone)?.add(&inner, EpollEvent::new(flags, key.into()))?;
        let registration = Registration { ready: [true; 2], wakers: [None, None], hung_up: false };
        REGISTRATIONS.with_borrow_mut(|registrations| registrations.insert(registration));
        Ok(Source { inner, key, not_send: PhantomData })
    }

    pub(crate) fn get(&self) -> &T {
        &self.inner
    }

    fn registration<V>(&self, look: impl FnOnce(&mut Registration) -> V) -> V {
        REGISTRATIONS.with_borrow_mut(|registrations| look(registrations.get_mut(self.key).expect("registered by new")))
    }

    /// Waits until a try is worthwhile.
    pub(super) fn poll_ready(&self, direction: Direction, cx: &Context) -> Poll<()> {
        self.registration(|it| it.poll(it.ready[direction as usize], direction, cx))
    }

    /// For a read that got all there was: the next one waits for an event, unless none will follow.
    pub(super) fn set_drained(&self) {
        self.registration(|it| it.ready[Direction::Read as usize] = it.hung_up);
    }

    /// Waits until the peer sends no more.
    pub(super) fn poll_hung_up(&self, cx: &Context) -> Poll<()> {
        self.registration(|it| it.poll(it.hung_up, Direction::Read, cx))
    }

    /// Tries `attempt`, now and whenever the descriptor may be ready, until it returns anything but WouldBlock.
    pub(super) fn poll_try<V>(
        &self,
        direction: Direction,
        cx: &Context,
        mut attempt: impl FnMut(&T) -> io::Result<V>,
    ) -> Poll<io::Result<V>> {
        loop {
            ready!(self.poll_ready(direction, cx));
            match attempt(&self.inner) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.registration(|it| it.ready[direction as usize] = false);
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
}

impl<T: AsFd> Drop for Source<T> {
    fn drop(&mut self) {
        // Not left to close(2): if another process has the file too, events would go on coming (epoll(7), Q6). At the end of
        // the thread, both of these may be gone already.
        let _ = EPOLL.try_with(|epoll| epoll.clone()?.delete(&self.inner));
        let _ = REGISTRATIONS.try_with(|registrations| registrations.borrow_mut().remove(self.key));
    }
}

/// Waits for events, and adds to `wakers` those of the tasks that waited for them. `None` waits forever.
pub(super) fn wait(timeout: Option<Duration>, wakers: &mut Vec<Waker>) -> io::Result<()> {
    let epoll = EPOLL.with(Result::clone)?;
    let mut timeout = round_up(timeout);
    EVENTS.with_borrow_mut(|events| {
        loop {
            let count = match epoll.wait(events, timeout) {
                Err(Errno::EINTR) => 0, // It hasn't looked for events: `runtime::run` does that before a timer fires.
                count => count?,
            };
            events.iter().take(count).for_each(|event| take_event(event, wakers));
            if count < BATCH {
                return Ok(());
            }
            timeout = EpollTimeout::ZERO; // There may be more, and no timer must fire before all of them are seen.
        }
    })
}

fn take_event(event: &EpollEvent, wakers: &mut Vec<Waker>) {
    let flags = event.events();
    // A broken connection ends both waits: the next try returns the error.
    let is_broken = flags.intersects(EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR);
    REGISTRATIONS.with_borrow_mut(|registrations| {
        let Some(registration) = registrations.get_mut(event.data() as u32) else { return };
        registration.hung_up |= is_broken || flags.contains(EpollFlags::EPOLLRDHUP);
        if registration.hung_up || flags.contains(EpollFlags::EPOLLIN) {
            wakers.extend(registration.set_ready(Direction::Read));
        }
        if is_broken || flags.contains(EpollFlags::EPOLLOUT) {
            wakers.extend(registration.set_ready(Direction::Write));
        }
    });
}

/// To whole milliseconds: a wait that is too short would have to be repeated at once.
fn round_up(timeout: Option<Duration>) -> EpollTimeout {
    let Some(timeout) = timeout else { return EpollTimeout::NONE };
    EpollTimeout::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(EpollTimeout::MAX)
}

#[cfg(test)]
mod tests;
