//! A channel from a thread to a task, with room for one value: `send` blocks the thread until there is room, and the task
//! awaits `next`. So a thread that is faster than the task can't fill the memory. Dropping either side ends the channel.

use std::future::{self, Future};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

struct Channel<T> {
    state: Mutex<State<T>>,
    /// Notified when there is room, and at the end.
    room: Condvar,
}

struct State<T> {
    value: Option<T>,
    has_ended: bool,
    /// The task that waits in `next`.
    waker: Option<Waker>,
}

pub(crate) struct Sender<T>(Arc<Channel<T>>);

pub(crate) struct Receiver<T>(Arc<Channel<T>>);

pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let state = Mutex::new(State { value: None, has_ended: false, waker: None });
    let channel = Arc::new(Channel { state, room: Condvar::new() });
    (Sender(channel.clone()), Receiver(channel))
}

impl<T> Sender<T> {
    /// Waits until there is room. If the receiver is gone, returns the value.
    pub(crate) fn send(&self, value: T) -> Result<(), T> {
        let mut state = lock(&self.0.state);
        while state.value.is_some() && !state.has_ended {
            state = self.0.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.has_ended {
            return Err(value);
        }
        state.value = Some(value);
        state.waker.take().into_iter().for_each(Waker::wake);
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Waits for a value. None is the end.
    pub(crate) fn next(&mut self) -> impl Future<Output = Option<T>> {
        future::poll_fn(|cx| {
            let mut state = lock(&self.0.state);
            if state.value.is_some() || state.has_ended {
                self.0.room.notify_one();
                return Poll::Ready(state.value.take());
            }
            state.waker = Some(cx.waker().clone());
            Poll::Pending
        })
    }
}

impl<T> Channel<T> {
    fn end(&self) {
        let mut state = lock(&self.state);
        state.has_ended = true;
        state.waker.take().into_iter().for_each(Waker::wake);
        self.room.notify_one();
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.end();
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
