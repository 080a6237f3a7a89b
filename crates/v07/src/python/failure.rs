//! Exceptions, for the log: the traceback as a whole, and what went wrong in a few words.

use anyhow::{Error, anyhow};
use pyo3::prelude::*;

use crate::log;

/// Writes the traceback to stderr, in one piece, and returns the exception in one line.
pub(super) fn report(py: Python, exception: &PyErr) -> Error {
    match traceback(py, exception) {
        Ok(text) => log::lines(&text),
        Err(_) => exception.display(py), // Not `print`, which ends the process at a SystemExit.
    }
    summary(exception)
}

/// The exception in one line.
pub(super) fn summary(exception: &PyErr) -> Error {
    anyhow!("{}", exception.to_string().replace('\n', " "))
}

fn traceback(py: Python, exception: &PyErr) -> PyResult<String> {
    let parts = (exception.get_type(py), exception.value(py), exception.traceback(py));
    let lines: Vec<String> = py.import("traceback")?.call_method1("format_exception", parts)?.extract()?;
    Ok(lines.concat())
}
