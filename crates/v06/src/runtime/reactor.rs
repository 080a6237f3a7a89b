//! The reactor: which task waits for which descriptor, and the one wait for all of them, by epoll(7).
//!
//! Each `Source` that was found exhausted is registered here. An event is remembered in its registration until somebody
//! asks for it.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::BorrowedFd;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;

use super::slab::Slab;

/// How many events are taken by one call.
const EVENTS: usize = 256;

/// The event of the eventfd has the number of no registration. It is there to end the wait, no more.
const ALARM: u64 = u64::MAX;

#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Read,
    Write,
}

pub(super) struct Reactor {
    epoll: Epoll,
    pub(super) registrations: RefCell<Slab<Registration>>,
    /// How many sources were registered ever.
    generation: Cell<u32>,
    events: RefCell<Vec<EpollEvent>>,
    /// The wakers that the last wait found.
    woken: Cell<Vec<Waker>>,
}

pub(super) struct Registration {
    /// Tells it from those that had its place before.
    pub(super) generation: u32,
    /// The peer sends no more: no event for the read direction will come after this.
    pub(super) hung_up: bool,
    /// By direction: whether an event came that nobody has asked for yet, and who waits for one.
    pub(super) ready: [bool; 2],
    waiting: [Option<Waker>; 2],
}

impl Reactor {
    /// `alarm` ends a wait when it becomes readable.
    pub(super) fn new(alarm: &EventFd) -> io::Result<Reactor> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(alarm, EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, ALARM))?;
        Ok(Reactor {
            epoll,
            registrations: RefCell::default(),
            generation: Cell::new(0),
            events: RefCell::new(vec![EpollEvent::empty(); EVENTS]),
            woken: Cell::default(),
        })
    }

    /// Waits for events and takes note of all that have come. `None` waits forever.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        let mut woken = self.woken.take();
        let mut timeout = round_up(timeout);
        loop {
            let count = match self.epoll.wait(&mut events, timeout) {
                Ok(count) => count,
                Err(Errno::EINTR) => 0, // It has not looked: `Runtime::wait` does so before a timer goes off.
                Err(error) => return Err(error.into()),
            };
            for event in events.iter().take(count) {
                self.note(event, &mut woken);
            }
            if count < EVENTS {
                break;
            }
            // There may be more, and a timer is not to go off before what came in time is seen.
            timeout = EpollTimeout::ZERO;
        }
        self.woken.set(woken);
        Ok(())
    }

    pub(super) fn note(&self, event: &EpollEvent, woken: &mut Vec<Waker>) {
        let mut registrations = self.registrations.borrow_mut();
        let registration = registrations.get_mut(event.data() as u32);
        // An event for one that is gone, its place taken by another, is nobody's.
        let Some(registration) = registration.filter(|it| u64::from(it.generation) == event.data() >> 32) else {
            return;
        };
        let flags = event.events();
        let hung_up = flags.intersects(EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR);
        // A broken connection ends every wait: the next try gives the error.
        let broken = flags.intersects(EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR);
        registration.hung_up |= hung_up;
        if hung_up || flags.contains(EpollFlags::EPOLLIN) {
            woken.extend(registration.set_ready(Direction::Read));
        }
        if broken || flags.contains(EpollFlags::EPOLLOUT) {
            woken.extend(registration.set_ready(Direction::Write));
        }
    }

    /// Wakes those that the last wait found. A step of its own: nothing here is borrowed while foreign code runs.
    pub(super) fn wake_tasks(&self) {
        let mut woken = self.woken.take();
        for waker in woken.drain(..) {
            waker.wake();
        }
        self.woken.set(woken);
    }

    pub(super) fn register(&self, descriptor: BorrowedFd) -> io::Result<u32> {
        let generation = self.generation.get().wrapping_add(1);
        self.generation.set(generation);
        let mut registrations = self.registrations.borrow_mut();
        let index = registrations.insert_with(|_| Registration::new(generation));
        let data = u64::from(generation) << 32 | u64::from(index);
        // What the descriptor is ready for already comes as an event too.
        let wanted = EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
        match self.epoll.add(descriptor, EpollEvent::new(wanted, data)) {
            Ok(()) => Ok(index),
            Err(error) => {
                registrations.remove(index);
                Err(error.into())
            }
        }
    }

    pub(super) fn deregister(&self, descriptor: BorrowedFd) {
        let _ = self.epoll.delete(descriptor);
    }
}

impl Registration {
    fn new(generation: u32) -> Registration {
        Registration { generation, hung_up: false, ready: [false; 2], waiting: [None, None] }
    }

    fn set_ready(&mut self, direction: Direction) -> Option<Waker> {
        self.ready[direction as usize] = true;
        self.waiting[direction as usize].take()
    }

    /// Waits for the peer to hang up. Takes no event.
    pub(super) fn poll_hung_up(&mut self, cx: &Context) -> Poll<()> {
        if self.hung_up {
            return Poll::Ready(());
        }
        self.waiting[Direction::Read as usize] = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes the event that came, or leaves the waker for the next one.
    pub(super) fn poll_event(&mut self, direction: Direction, cx: &mut Context) -> Poll<()> {
        let ready = &mut self.ready[direction as usize];
        if *ready {
            *ready = false;
            return Poll::Ready(());
        }
        match &mut self.waiting[direction as usize] {
            Some(waker) => waker.clone_from(cx.waker()), // Does nothing if it is the same.
            empty => *empty = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

/// To whole milliseconds: a wait that is too short would be done again and again.
fn round_up(timeout: Option<Duration>) -> EpollTimeout {
    let Some(timeout) = timeout else { return EpollTimeout::NONE };
    let milliseconds = (timeout + Duration::from_nanos(999_999)).as_millis();
    EpollTimeout::try_from(milliseconds).unwrap_or(EpollTimeout::MAX)
}

#[cfg(test)]
mod tests;
