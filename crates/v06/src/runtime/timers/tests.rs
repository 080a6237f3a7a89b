//! Timers that are set and looked at by hand, and deadlines that are polled by hand.

use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::task::Wake;

use anyhow::Result;

use super::*;
use crate::runtime::tests::{poll_once, run};
use crate::runtime::{with, yield_now};

/// Its number is noted when it is woken.
struct Noted(u32, Arc<Mutex<Vec<u32>>>);

impl Wake for Noted {
    fn wake(self: Arc<Noted>) {
        self.1.lock().expect("nobody panics with it").push(self.0);
    }
}

/// When the timers of this thread fire.
fn standing() -> Vec<Instant> {
    with(|runtime| runtime.timers.timers.borrow().keys().map(|(at, _)| *at).collect())
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn timers_fire_when_due_in_the_order_of_their_times() {
    let woken = Arc::new(Mutex::new(Vec::new()));
    let timers = Timers::new();
    let start = Instant::now() + HOUR;
    let second = |count| start + Duration::from_secs(count);
    for (number, at) in [(3, 30), (1, 10), (2, 20), (4, 30)] {
        timers.set(second(at), Arc::new(Noted(number, woken.clone())).into());
    }
    let woken_at = |count| {
        timers.wake_tasks(second(count));
        std::mem::take(&mut *woken.lock().expect("nobody panics with it"))
    };
    assert_eq!(woken_at(9), []);
    assert!(timers.until_next() > Some(HOUR));
    assert_eq!(woken_at(20), [1, 2]);
    assert_eq!(woken_at(29), []);
    assert_eq!(woken_at(99), [3, 4]);
    assert_eq!(timers.until_next(), None);
}

#[test]
fn a_sleep_is_not_too_short() -> Result<()> {
    run(async {
        let start = Instant::now();
        sleep(Duration::from_millis(3)).await;
        assert!(start.elapsed() >= Duration::from_millis(3));
        assert_eq!(standing(), []);
        sleep(Duration::ZERO).await;
        Sleep { at: start, timer: None }.await;
    })
}

#[test]
fn a_sleep_that_is_dropped_leaves_no_timer() -> Result<()> {
    run(async {
        let (at, later) = (now() + HOUR, now() + 2 * HOUR);
        let mut first = Sleep { at, timer: None };
        let mut second = Sleep { at: later, timer: None };
        assert_eq!(standing(), []);
        assert!(poll_once(&mut first).is_pending() && poll_once(&mut second).is_pending());
        assert!(poll_once(&mut first).is_pending());
        assert_eq!(standing(), [at, later]);
        drop(first);
        assert_eq!(standing(), [later]);
        drop(second);
        assert_eq!(standing(), []);
    })
}

#[test]
fn a_deadline_that_moves_later_leaves_its_timer_alone() -> Result<()> {
    run(async {
        let at = now() + HOUR;
        let deadline = Deadline::new(at);
        let wait = || assert_eq!(poll_once(&mut deadline.watch(pending::<()>())), Poll::Pending);
        assert_eq!(standing(), []);
        wait();
        deadline.set(at + HOUR);
        wait();
        assert_eq!(standing(), [at]);
        // Earlier than the timer: that would come too late.
        deadline.set(at - HOUR / 2);
        wait();
        assert_eq!(standing(), [at - HOUR / 2]);
        drop(deadline);
        assert_eq!(standing(), []);
    })
}

#[test]
fn a_deadline_that_was_moved_passes_at_its_last_time() -> Result<()> {
    run(async {
        let first = now() + Duration::from_millis(2);
        let last = first + Duration::from_millis(5);
        let deadline = Deadline::new(first);
        future::poll_fn(|cx| {
            assert!(deadline.poll_passed(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        assert_eq!(standing(), [first]);
        deadline.set(last);
        assert_eq!(deadline.watch(pending::<()>()).await, None);
        assert!(now() >= last);
        assert_eq!(standing(), []);
    })
}

#[test]
fn what_is_there_is_given_though_the_deadline_has_passed() -> Result<()> {
    run(async {
        let deadline = Deadline::new(now());
        yield_now().await;
        assert_eq!(deadline.watch(ready(7)).await, Some(7));
        assert_eq!(deadline.watch(pending::<()>()).await, None);
    })
}

#[test]
fn a_deadline_is_small() {
    assert!(size_of::<Deadline>() <= 40);
}
