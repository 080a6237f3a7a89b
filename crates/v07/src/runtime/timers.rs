//! The timers: which task waits for which point in time, the earliest first.
//!
//! `sleep` waits for one. A `Deadline` bounds another wait. It moves with every request and hardly ever passes, so moving
//! it touches no timer: the old timer wakes the task too early, which then looks at the deadline and sets a new one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{self, Future};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

thread_local! {
    /// By the time at which they are due.
    static TIMERS: RefCell<BTreeMap<Instant, Waker>> = const { RefCell::new(BTreeMap::new()) };
    static NOW: Cell<Instant> = Cell::new(Instant::now());
}

/// The time at which this turn of the loop began. Timers that are due by then have fired.
pub(crate) fn now() -> Instant {
    NOW.get()
}

/// How long it is from `now` until the next timer, if there is one. Zero if it is due.
pub(super) fn until_next(now: Instant) -> Option<Duration> {
    TIMERS.with_borrow(|timers| timers.first_key_value().map(|(due, _)| due.saturating_duration_since(now)))
}

/// Begins a turn at `now`: removes the timers that are due, and adds their wakers to `wakers`.
pub(super) fn fire(now: Instant, wakers: &mut Vec<Waker>) {
    NOW.set(now);
    TIMERS.with_borrow_mut(|timers| {
        while let Some(first) = timers.first_entry().filter(|first| *first.key() <= now) {
            wakers.push(first.remove());
        }
    });
}

/// A timer: when it is due, unless it is dropped before.
struct Timer(Instant);

impl Timer {
    fn new(mut due: Instant, cx: &Context) -> Timer {
        TIMERS.with_borrow_mut(|timers| {
            // Each needs a time of its own. (One that has fired keeps its time too: it is in the past, and this one isn't.)
            while timers.contains_key(&due) {
                due += Duration::from_nanos(1);
            }
            timers.insert(due, cx.waker().clone());
        });
        Timer(due)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // At the end of the thread TIMERS may be gone before the timer.
        let waker = TIMERS.try_with(|timers| timers.borrow_mut().remove(&self.0));
        drop(waker); // Now that TIMERS isn't borrowed.
    }
}

/// Waits for at least `duration`.
pub(crate) fn sleep(duration: Duration) -> impl Future<Output = ()> + Unpin {
    let due = Instant::now() + duration;
    let mut timer = None;
    future::poll_fn(move |cx| {
        if due <= now() {
            return Poll::Ready(());
        }
        timer.replace(Timer::new(due, cx)); // Each time, because another task may be polling now.
        Poll::Pending
    })
}

/// A limit for how long one task waits.
pub(crate) struct Deadline {
    at: Cell<Instant>,
    timer: Cell<Option<Timer>>,
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

    /// Waits for `future`, or returns None once the deadline has passed. Always from the same task, which the timer wakes.
    pub(crate) fn timeout<F: Future + Unpin>(&self, mut future: F) -> impl Future<Output = Option<F::Output>> + Unpin {
        // Not an `async fn`, which would hold the future twice: as its argument, and as what it waits for.
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
        // Any timer will do that hasn't fired yet, and isn't later than the deadline.
        let timer = self.timer.take().filter(|timer| now < timer.0 && timer.0 <= at);
        self.timer.set(Some(timer.unwrap_or_else(|| Timer::new(at, cx))));
        Poll::Pending
    }
}

#[cfg(test)]
mod tests;
