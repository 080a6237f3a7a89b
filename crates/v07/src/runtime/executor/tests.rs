//! Tasks that count how often they are polled, and keep their waker for the test to use.

use std::cell::Cell;
use std::future;
use std::rc::Rc;
use std::task::Poll;
use std::thread;

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::sys::eventfd::EfdFlags;

use super::*;
use crate::runtime::tests::OnDrop;

#[derive(Clone, Default)]
struct Probe {
    polls: Rc<Cell<usize>>,
    waker: Rc<RefCell<Option<Waker>>>,
}

impl Probe {
    /// Spawns a task that is done at its poll number `last`.
    fn spawned_until(last: usize) -> Probe {
        let probe = Probe::default();
        let task = probe.clone();
        spawn(future::poll_fn(move |cx| {
            task.polls.set(task.polls.get() + 1);
            *task.waker.borrow_mut() = Some(cx.waker().clone());
            if task.polls.get() == last { Poll::Ready(()) } else { Poll::Pending }
        }));
        probe
    }

    fn waker(&self) -> Result<Waker> {
        self.waker.borrow().clone().context("the task has not run")
    }
}

/// How many tasks there are.
fn count() -> usize {
    TASKS.with_borrow(|tasks| tasks.iter().count())
}

#[test]
fn a_task_that_is_woken_twice_runs_once() -> Result<()> {
    let probe = Probe::spawned_until(9);
    run_ready();
    assert_eq!(probe.polls.get(), 1);
    probe.waker()?.wake();
    probe.waker()?.wake();
    run_ready();
    run_ready();
    assert_eq!(probe.polls.get(), 2);
    Ok(())
}

#[test]
fn a_waker_that_is_used_after_the_end_wakes_no_task() -> Result<()> {
    let done = Probe::spawned_until(1);
    run_ready();
    done.waker()?.wake();
    run_ready();
    assert_eq!((done.polls.get(), count()), (1, 0));
    let next = Probe::spawned_until(9);
    run_ready();
    assert!(TASKS.with_borrow_mut(|tasks| tasks.get_mut(0).is_some()), "it has the key of the first");
    done.waker()?.wake();
    run_ready();
    assert_eq!((done.polls.get(), next.polls.get()), (1, 1));
    Ok(())
}

#[test]
fn a_task_that_wakes_itself_runs_once_in_each_turn() -> Result<()> {
    let polls = Rc::new(Cell::new(0));
    let seen = polls.clone();
    spawn(future::poll_fn(move |cx| {
        polls.set(polls.get() + 1);
        cx.waker().wake_by_ref();
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    for turn in 1..5 {
        run_ready();
        assert_eq!(seen.get(), turn);
    }
    assert!(!fall_asleep(&eventfd()?));
    Ok(())
}

#[test]
fn tasks_run_in_the_order_in_which_they_became_ready() {
    let order = Rc::new(RefCell::new(Vec::new()));
    for number in 0..3 {
        let order = order.clone();
        spawn(async move {
            order.borrow_mut().push(number);
            spawn(async move { order.borrow_mut().push(10 + number) });
        });
    }
    run_ready();
    assert_eq!(*order.borrow(), [0, 1, 2], "tasks that are spawned in a turn wait for the next");
    run_ready();
    assert_eq!(*order.borrow(), [0, 1, 2, 10, 11, 12]);
    assert_eq!(count(), 0);
}

#[test]
fn a_task_that_panics_is_dropped_and_the_others_run() {
    let dropped = Rc::new(Cell::new(false));
    let on_drop = OnDrop(dropped.clone());
    spawn(async move {
        let _on_drop = on_drop;
        panic!("as the test wants it");
    });
    let other = Probe::spawned_until(1);
    run_ready();
    assert_eq!((dropped.get(), other.polls.get(), count()), (true, 1, 0));
}

#[test]
fn tasks_that_a_dropped_task_spawns_are_dropped_too() {
    struct Spawns(Rc<Cell<bool>>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let on_drop = OnDrop(self.0.clone());
            spawn(async move { drop(on_drop) });
        }
    }
    let dropped = Rc::new(Cell::new(false));
    let spawns = Spawns(dropped.clone());
    spawn(async move {
        let _spawns = spawns;
        future::pending().await
    });
    run_ready();
    clear();
    assert_eq!((dropped.get(), count()), (true, 0));
}

#[test]
fn a_sleeping_loop_is_woken_by_one_write_and_another_by_none() -> Result<()> {
    let eventfd = eventfd()?;
    let probes = [Probe::spawned_until(9), Probe::spawned_until(9)];
    assert!(!fall_asleep(&eventfd), "there are tasks to run");
    run_ready();
    let wake_both_elsewhere = || -> Result<()> {
        let wakers = [probes[0].waker()?, probes[1].waker()?];
        let _ = thread::spawn(move || wakers.map(Waker::wake)).join();
        Ok(())
    };

    assert!(fall_asleep(&eventfd));
    wake_both_elsewhere()?;
    assert_eq!(eventfd.read(), Ok(1));
    wake_up();
    run_ready();
    assert_eq!(probes.each_ref().map(|probe| probe.polls.get()), [2, 2]);

    wake_both_elsewhere()?;
    assert_eq!(eventfd.read(), Err(Errno::EAGAIN));
    run_ready();
    assert_eq!(probes.each_ref().map(|probe| probe.polls.get()), [3, 3]);
    Ok(())
}

fn eventfd() -> Result<Arc<EventFd>> {
    Ok(Arc::new(EventFd::from_flags(EfdFlags::EFD_NONBLOCK)?))
}
