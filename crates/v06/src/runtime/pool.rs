//! The pool: a few threads for what computes or blocks, and so would hold up the loop and all its clients.
//!
//! The jobs wait in one queue, first come, first served. However many they are, there are at most THREADS threads: a full
//! pool makes those wait that want it, not the loop.

use std::collections::VecDeque;
use std::future::{self, Future};
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;

/// How many threads the pool has, once that many were needed.
const THREADS: usize = 4;

static POOL: Pool = Pool::new();

/// Runs `job` in a thread of the pool and waits for what it gives; its panic goes on in the caller. If the caller is
/// dropped, the job still runs, and what it gives is dropped.
pub(crate) fn blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> impl Future<Output = T> {
    POOL.run(job)
}

struct Pool {
    state: Mutex<State>,
    /// Notified for each job.
    came: Condvar,
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
        Pool { state: Mutex::new(State { jobs: VecDeque::new(), threads: 0, idle: 0 }), came: Condvar::new() }
    }

    async fn run<T: Send + 'static>(&'static self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let answer = Arc::new(Answer::new());
        let given = answer.clone();
        self.submit(Box::new(move || given.give(panic::catch_unwind(AssertUnwindSafe(job)))));
        match future::poll_fn(|cx| answer.poll_take(cx)).await {
            Ok(value) => value,
            Err(panic) => panic::resume_unwind(panic),
        }
    }

    fn submit(&'static self, job: Job) {
        let mut state = lock(&self.state);
        state.jobs.push_back(job);
        if state.jobs.len() > state.idle && state.threads < THREADS && self.start_thread() {
            state.threads += 1;
        }
        if state.threads == 0 {
            // The system gives no thread. Then the loop is held up, but the job is done.
            let job = state.jobs.pop_back();
            drop(state);
            return job.into_iter().for_each(|job| job());
        }
        self.came.notify_one();
    }

    fn start_thread(&'static self) -> bool {
        thread::Builder::new().name("blocking".into()).spawn(|| self.work()).is_ok()
    }

    /// What each thread does, forever.
    fn work(&self) {
        loop {
            let job = self.next_job();
            // What a job gives may panic when it is dropped. That ends no thread.
            let _ = panic::catch_unwind(AssertUnwindSafe(job));
        }
    }

    fn next_job(&self) -> Job {
        let mut state = lock(&self.state);
        state.idle += 1;
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.idle -= 1;
                return job;
            }
            state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The place where a job leaves what it gave, or its panic, for the task that waits for it.
struct Answer<T>(Mutex<Progress<T>>);

enum Progress<T> {
    Running(Waker),
    Done(thread::Result<T>),
}

impl<T> Answer<T> {
    fn new() -> Answer<T> {
        Answer(Mutex::new(Progress::Running(Waker::noop().clone())))
    }

    fn give(&self, result: thread::Result<T>) {
        let before = mem::replace(&mut *lock(&self.0), Progress::Done(result));
        if let Progress::Running(waker) = before {
            waker.wake();
        }
    }

    fn poll_take(&self, cx: &Context) -> Poll<thread::Result<T>> {
        let mut progress = lock(&self.0);
        match mem::replace(&mut *progress, Progress::Running(cx.waker().clone())) {
            Progress::Running(_) => Poll::Pending,
            Progress::Done(result) => Poll::Ready(result),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
