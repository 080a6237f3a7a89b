//! The async runtime: what runs `async` code in one thread, and lets it wait for thousands of clients at once.
//!
//! An `async` block is a future: a value that, when polled, runs until it is done or has to wait. A future that has to
//! wait leaves its waker with whoever knows when to go on, and gives way. Four rooms:
//!
//! - `executor`: the tasks, which are futures to be run to their end, and the queue of those that can go on;
//! - `reactor`: who waits for which descriptor (epoll(7)); a `source` is such a descriptor, and `tcp` has two kinds;
//! - `timers`: who waits for a point in time;
//! - `pool`: a few threads for what would hold up the loop.
//!
//! `run` turns the loop. One turn: run each task that is ready, once; wait in epoll_wait(2) for a descriptor or the next
//! timer; make the tasks ready whose time has come. A task that becomes ready in a turn runs in the next one, so the
//! descriptors and timers are looked at however busy the tasks are.

mod executor;
mod pool;
mod reactor;
mod slab;
mod source;
mod tcp;
mod timers;

use std::cell::{Cell, OnceCell};
use std::future::{self, Future};
use std::pin::pin;
use std::sync::mpsc::{self, TryRecvError};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use executor::Executor;
use reactor::Reactor;
use timers::Timers;

pub(crate) use pool::blocking;
pub(crate) use reactor::Direction;
pub(crate) use source::Source;
pub(crate) use tcp::{TcpListener, TcpStream};
pub(crate) use timers::{Deadline, sleep};

struct Runtime {
    executor: Executor,
    reactor: Reactor,
    timers: Timers,
    now: Cell<Instant>,
}

thread_local! {
    /// The thread's own, so that nothing here needs a lock, and `spawn` and `sleep` no handle. Made by `run`: a process
    /// that is forked later would share its epoll instance.
    static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
}

/// Runs `main` as the first task, until it is done, and gives what it gave; tasks that are left then are dropped.
/// `before_wait` is called in each turn when its tasks have run.
pub(crate) fn run<T: 'static>(main: impl Future<Output = T> + 'static, before_wait: impl FnMut()) -> Result<T> {
    set_up().context("cannot set up the runtime")?;
    let result = run_until_done(main, before_wait);
    with(|runtime| runtime.executor.clear());
    result
}

/// Makes the thread's runtime, unless it has one from an earlier run.
fn set_up() -> Result<()> {
    RUNTIME.with(|place| {
        if place.get().is_none() {
            let _ = place.set(Runtime::new()?);
        }
        Ok(())
    })
}

fn run_until_done<T: 'static>(main: impl Future<Output = T> + 'static, mut before_wait: impl FnMut()) -> Result<T> {
    let (sender, receiver) = mpsc::channel();
    spawn(async move {
        let _ = sender.send(main.await);
    });
    loop {
        with(|runtime| runtime.executor.run_ready());
        before_wait();
        match receiver.try_recv() {
            Err(TryRecvError::Empty) => with(Runtime::wait)?,
            result => return result.context("the first task panicked"),
        }
    }
}

/// Starts a task: it runs beside those that there are, from this turn on.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    with(|runtime| runtime.executor.spawn(future));
}

/// The time at which this turn of the loop began: what is due by then is due.
pub(crate) fn now() -> Instant {
    with(|runtime| runtime.now.get())
}

/// Gives way to all tasks that are ready, and to a look at the descriptors and timers.
pub(crate) fn yield_now() -> impl Future<Output = ()> + Unpin {
    let mut gave_way = false;
    future::poll_fn(move |cx| {
        if gave_way {
            return Poll::Ready(());
        }
        gave_way = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Makes every task ready: each may find that something has changed which it was not waiting for.
pub(crate) fn wake_all() {
    with(|runtime| runtime.executor.wake_all());
}

/// Which of two futures was done first, and what it gave.
pub(crate) enum First<L, R> {
    Left(L),
    Right(R),
}

/// Runs two futures side by side until one is done; the other one is dropped.
pub(crate) async fn race<L: Future, R: Future>(left: L, right: R) -> First<L::Output, R::Output> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    future::poll_fn(|cx| match left.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(First::Left(output)),
        Poll::Pending => right.as_mut().poll(cx).map(First::Right),
    })
    .await
}

fn with<T>(use_it: impl FnOnce(&Runtime) -> T) -> T {
    RUNTIME.with(|runtime| use_it(runtime.get().expect("called from inside runtime::run")))
}

impl Runtime {
    fn new() -> Result<Runtime> {
        let executor = Executor::new()?;
        let reactor = Reactor::new(executor.alarm())?;
        Ok(Runtime { executor, reactor, timers: Timers::new(), now: Cell::new(Instant::now()) })
    }

    /// The second half of a turn.
    fn wait(&self) -> Result<()> {
        let timeout = if self.executor.fall_asleep() { self.timers.until_next() } else { Some(Duration::ZERO) };
        let waited = self.reactor.wait(timeout);
        self.executor.wake_up();
        waited.context("cannot wait for events")?;
        let now = Instant::now();
        if self.timers.are_due(now) {
            // Before a timer goes off, all that has come by its time is seen: the process may have been stopped (SIGSTOP) since
            // it looked, and an interrupted wait (EINTR) has not looked at all.
            self.reactor.wait(Some(Duration::ZERO)).context("cannot look for events")?;
        }
        self.now.set(now);
        self.reactor.wake_tasks();
        self.timers.wake_tasks(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
