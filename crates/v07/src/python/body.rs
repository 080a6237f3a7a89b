//! A body that the application makes as it goes: an iterable, asked for a block at a time, and closed at the end, whatever
//! the end is (PEP 3333, "Specification Details").

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use super::failure;
use super::start_response::bytes;
use super::watch;

pub(super) struct Iteration {
    iterable: Py<PyAny>,
    iterator: Py<PyIterator>,
    context: Context,
}

impl Iteration {
    pub(super) fn new(iterable: Bound<PyAny>, context: Context) -> PyResult<Iteration> {
        let iterator =
            context.run(iterable.py(), || iterable.try_iter())?.inspect_err(|_| close(&iterable, &context))?;
        Ok(Iteration { iterator: iterator.unbind(), iterable: iterable.unbind(), context })
    }

    /// The next block that isn't empty. `None` at the end.
    pub(super) fn next(&mut self, py: Python) -> PyResult<Option<Vec<u8>>> {
        self.context.run(py, || {
            for block in self.iterator.bind(py) {
                let block = block?;
                let block = bytes(&block)?;
                if !block.is_empty() {
                    return Ok(Some(block.to_vec()));
                }
            }
            Ok(None)
        })?
    }
}

impl Drop for Iteration {
    fn drop(&mut self) {
        watch::during(|| Python::attach(|py| close(self.iterable.bind(py), &self.context)));
    }
}

fn close(iterable: &Bound<PyAny>, context: &Context) {
    let py = iterable.py();
    let closed = context.run(py, || match iterable.getattr_opt(pyo3::intern!(py, "close"))? {
        Some(close) => close.call0().map(drop),
        None => Ok(()),
    });
    if let Err(exception) = closed.and_then(|closed| closed) {
        failure::report(py, &exception);
    }
}

/// The values of the context variables of one request (PEP 567). The requests of a thread take turns, and none must see
/// what another has set.
pub(super) struct Context(Py<PyAny>);

impl Context {
    pub(super) fn new(py: Python) -> PyResult<Context> {
        // SAFETY: this thread is attached.
        let context = unsafe { ffi::PyContext_CopyCurrent() };
        // SAFETY: that is a new reference, or null with an exception.
        let context = unsafe { Bound::from_owned_ptr_or_err(py, context) }?;
        Ok(Context(context.unbind()))
    }

    /// Calls `run` in the context.
    pub(super) fn run<T>(&self, py: Python, run: impl FnOnce() -> T) -> PyResult<T> {
        // SAFETY: it is a context, and this thread is attached.
        if unsafe { ffi::PyContext_Enter(self.0.as_ptr()) } != 0 {
            return Err(PyErr::fetch(py));
        }
        let output = run();
        // SAFETY: as above; it was entered just now.
        unsafe { ffi::PyContext_Exit(self.0.as_ptr()) };
        Ok(output)
    }
}
