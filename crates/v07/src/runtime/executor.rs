//! The executor: the tasks, and the queue of those that are ready to run.
//!
//! A task is a future that is polled until it is done: once when it is spawned, then each time its waker was used. Waking
//! puts the task at the end of the queue, once, however often it is woken before its turn.
//!
//! A waker may be kept for long and used by any thread. So it holds a `Task`: the key of the future and the queue, but not
//! the future itself, which never leaves its thread. If that thread sleeps, waking writes to its eventfd(2).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};

use nix::sys::eventfd::EventFd;

use super::slab::Slab;

// Each thread has its own, so the futures don't have to be locked, and `spawn` works without a handle.
thread_local! {
    static TASKS: RefCell<Slab<Slot>> = const { RefCell::new(Slab::new()) };
    static QUEUE: Arc<Queue> = Arc::default();
}

struct Slot {
    task: Arc<Task>,
    /// None while it is polled: it is taken out, because it may use TASKS itself, to spawn a task for example.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

/// The inside of a waker.
struct Task {
    key: u32,
    /// Whether it is in the queue.
    is_queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Wake for Task {
    fn wake(self: Arc<Task>) {
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            self.queue.clone().push(self);
        }
    }
}

#[derive(Default)]
struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    ready: VecDeque<Arc<Task>>,
    /// While the loop sleeps, the descriptor that wakes it.
    eventfd: Option<Arc<EventFd>>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, task: Arc<Task>) {
        let mut state = self.lock();
        state.ready.push_back(task);
        if let Some(eventfd) = state.eventfd.take() {
            let _ = eventfd.write(1); // Never read: each write is a new event for an edge-triggered epoll.
        }
    }
}

/// Starts a task: it runs beside those that there are, from the next turn on.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    let key = TASKS.with_borrow(Slab::next_key);
    let task = Arc::new(Task { key, is_queued: AtomicBool::new(false), queue: QUEUE.with(Arc::clone) });
    let slot = Slot { task: task.clone(), future: Some(Box::pin(future)) };
    TASKS.with_borrow_mut(|tasks| tasks.insert(slot));
    task.wake();
}

/// Makes every task ready: each may find that something has changed which it was not waiting for.
pub(crate) fn wake_all() {
    TASKS.with_borrow(|tasks| tasks.iter().for_each(|slot| slot.task.wake_by_ref()));
}

/// Runs each task that is ready by now, once. Tasks that become ready while these run wait for the next turn.
pub(super) fn run_ready() {
    let queue = QUEUE.with(Arc::clone);
    let count = queue.lock().ready.len();
    for _ in 0..count {
        let task = queue.lock().ready.pop_front();
        task.into_iter().for_each(run);
    }
}

fn run(task: Arc<Task>) {
    // Before the poll, because a task that is woken while it runs has to run again. It isn't a plain store, because the task
    // has to see all that another thread did before it woke the task.
    task.is_queued.swap(false, Ordering::AcqRel);
    let future = TASKS.with_borrow_mut(|tasks| {
        // A waker can outlive its task, and the slot can be another task's by then.
        tasks.get_mut(task.key).filter(|slot| Arc::ptr_eq(&slot.task, &task))?.future.take()
    });
    let Some(mut future) = future else { return };
    let key = task.key;
    let waker = Waker::from(task);
    // A panic ends this task alone. A future that is done is dropped in here too.
    let polled = panic::catch_unwind(AssertUnwindSafe(move || {
        future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending().then_some(future)
    }));
    let pending = polled.unwrap_or_default();
    TASKS.with_borrow_mut(|tasks| match tasks.get_mut(key) {
        Some(slot) if pending.is_some() => slot.future = pending,
        _ => drop(tasks.remove(key)),
    });
}

/// Whether no task is ready. If so, the first that becomes ready before `wake_up` writes to `eventfd`.
pub(super) fn fall_asleep(eventfd: &Arc<EventFd>) -> bool {
    QUEUE.with(|queue| {
        let mut state = queue.lock();
        state.eventfd = state.ready.is_empty().then(|| eventfd.clone());
        state.eventfd.is_some()
    })
}

pub(super) fn wake_up() {
    QUEUE.with(|queue| queue.lock().eventfd = None);
}

/// Drops all tasks.
pub(super) fn clear() {
    // Not borrowed while they are dropped, which may spawn others.
    while TASKS.with_borrow(|tasks| tasks.iter().next().is_some()) {
        drop(TASKS.replace(Slab::new()));
    }
}

#[cfg(test)]
mod tests;
