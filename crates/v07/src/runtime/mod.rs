//! The async runtime: it runs `async` code in one thread, where thousands of clients can be waited for at once.
//!
//! An `async` block is a future: a value that, when polled, runs until it is done or has to wait. Then it leaves its waker
//! with the part that knows when it can go on, and gives way to others. From the bottom up:
//!
//! - `slab`: a list whose values are found by a key;
//! - `executor`: the tasks, which are futures that run on their own, and the queue of those that are ready;
//! - `timers`: tasks that wait for a point in time;
//! - `reactor` and `sockets`: tasks that wait for a descriptor, with epoll(7), and std's sockets for them;
//! - `channel` and `pool`: tasks that wait for a thread, which does what would hold up the loop.
//!
//! `run` turns the loop. One turn: run each task that is ready, once; wait for a descriptor or the next timer; wake the
//! tasks that waited for them. A task that becomes ready in a turn runs in the next one, so descriptors and timers are
//! looked at however busy the tasks are.

mod channel;
mod executor;
mod pool;
mod reactor;
mod slab;
mod sockets;
mod timers;

use std::cell::Cell;
use std::future::{self, Future};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::eventfd::{EfdFlags, EventFd};

pub(crate) use channel::{Receiver, Sender, channel};
pub(crate) use executor::{spawn, wake_all};
pub(crate) use pool::blocking;
pub(crate) use reactor::{Direction, Source};
pub(crate) use sockets::{Listener, TcpListener, TcpStream};
pub(crate) use timers::{Deadline, now, sleep};

/// Runs `main` as the first task and returns its output; tasks that are left then are dropped. `before_wait` is called in
/// each turn after its tasks have run.
pub(crate) fn run<T: 'static>(main: impl Future<Output = T> + 'static, mut before_wait: impl FnMut()) -> Result<T> {
    let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    let eventfd = Source::new(Arc::new(eventfd)).context("cannot set up the reactor")?;
    let output = Rc::new(Cell::new(None));
    let returned = output.clone();
    spawn(async move { returned.set(Some(main.await)) });
    let mut wakers = Vec::new();
    let result = loop {
        executor::run_ready();
        before_wait();
        if Rc::strong_count(&output) == 1 {
            // The task has ended, and dropped the other one.
            break output.take().context("the first task panicked");
        }
        if let Err(error) = wait(eventfd.get(), &mut wakers) {
            break Err(error).context("cannot wait for events");
        }
    };
    executor::clear();
    result
}

/// The second half of a turn.
fn wait(eventfd: &Arc<EventFd>, wakers: &mut Vec<Waker>) -> io::Result<()> {
    let is_idle = executor::fall_asleep(eventfd);
    let timeout = if is_idle { timers::until_next(Instant::now()) } else { Some(Duration::ZERO) };
    let waited = reactor::wait(timeout, wakers);
    executor::wake_up();
    waited?;
    let now = Instant::now();
    if timers::until_next(now) == Some(Duration::ZERO) {
        // Before a timer fires, all that came in time must be seen. The process may have been stopped (SIGSTOP) since it
        // looked, and a wait that was interrupted (EINTR) hasn't looked at all.
        reactor::wait(Some(Duration::ZERO), wakers)?;
    }
    timers::fire(now, wakers);
    wakers.drain(..).for_each(Waker::wake); // Now that the parts above have finished: waking may call them.
    Ok(())
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

/// The output of one of two futures.
pub(crate) enum Either<L, R> {
    Left(L),
    Right(R),
}

/// Runs two futures side by side until one is done; the other is dropped.
pub(crate) async fn race<L: Future, R: Future>(left: L, right: R) -> Either<L::Output, R::Output> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    future::poll_fn(|cx| match left.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Either::Left(output)),
        Poll::Pending => right.as_mut().poll(cx).map(Either::Right),
    })
    .await
}

#[cfg(test)]
mod tests;
