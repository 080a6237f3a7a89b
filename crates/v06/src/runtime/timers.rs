//! The timers: which task waits for which point in time, the earliest first.
//!
//! `sleep` waits for one. A `Deadline` bounds another wait. It is moved for every request and hardly ever passes, so
//! moving it touches no timer: the timer that stands already wakes the task too early, which then looks at the deadline
//! again and sets a new one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{self, Future};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::{RUNTIME, now};

/// When it fires, and a number that tells it from others of that time.
type Timer = (Instant, u64);

pub(super) struct Timers {
    timers: RefCell<BTreeMap<Timer, Waker>>,
    /// How many were set ever.
    count: Cell<u64>,
}

impl Timers {
    pub(super) const fn new() -> Timers {
        Timers { timers: RefCell::new(BTreeMap::new()), count: Cell::new(0) }
    }

    fn set(&self, at: Instant, waker: Waker) -> Timer {
        self.count.set(self.count.get() + 1);
        let timer = (at, self.count.get());
        self.timers.borrow_mut().insert(timer, waker);
        timer
    }

    /// How long it is until the next timer, if there is one.
    pub(super) fn until_next(&self) -> Option<Duration> {
        let timers = self.timers.borrow();
        let ((at, _), _) = timers.first_key_value()?;
        // By the clock itself: `now` is from before the tasks ran.
        Some(at.saturating_duration_since(Instant::now()))
    }

    /// Whether the time of one has come.
    pub(super) fn are_due(&self, now: Instant) -> bool {
        self.timers.borrow().first_key_value().is_some_and(|((at, _), _)| *at <= now)
    }

    /// Wakes those whose time has come.
    pub(super) fn wake_tasks(&self, now: Instant) {
        while let Some(waker) = self.take_due(now) {
            waker.wake(); // Not in `take_due`: nothing here is borrowed while foreign code runs.
        }
    }

    fn take_due(&self, now: Instant) -> Option<Waker> {
        let mut timers = self.timers.borrow_mut();
        let first = timers.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

/// A timer that is set, until it is dropped.
struct Standing(Timer);

impl Standing {
    fn new(at: Instant, cx: &Context) -> Standing {
        Standing(super::with(|runtime| runtime.timers.set(at, cx.waker().clone())))
    }

    fn at(&self) -> Instant {
        self.0.0
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        // Not `with`: at the thread's end the runtime may be gone before the timer.
        let remove = |timers: &Timers| timers.timers.borrow_mut().remove(&self.0);
        let waker = RUNTIME.try_with(|place| place.get().and_then(|runtime| remove(&runtime.timers)));
        drop(waker); // Now that nothing is borrowed.
    }
}

/// Waits for `duration` at least.
pub(crate) fn sleep(duration: Duration) -> Sleep {
    Sleep { at: Instant::now() + duration, timer: None }
}

pub(crate) struct Sleep {
    at: Instant,
    timer: Option<Standing>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Sleep>, cx: &mut Context) -> Poll<()> {
        if self.at <= now() {
            return Poll::Ready(());
        }
        // Anew each time: the one who polls may be another than before.
        self.timer = Some(Standing::new(self.at, cx));
        Poll::Pending
    }
}

/// The point in time at which what one task waits for has to have come.
pub(crate) struct Deadline {
    at: Cell<Instant>,
    timer: Cell<Option<Standing>>,
}

impl Deadline {
    pub(crate) const fn new(at: Instant) -> Deadline {
        Deadline { at: Cell::new(at), timer: Cell::new(None) }
    }

    pub(crate) fn at(&self) -> Instant {
        self.at.get()
    }

    pub(crate) fn set(&self, at: Instant) {
        self.at.set(at);
    }

    /// Waits for `future`; gives None if the deadline passes first. Watched by one task only: its timer wakes that one.
    pub(crate) fn watch<F: Future + Unpin>(&self, mut future: F) -> impl Future<Output = Option<F::Output>> + Unpin {
        // Not an `async fn`: it would hold the future twice, as what it was given and as what it waits for.
        future::poll_fn(move |cx| match Pin::new(&mut future).poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => self.poll_passed(cx).map(|()| None),
        })
    }

    fn poll_passed(&self, cx: &Context) -> Poll<()> {
        let (at, now) = (self.at.get(), now());
        if at <= now {
            return Poll::Ready(());
        }
        // One that has fired stands no more. One that stands and is not later than the deadline is good enough.
        let standing = self.timer.take().filter(|timer| now < timer.at() && timer.at() <= at);
        self.timer.set(Some(standing.unwrap_or_else(|| Standing::new(at, cx))));
        Poll::Pending
    }
}

#[cfg(test)]
mod tests;
