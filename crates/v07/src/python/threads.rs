//! Calls in threads, for applications that wait: for a database, for another server.
//!
//! A request belongs to one thread from the call to `close()`: an application may keep things with its thread, such as
//! the connection to a database. The parts of its response go to the loop, one after another: the thread waits until
//! the client has accepted the one before, so an endless body doesn't fill the memory.
//!
//! The threads are Python's own, made by `threading`, so that what belongs to a thread lasts from one call to the next.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::call::{Answer, Callable};
use super::failure;
use super::parts::{Part, Parts};
use crate::wsgi::environ::Environ;

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
            let parts = Arc::new(parts);
            if py.detach(|| parts.send(Part::Started)) {
                let end = match self.answer(py, &environ, &parts) {
                    Ok(()) => Part::End,
                    Err(exception) => Part::Failed(failure::report(py, &exception)),
                };
                py.detach(|| parts.send(end));
            }
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
