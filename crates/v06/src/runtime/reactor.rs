//! The reactor: which task waits for which descriptor, and the one wait for all of them, by epoll(7).
//!
//! A `Source` is a descriptor to wait for. It is tried first: only when a try finds nothing to read, or no room to write,
//! is the source registered, once for both directions and for as long as it lives. epoll is edge-triggered: it tells
//! when a descriptor becomes ready, not that it still is. So each source remembers whether it was exhausted, and an event
//! is remembered in its registration until somebody asks for it.

use std::cell::{Cell, RefCell};
use std::future::{self, Future};
use std::io::{self, ErrorKind};
use std::marker::PhantomData;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;

use super::RUNTIME;
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
    registrations: RefCell<Slab<Registration>>,
    /// How many sources were registered ever.
    generation: Cell<u32>,
    events: RefCell<Vec<EpollEvent>>,
    /// The wakers that the last wait found.
    woken: Cell<Vec<Waker>>,
}

struct Registration {
    /// Tells it from those that had its place before.
    generation: u32,
    /// The peer sends no more: no event for the read direction will come after this.
    hung_up: bool,
    /// By direction: whether an event came that nobody has asked for yet, and who waits for one.
    ready: [bool; 2],
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

    /// Waits for events and takes note of all that have come. `None` waits for ever.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> io::Result<()> {
        let mut events = self.events.borrow_mut();
        let mut woken = self.woken.take();
        let mut timeout = round_up(timeout);
        loop {
            let count = match self.epoll.wait(&mut events, timeout) {
                Ok(count) => count,
                Err(Errno::EINTR) => 0,
                Err(error) => return Err(error.into()),
            };
            for event in events.iter().take(count) {
                self.note(event, &mut woken);
            }
            if count < EVENTS {
                break;
            }
            // There may be more. A timer is not to go off before what came in time is seen.
            timeout = EpollTimeout::ZERO;
        }
        self.woken.set(woken);
        Ok(())
    }

    fn note(&self, event: &EpollEvent, woken: &mut Vec<Waker>) {
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

    fn register(&self, descriptor: BorrowedFd) -> io::Result<u32> {
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
}

impl Registration {
    fn new(generation: u32) -> Registration {
        Registration { generation, hung_up: false, ready: [false; 2], waiting: [None, None] }
    }

    fn set_ready(&mut self, direction: Direction) -> Option<Waker> {
        self.ready[direction as usize] = true;
        self.waiting[direction as usize].take()
    }

    /// Takes the event that came, or leaves the waker for the next one.
    fn poll_event(&mut self, direction: Direction, cx: &mut Context) -> Poll<()> {
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
        super::with(|runtime| {
            let reactor = &runtime.reactor;
            let index = match self.index.get() {
                Some(index) => index,
                None => reactor.register(self.inner.as_fd())?,
            };
            self.index.set(Some(index));
            if let Some(registration) = reactor.registrations.borrow_mut().get_mut(index) {
                ready!(registration.poll_event(direction, cx));
            }
            self.exhausted[direction as usize].set(false);
            Poll::Ready(Ok(()))
        })
    }

    /// Ends the registration. Closing the last descriptor does that too, and spares a system call. This is for a source
    /// that other processes have a descriptor of as well (epoll(7), question 6).
    pub(super) fn deregister(&self) {
        if self.index.get().is_some() {
            let _ = super::with(|runtime| runtime.reactor.epoll.delete(self.inner.as_fd()));
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
        // No epoll_ctl(2): the kernel forgets a descriptor that is closed, which this one is next, and it was the only
        // one for its file: none is duplicated here, and a worker does not fork.
        if let Some(index) = self.index.get() {
            // Not `with`: at the thread's end the runtime may be gone before the source.
            let remove = |reactor: &Reactor| reactor.registrations.borrow_mut().remove(index);
            let removed = RUNTIME.try_with(|place| place.get().and_then(|runtime| remove(&runtime.reactor)));
            drop(removed); // Its wakers, now that nothing is borrowed.
        }
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
