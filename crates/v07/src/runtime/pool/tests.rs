//! Pools of their own, with jobs that run until the test lets them end.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, mpsc};

use anyhow::Result;

use super::*;
use crate::runtime::tests::{poll_once, run};
use crate::runtime::{spawn, yield_now};

#[test]
fn a_full_pool_makes_its_callers_wait_and_not_the_loop() -> Result<()> {
    static POOL: Pool = Pool::new();
    const JOBS: usize = 3 * THREADS;
    run(async {
        let (started, starts) = mpsc::channel();
        let done = Rc::new(Cell::new(0));
        let (closed, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        for number in 0..JOBS {
            let (started, done, gate) = (started.clone(), done.clone(), gate.clone());
            spawn(async move {
                let given = POOL.run(move || {
                    let _ = started.send(number);
                    let _ = lock(&gate).recv(); // Until the other end is dropped.
                    number
                });
                assert_eq!(given.await, number);
                done.set(done.get() + 1);
            });
        }
        let mut running = Vec::new();
        while running.len() < THREADS {
            running.extend(starts.try_iter());
            yield_now().await;
        }
        running.sort();
        assert!(running.into_iter().eq(0..THREADS), "first come, first served");
        {
            let state = lock(&POOL.state);
            assert_eq!((state.threads, state.idle, state.jobs.len()), (THREADS, 0, JOBS - THREADS));
        }
        assert_eq!(done.get(), 0);
        drop(closed);
        while done.get() < JOBS {
            yield_now().await;
        }
        assert_eq!(starts.try_iter().count(), JOBS - THREADS);
    })
}

#[test]
fn a_thread_is_used_again() -> Result<()> {
    static POOL: Pool = Pool::new();
    let busy = || {
        let state = lock(&POOL.state);
        state.threads - state.idle
    };
    run(async move {
        for number in 0..100 {
            while busy() > 0 {
                yield_now().await;
            }
            assert_eq!(POOL.run(move || number).await, number);
        }
        assert_eq!(lock(&POOL.state).threads, 1);
    })
}

#[test]
fn a_panic_goes_on_in_the_caller() -> Result<()> {
    static POOL: Pool = Pool::new();
    assert!(run(async { POOL.run(|| panic!("as the test wants it")).await }).is_err());
    assert_eq!(run(async { POOL.run(|| 7).await })?, 7);
    Ok(())
}

#[test]
fn a_job_whose_caller_went_ends_by_itself() -> Result<()> {
    struct Tells(mpsc::Sender<()>);
    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    static POOL: Pool = Pool::new();
    let (open, gate) = mpsc::channel::<()>();
    let (dropped, drops) = mpsc::channel();
    let mut call = Box::pin(POOL.run(move || {
        let _ = gate.recv();
        Tells(dropped)
    }));
    assert!(poll_once(&mut call).is_pending());
    drop(call);
    assert!(drops.try_recv().is_err());
    open.send(())?;
    drops.recv()?; // The result was dropped.
    Ok(())
}

#[test]
fn the_pool_of_the_process_runs_jobs() -> Result<()> {
    assert_eq!(run(async { blocking(|| 7).await })?, 7);
    Ok(())
}
