//! The executor: the tasks, and the queue of those that are ready to run.
//!
//! A task is polled only after its waker was used. Waking puts it at the end of the queue, once however often it is woken
//! before its turn. A waker may be kept for long and used by any thread, so it holds no future, only a `Task`: the number
//! of a place, and the queue. The futures stay in their places in this thread.
//!
//! Another thread may wake a task while the loop waits in epoll_wait(2). It finds the loop asleep and writes to an
//! eventfd(2) that the reactor watches. The loop's own wakes need no system call.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::{io, mem};

use nix::sys::eventfd::{EfdFlags, EventFd};

use super::slab::Slab;

pub(super) struct Executor {
    slots: RefCell<Slab<Slot>>,
    queue: Arc<Queue>,
    /// Those that were not polled yet.
    spawned: RefCell<Vec<Arc<Task>>>,
    /// The tasks of this turn. Empty between turns: only its memory is kept.
    turn: Cell<Vec<Arc<Task>>>,
}

struct Slot {
    task: Arc<Task>,
    /// Taken out while it is polled: it may come back here, to spawn a task say.
    future: Option<BoxFuture>,
}

type BoxFuture = Pin<Box<dyn Future<Output = ()>>>;

impl Executor {
    pub(super) fn new() -> io::Result<Executor> {
        let eventfd = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
        let queue = Queue { ready: Mutex::default(), asleep: AtomicBool::new(false), eventfd };
        Ok(Executor {
            slots: RefCell::default(),
            queue: Arc::new(queue),
            spawned: RefCell::default(),
            turn: Cell::default(),
        })
    }

    /// Makes a task of `future`, which is ready.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let mut slots = self.slots.borrow_mut();
        slots.insert_with(|index| {
            let task = Arc::new(Task { index, queued: AtomicBool::new(true), queue: self.queue.clone() });
            self.spawned.borrow_mut().push(task.clone());
            Slot { task, future: Some(Box::pin(future)) }
        });
    }

    /// Runs each task that is ready by now once, and then the new ones that these have spawned. Those that become ready
    /// meanwhile wait for the next turn.
    pub(super) fn run_ready(&self) {
        let mut turn = self.turn.take();
        mem::swap(&mut turn, &mut self.queue.ready());
        turn.drain(..).for_each(|task| self.run(task));
        mem::swap(&mut turn, &mut self.spawned.borrow_mut());
        turn.drain(..).for_each(|task| self.run(task));
        self.turn.set(turn);
    }

    fn run(&self, task: Arc<Task>) {
        // Before the poll: a task that is woken while it runs, be it by itself, is to run again. Not just a store: what
        // another thread did before it woke the task must be seen by it.
        task.queued.swap(false, Ordering::AcqRel);
        let Some(mut future) = self.take_future(&task) else { return };
        let index = task.index;
        let waker = Waker::from(task);
        // A panic ends this task alone; std's hook tells on stderr. A future that is done is dropped in here too.
        let left = panic::catch_unwind(AssertUnwindSafe(move || {
            future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending().then_some(future)
        }));
        self.put_back(index, left.unwrap_or_default());
    }

    /// The future of `task`. None if it is done: a waker can outlive its task, and the slot be another's by then.
    fn take_future(&self, task: &Arc<Task>) -> Option<BoxFuture> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.get_mut(task.index).filter(|slot| Arc::ptr_eq(&slot.task, task))?;
        slot.future.take()
    }

    /// Puts back what is left of a task that ran; nothing is, if it is done.
    fn put_back(&self, index: u32, future: Option<BoxFuture>) {
        let mut slots = self.slots.borrow_mut();
        match slots.get_mut(index) {
            Some(slot) if future.is_some() => slot.future = future,
            _ => drop(slots.remove(index)),
        }
    }

    pub(super) fn wake_all(&self) {
        for slot in self.slots.borrow().iter() {
            slot.task.wake_by_ref();
        }
    }

    /// Drops all tasks.
    pub(super) fn clear(&self) {
        // No borrow is held while they are dropped: what they hold may spawn a task in its `drop`.
        while !self.slots.borrow().is_empty() {
            drop(self.slots.take());
        }
    }

    /// The descriptor that becomes readable when another thread wakes a task of a sleeping loop.
    pub(super) fn alarm(&self) -> &EventFd {
        &self.queue.eventfd
    }

    /// Whether there is nothing to run. If so, who wakes a task from now on writes to the eventfd.
    pub(super) fn fall_asleep(&self) -> bool {
        // Said before the look: who comes to push finds it said, or has pushed already. The mutex orders the two.
        self.queue.asleep.store(true, Ordering::Relaxed);
        let nothing_to_run = self.queue.ready().is_empty() && self.spawned.borrow().is_empty();
        self.queue.asleep.store(nothing_to_run, Ordering::Relaxed);
        nothing_to_run
    }

    pub(super) fn wake_up(&self) {
        self.queue.asleep.store(false, Ordering::Relaxed);
    }
}

/// What a waker holds.
pub(super) struct Task {
    index: u32,
    /// Whether it is in the queue.
    queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Wake for Task {
    fn wake(self: Arc<Task>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Task>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            self.queue.push(self.clone());
        }
    }
}

struct Queue {
    ready: Mutex<Vec<Arc<Task>>>,
    /// Whether the loop waits, or is about to.
    asleep: AtomicBool,
    /// Never read: each write is a new event for an edge-triggered epoll, and its count does not overflow.
    eventfd: EventFd,
}

impl Queue {
    fn push(&self, task: Arc<Task>) {
        self.ready().push(task);
        // The first one who finds the loop asleep wakes it for all.
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::Relaxed) {
            let _ = self.eventfd.write(1);
        }
    }

    fn ready(&self) -> MutexGuard<'_, Vec<Arc<Task>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
