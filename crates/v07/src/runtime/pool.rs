//! The pool: a few threads for work that computes or blocks, and so would hold up the loop with all its clients.
//!
//! The jobs wait in one queue, first come, first served. A full pool makes the callers wait, not the loop.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use super::channel::{channel, lock};

/// How many threads the pool has, once that many were needed.
const THREADS: usize = 4;

static POOL: Pool = Pool::new();

/// Runs `job` in a thread of the pool and waits for its result; if it panics, so does the caller. If the caller is dropped,
/// the job runs all the same, and its result is dropped.
pub(crate) fn blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> {
    POOL.run(job)
}

struct Pool {
    state: Mutex<State>,
    /// Notified for each job.
    added: Condvar,
}

struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// How many threads have no job.
    idle: usize,
}

type Job = Box<dyn FnOnce() + Send>;

impl Pool {
    const fn new() -> Pool {
        Pool { state: Mutex::new(State { jobs: VecDeque::new(), threads: 0, idle: 0 }), added: Condvar::new() }
    }

    async fn run<T: Send + 'static>(&'static self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (sender, mut receiver) = channel();
        self.submit(Box::new(move || drop(sender.send(job()))));
        // Without a result the job has panicked, which std's hook has reported.
        receiver.next().await.unwrap_or_else(|| panic::resume_unwind(Box::new("the job panicked")))
    }

    fn submit(&'static self, job: Job) {
        let mut state = lock(&self.state);
        if state.idle <= state.jobs.len() && state.threads < THREADS {
            let started = thread::Builder::new().name("blocking".into()).spawn(|| self.work());
            state.threads += usize::from(started.is_ok());
        }
        if state.threads == 0 {
            drop(state);
            return job(); // The system has no thread for us. This holds up the loop, but the job is done.
        }
        state.jobs.push_back(job);
        self.added.notify_one();
    }

    /// The life of a thread.
    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            state.idle += 1;
            state = self.added.wait_while(state, |it| it.jobs.is_empty()).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
            let job = state.jobs.pop_front();
            drop(state);
            // A panic ends the job, but not the thread.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| job.map(|job| job())));
            state = lock(&self.state);
        }
    }
}

#[cfg(test)]
mod tests;
