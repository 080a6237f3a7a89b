//! Tasks that count how often they are polled, and keep their waker for the test to use.

use std::future;
use std::rc::Rc;
use std::thread;

use anyhow::{Context as _, Result};
use nix::errno::Errno;

use super::*;
use crate::runtime::tests::Told;
use std::task::Poll;

#[derive(Clone, Default)]
struct Probe {
    polls: Rc<Cell<usize>>,
    waker: Rc<RefCell<Option<Waker>>>,
}

impl Probe {
    /// A future that is done at its poll number `last`.
    fn until(&self, last: usize) -> impl Future<Output = ()> + use<> {
        let probe = self.clone();
        future::poll_fn(move |cx| {
            probe.polls.set(probe.polls.get() + 1);
            *probe.waker.borrow_mut() = Some(cx.waker().clone());
            if probe.polls.get() == last { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    fn waker(&self) -> Result<Waker> {
        self.waker.borrow().clone().context("the task has not run")
    }
}

#[test]
fn a_task_that_is_woken_twice_runs_once() -> Result<()> {
    let executor = Executor::new()?;
    let probe = Probe::default();
    executor.spawn(probe.until(9));
    executor.run_ready();
    assert_eq!(probe.polls.get(), 1);
    probe.waker()?.wake();
    probe.waker()?.wake();
    executor.run_ready();
    executor.run_ready();
    assert_eq!(probe.polls.get(), 2);
    Ok(())
}

#[test]
fn a_waker_that_is_used_after_the_end_wakes_nobody() -> Result<()> {
    let executor = Executor::new()?;
    let done = Probe::default();
    executor.spawn(done.until(1));
    executor.run_ready();
    done.waker()?.wake();
    executor.run_ready();
    assert_eq!(done.polls.get(), 1);
    // The next task gets its slot.
    let next = Probe::default();
    executor.spawn(next.until(9));
    executor.run_ready();
    assert_eq!(executor.slots.borrow_mut().get_mut(0).map(|slot| slot.future.is_some()), Some(true));
    done.waker()?.wake();
    executor.run_ready();
    assert_eq!((done.polls.get(), next.polls.get()), (1, 1));
    Ok(())
}

#[test]
fn a_task_that_wakes_itself_runs_once_in_each_turn() -> Result<()> {
    let executor = Executor::new()?;
    let polls = Rc::new(Cell::new(0));
    let seen = polls.clone();
    executor.spawn(future::poll_fn(move |cx| {
        polls.set(polls.get() + 1);
        cx.waker().wake_by_ref();
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    for turn in 1..5 {
        executor.run_ready();
        assert_eq!(seen.get(), turn);
    }
    assert!(!executor.fall_asleep());
    Ok(())
}

#[test]
fn tasks_run_in_the_order_in_which_they_became_ready() -> Result<()> {
    let executor = Rc::new(Executor::new()?);
    let order = Rc::new(RefCell::new(Vec::new()));
    for number in 0..3 {
        let (executor, order) = (Rc::downgrade(&executor), order.clone());
        let child = order.clone();
        let executor = executor.upgrade().context("it is there")?;
        let spawner = Rc::downgrade(&executor);
        executor.spawn(async move {
            order.borrow_mut().push(number);
            if let Some(executor) = spawner.upgrade() {
                executor.spawn(async move { child.borrow_mut().push(10 + number) });
            }
        });
    }
    executor.run_ready();
    assert_eq!(*order.borrow(), [0, 1, 2], "who is spawned in a turn waits for the next");
    executor.run_ready();
    assert_eq!(*order.borrow(), [0, 1, 2, 10, 11, 12]);
    assert!(executor.slots.borrow().is_empty());
    Ok(())
}

#[test]
fn a_task_that_panics_is_dropped_and_the_others_run() -> Result<()> {
    let executor = Executor::new()?;
    let dropped = Rc::new(Cell::new(false));
    let told = Told(dropped.clone());
    executor.spawn(async move {
        let _told = told;
        panic!("as the test wants it");
    });
    let other = Probe::default();
    executor.spawn(other.until(1));
    executor.run_ready();
    assert_eq!((dropped.get(), other.polls.get()), (true, 1));
    assert!(executor.slots.borrow().is_empty());
    Ok(())
}

#[test]
fn what_a_dropped_task_spawns_is_dropped_too() -> Result<()> {
    struct Spawns(Rc<Executor>, Rc<Cell<bool>>);
    impl Drop for Spawns {
        fn drop(&mut self) {
            let told = Told(self.1.clone());
            self.0.spawn(async move { drop(told) });
        }
    }
    let executor = Rc::new(Executor::new()?);
    let dropped = Rc::new(Cell::new(false));
    let spawns = Spawns(executor.clone(), dropped.clone());
    executor.spawn(async move {
        let _spawns = spawns;
        future::pending().await
    });
    executor.run_ready();
    executor.clear();
    assert!(dropped.get());
    Ok(())
}

#[test]
fn a_sleeping_loop_is_woken_by_one_write_and_another_by_none() -> Result<()> {
    let executor = Executor::new()?;
    let probes = [Probe::default(), Probe::default()];
    probes.iter().for_each(|probe| executor.spawn(probe.until(9)));
    assert!(!executor.fall_asleep(), "there are tasks to run");
    executor.run_ready();
    let wake_both_elsewhere = || -> Result<()> {
        let wakers = [probes[0].waker()?, probes[1].waker()?];
        let _ = thread::spawn(move || wakers.map(Waker::wake)).join();
        Ok(())
    };

    assert!(executor.fall_asleep());
    wake_both_elsewhere()?;
    assert_eq!(executor.alarm().read(), Ok(1));
    executor.wake_up();
    executor.run_ready();
    assert_eq!(probes.each_ref().map(|probe| probe.polls.get()), [2, 2]);

    wake_both_elsewhere()?;
    assert_eq!(executor.alarm().read(), Err(Errno::EAGAIN));
    executor.run_ready();
    assert_eq!(probes.each_ref().map(|probe| probe.polls.get()), [3, 3]);
    Ok(())
}
