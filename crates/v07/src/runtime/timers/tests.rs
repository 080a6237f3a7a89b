//! Timers that are set and looked at by hand, and deadlines that are polled by hand.

use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::task::Wake;

use anyhow::Result;

use super::*;
use crate::runtime::tests::{poll_once, run};
use crate::runtime::yield_now;

/// When the timers of this thread are due.
fn due() -> Vec<Instant> {
    TIMERS.with_borrow(|timers| timers.keys().copied().collect())
}

const HOUR: Duration = Duration::from_secs(3600);

/// Notes its number when it is woken.
struct Numbered(u32, Arc<Mutex<Vec<u32>>>);

impl Wake for Numbered {
    fn wake(self: Arc<Numbered>) {
        self.1.lock().expect("not poisoned").push(self.0);
    }
}

#[test]
fn timers_fire_when_due_in_the_order_of_their_times() {
    let woken = Arc::new(Mutex::new(Vec::new()));
    let start = Instant::now() + HOUR;
    let second = |count| start + Duration::from_secs(count);
    let _timers = [(3, 30), (1, 10), (2, 20), (4, 30)].map(|(number, at)| {
        let waker = Arc::new(Numbered(number, woken.clone())).into();
        Timer::new(second(at), &Context::from_waker(&waker))
    });
    let woken_at = |count| {
        let mut wakers = Vec::new();
        fire(second(count), &mut wakers);
        assert_eq!(now(), second(count));
        wakers.into_iter().for_each(Waker::wake);
        std::mem::take(&mut *woken.lock().expect("not poisoned"))
    };
    assert!(woken_at(9).is_empty());
    assert_eq!([9, 10, 11].map(|count| until_next(second(count))), [1, 0, 0].map(Duration::from_secs).map(Some));
    assert_eq!(woken_at(20), [1, 2]);
    assert!(woken_at(29).is_empty());
    assert_eq!(woken_at(99), [3, 4]);
    assert_eq!(until_next(second(99)), None);
}

#[test]
fn a_sleep_is_not_too_short() -> Result<()> {
    run(async {
        let start = Instant::now();
        sleep(Duration::from_millis(3)).await;
        assert!(start.elapsed() >= Duration::from_millis(3));
        assert_eq!(due(), []);
        sleep(Duration::ZERO).await;
    })
}

#[test]
fn a_sleep_that_is_dropped_leaves_no_timer() -> Result<()> {
    run(async {
        let (mut first, mut second) = (sleep(HOUR), sleep(2 * HOUR));
        assert_eq!(due(), []);
        assert!(poll_once(&mut first).is_pending() && poll_once(&mut second).is_pending());
        assert!(poll_once(&mut first).is_pending());
        assert_eq!(due().len(), 2);
        drop(first);
        assert!(matches!(due()[..], [at] if at > now() + HOUR));
        drop(second);
        assert_eq!(due(), []);
    })
}

#[test]
fn a_deadline_that_moves_later_leaves_its_timer_alone() -> Result<()> {
    run(async {
        let at = now() + HOUR;
        let deadline = Deadline::new(at);
        let wait = || assert_eq!(poll_once(&mut deadline.timeout(pending::<()>())), Poll::Pending);
        assert_eq!(due(), []);
        wait();
        deadline.set(at + HOUR);
        wait();
        assert_eq!(due(), [at]);
        // Earlier than the timer: that would come too late.
        deadline.set(at - HOUR / 2);
        wait();
        assert_eq!(due(), [at - HOUR / 2]);
        drop(deadline);
        assert_eq!(due(), []);
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
        assert_eq!(due(), [first]);
        deadline.set(last);
        assert_eq!(deadline.timeout(pending::<()>()).await, None);
        assert!(now() >= last);
        assert_eq!(due(), []);
    })
}

#[test]
fn what_is_there_is_given_though_the_deadline_has_passed() -> Result<()> {
    run(async {
        let deadline = Deadline::new(now());
        yield_now().await;
        assert_eq!(deadline.timeout(ready(7)).await, Some(7));
        assert_eq!(deadline.timeout(pending::<()>()).await, None);
    })
}

#[test]
fn a_deadline_is_small() {
    assert!(size_of::<Deadline>() <= 40);
}
