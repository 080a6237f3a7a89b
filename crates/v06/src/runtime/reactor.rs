//! The reactor: which task waits for which descriptor, and one wait for all of them, with epoll(7).
//!
//! A descriptor is registered once, for both directions, for as long as it is used. epoll is edge-triggered here: it
//! reports that a descriptor becomes ready, not that it still is. So the registration remembers that, until a try finds
//! nothing more to read, or no room to write.

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use nix::Result;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::slab::Slab;

/// How many events one call takes.
const BATCH: usize = 256;

thread_local! {
    /// Made at its first use, after the fork: processes must not share an epoll instance.
    static EPOLL: Result<Rc<Epoll>> = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map(Rc::new);
    static REGISTRATIONS: RefCell<Slab<Registration>> = const { RefCell::new(Slab::new()) };
    /// Where epoll_wait(2) puts the events.
    static EVENTS: RefCell<Vec<EpollEvent>> = RefCell::new(vec![EpollEvent::empty(); BATCH]);
}

#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Read,
    Write,
}

pub(super) struct Registration {
    /// By direction: whether a try is worthwhile, and the waker of the task that waits for that.
    ready: [bool; 2],
    wakers: [Option<Waker>; 2],
    /// Whether the peer sends no more: then no event for reading will follow.
    pub(super) hung_up: bool,
}

impl Registration {
    /// Waits until a try is worthwhile.
    pub(super) fn poll_ready(&mut self, direction: Direction, cx: &Context) -> Poll<()> {
        if self.ready[direction as usize] { Poll::Ready(()) } else { self.wait(direction, cx) }
    }

    /// Waits until the peer sends no more.
    pub(super) fn poll_hung_up(&mut self, cx: &Context) -> Poll<()> {
        if self.hung_up { Poll::Ready(()) } else { self.wait(Direction::Read, cx) }
    }

    fn wait(&mut self, direction: Direction, cx: &Context) -> Poll<()> {
        self.wakers[direction as usize] = Some(cx.waker().clone());
        Poll::Pending
    }

    /// After a try that found nothing, or the last that there was: the next one waits for an event.
    pub(super) fn clear_ready(&mut self, direction: Direction) {
        self.ready[direction as usize] = false;
    }

    fn set_ready(&mut self, direction: Direction) -> Option<Waker> {
        self.ready[direction as usize] = true;
        self.wakers[direction as usize].take()
    }
}

/// Registers `descriptor`, and returns its key. If it is ready now, an event will say so.
pub(super) fn register(descriptor: BorrowedFd) -> Result<u32> {
    let flags = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
    REGISTRATIONS.with_borrow_mut(|registrations| {
        let key = registrations.next_key();
        EPOLL.with(Result::clone)?.add(descriptor, EpollEvent::new(flags, key.into()))?;
        registrations.insert(Registration { ready: [true; 2], wakers: [None, None], hung_up: false });
        Ok(key)
    })
}

/// What `look` returns for the registration with this key.
pub(super) fn registration<T>(key: u32, look: impl FnOnce(&mut Registration) -> T) -> T {
    REGISTRATIONS.with_borrow_mut(|registrations| look(registrations.get_mut(key).expect("a registered descriptor")))
}

/// To be called before `descriptor` is closed: if another process has it too, its events would go on (epoll(7), Q6).
pub(super) fn deregister(descriptor: BorrowedFd, key: u32) {
    // At the end of the thread, the reactor may be gone before the descriptor.
    let _ = EPOLL.try_with(|epoll| epoll.clone()?.delete(descriptor));
    let _ = REGISTRATIONS.try_with(|registrations| registrations.borrow_mut().remove(key));
}

/// Waits for events, and adds to `wakers` those of the tasks that waited for them. `None` waits forever.
pub(super) fn wait(timeout: Option<Duration>, wakers: &mut Vec<Waker>) -> Result<()> {
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
