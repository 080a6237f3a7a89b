//! `start_response`, and the `write` that it returns (PEP 3333, "The start_response() Callable").
//!
//! The arguments are checked in the call, so that the exception is raised in the application's own code.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyAssertionError, PyConnectionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

use super::parts::{Part, Parts};
use crate::http::response::Head;

#[pyclass(frozen, name = "start_response")]
pub(super) struct StartResponse {
    state: Mutex<State>,
    /// In a thread: where the parts of the response go.
    parts: Option<Arc<Parts>>,
}

#[derive(Default)]
struct State {
    head: Option<Head>,
    /// Whether the head has been taken: then no other one can replace it.
    is_begun: bool,
    /// The bytes that Content-Length has room for, if there is one.
    room: Option<u64>,
    /// The blocks that were written, unless they go to `parts`.
    written: Vec<u8>,
}

impl StartResponse {
    pub(super) fn new(parts: Option<Arc<Parts>>) -> StartResponse {
        StartResponse { state: Mutex::default(), parts }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head, and what was written after it. `None` if both are sent already.
    pub(super) fn begin(&self) -> PyResult<Option<(Head, Vec<u8>)>> {
        let mut state = self.lock();
        let written = std::mem::take(&mut state.written);
        match state.head.take() {
            Some(head) => {
                state.is_begun = true;
                Ok(Some((head, written)))
            }
            None if state.is_begun => Ok(None),
            None => Err(PyAssertionError::new_err("the application did not call start_response")),
        }
    }
}

#[pymethods]
impl StartResponse {
    #[pyo3(signature = (status, response_headers, exc_info = None))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        status: &Bound<'py, PyAny>,
        response_headers: &Bound<'py, PyAny>,
        exc_info: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let head = head(status, response_headers)?;
        let mut state = slf.get().lock();
        match exc_info {
            // The head is on its way: the application must end with its exception.
            Some(exc_info) if state.is_begun || !state.written.is_empty() => {
                return Err(PyErr::from_value(exc_info.get_item(1)?));
            }
            None if state.is_begun || state.head.is_some() => {
                return Err(PyAssertionError::new_err("start_response was called again without exc_info"));
            }
            _ => {}
        }
        state.room = head.length;
        state.head = Some(head);
        drop(state);
        slf.getattr(pyo3::intern!(slf.py(), "write"))
    }

    /// Sends a block. From a thread that is done at once; inline it has to wait until the application has returned, because
    /// the loop can't run before.
    fn write(&self, py: Python, data: &Bound<PyAny>) -> PyResult<()> {
        let block = bytes(data)?;
        if block.is_empty() {
            return Ok(());
        }
        let mut state = self.lock();
        if let Some(room) = &mut state.room {
            let size = block.len() as u64;
            *room =
                room.checked_sub(size).ok_or_else(|| PyValueError::new_err("more bytes than Content-Length says"))?;
        }
        let Some(parts) = &self.parts else {
            state.written.extend_from_slice(block);
            return Ok(());
        };
        let head = state.head.take();
        state.is_begun |= head.is_some();
        drop(state);
        let part = head.map_or_else(|| Part::Block(block.to_vec()), |head| Part::Begin(head, block.to_vec()));
        if py.detach(|| parts.send(part)) { Ok(()) } else { Err(PyConnectionError::new_err("the client has left")) }
    }
}

/// The bytes of a block.
pub(super) fn bytes<'a>(block: &'a Bound<'_, PyAny>) -> PyResult<&'a [u8]> {
    match block.cast::<PyBytes>() {
        Ok(bytes) => Ok(bytes.as_bytes()),
        Err(_) => Err(PyTypeError::new_err(format!("a block of the body must be bytes, not {}", kind(block)))),
    }
}

fn head(status: &Bound<PyAny>, headers: &Bound<PyAny>) -> PyResult<Head> {
    let mut head = Head::new(text(status, "the status")?).map_err(refuse)?;
    let headers = headers
        .cast::<PyList>()
        .map_err(|_| PyTypeError::new_err(format!("the headers must be a list, not {}", kind(headers))))?;
    for header in headers {
        let pair = header.cast::<PyTuple>().ok().filter(|pair| pair.len() == 2);
        let pair = pair.ok_or_else(|| PyTypeError::new_err("a header must be a tuple of a name and a value"))?;
        let (name, value) = (pair.get_borrowed_item(0)?, pair.get_borrowed_item(1)?);
        head.field(text(&name, "a header's name")?, text(&value, "a header's value")?).map_err(refuse)?;
    }
    Ok(head)
}

fn text<'a>(value: &'a Bound<'_, PyAny>, what: &str) -> PyResult<&'a str> {
    match value.cast::<PyString>() {
        Ok(text) => text.to_str(),
        Err(_) => Err(PyTypeError::new_err(format!("{what} must be a str, not {}", kind(value)))),
    }
}

fn refuse(error: anyhow::Error) -> PyErr {
    PyValueError::new_err(format!("{error:#}"))
}

fn kind(value: &Bound<PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "this".to_owned(), |name| name.to_string())
}
