//! Calls in threads, for applications that wait: for a database, for another server.
//!
//! A request belongs to one thread from the call to `close()`: an application may keep things with its thread, such as
//! the connection to a database. The parts of its response go to the loop, one after another: the thread waits until
//! the client has accepted the one before, so an endless body doesn't fill the memory.
//!
//! The threads are Python's own, made by `threading`, so that what belongs to a thread lasts from one call to the next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::call::{Answer, Callable};
use super::failure;
use super::parts::{Part, Parts};
use crate::wsgi::environ::Environ;

/// How long the threads may take to leave their calls when the worker ends.
const PATIENCE: Duration = Duration::from_millis(500);

/// How many threads are in a call.
static BUSY: AtomicUsize = AtomicUsize::new(0);

/// A request, and where the parts of its response go.
pub(super) struct Job {
    pub(super) environ: Environ,
    pub(super) parts: Parts,
}

/// Starts `count` threads, which take their jobs from one queue.
pub(super) fn start(py: Python, callable: Callable, count: usize) -> PyResult<Sender<Job>> {
    let (jobs, queue) = mpsc::channel();
    let thread = py.import("threading")?.getattr("Thread")?;
    let target = Bound::new(py, Target { callable, queue: Mutex::new(queue) })?;
    for number in 1..=count {
        let options = PyDict::new(py);
        options.set_item("target", &target)?;
        options.set_item("name", format!("request-{number}"))?;
        options.set_item("daemon", true)?; // Python's end doesn't wait for it.
        thread.call((), Some(&options))?.call_method0("start")?;
    }
    Ok(jobs)
}

/// Waits until the threads have left their calls: their clients are gone. False if one is still in a call after a while.
pub(super) fn finish() -> bool {
    let end = Instant::now() + PATIENCE;
    while BUSY.load(Ordering::Relaxed) > 0 && Instant::now() < end {
        thread::sleep(PATIENCE / 100);
    }
    BUSY.load(Ordering::Relaxed) == 0
}

/// The function that each of the threads runs.
#[pyclass(frozen)]
struct Target {
    callable: Callable,
    queue: Mutex<Receiver<Job>>,
}

#[pymethods]
impl Target {
    fn __call__(&self, py: Python) {
        while let Some(Job { environ, parts }) = py.detach(|| self.next()) {
            BUSY.fetch_add(1, Ordering::Relaxed);
            let parts = Arc::new(parts);
            if py.detach(|| parts.send(Part::Started)) {
                let end = match self.answer(py, &environ, &parts) {
                    Ok(()) => Part::End,
                    Err(exception) => Part::Failed(failure::report(py, &exception)),
                };
                py.detach(|| parts.send(end));
            }
            BUSY.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Target {
    fn next(&self) -> Option<Job> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }

    /// Sends the parts of a response.
    fn answer(&self, py: Python, environ: &Environ, parts: &Arc<Parts>) -> PyResult<()> {
        let Answer { head, first, rest } = self.callable.call(py, environ, Some(parts.clone()))?;
        let part = match (head, &rest) {
            (Some(head), None) => Part::Whole(head, first),
            (Some(head), Some(_)) => Part::Begin(head, first),
            (None, _) => Part::Block(first),
        };
        let mut is_wanted = py.detach(|| parts.send(part));
        let Some(mut rest) = rest else { return Ok(()) };
        while is_wanted && let Some(block) = rest.next(py)? {
            is_wanted = py.detach(|| parts.send(Part::Block(block)));
        }
        Ok(())
    }
}
