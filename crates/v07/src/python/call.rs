//! The call of an application: from the environ to the first block of its response.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::body::{Context, Iteration};
use super::environ::Template;
use super::parts::Parts;
use super::start_response::{StartResponse, bytes};
use crate::http::response::Head;
use crate::wsgi::environ::Environ;

/// An application, as it was imported, and what its environs have in common.
pub(super) struct Callable {
    pub(super) object: Py<PyAny>,
    pub(super) template: Template,
}

/// The start of a response.
pub(super) struct Answer {
    /// `None` if it was sent by `write`.
    pub(super) head: Option<Head>,
    /// The blocks so far.
    pub(super) first: Vec<u8>,
    /// The others, unless that was the whole body.
    pub(super) rest: Option<Iteration>,
}

impl Callable {
    /// Calls the application, up to its first block that isn't empty: until then the head may change, or the whole become
    /// a 500.
    pub(super) fn call(&self, py: Python, environ: &Environ, parts: Option<Arc<Parts>>) -> PyResult<Answer> {
        let environ = self.template.environ(py, environ)?;
        let start_response = Bound::new(py, StartResponse::new(parts))?;
        let context = Context::new(py)?;
        let iterable = context.run(py, || self.object.bind(py).call1((environ, &start_response)))??;
        let (block, rest) = if let Some(body) = whole(&iterable)? {
            (body, None)
        } else {
            let mut iteration = Iteration::new(iterable, context)?;
            match iteration.next(py)? {
                Some(block) => (block, Some(iteration)),
                None => (Vec::new(), None),
            }
        };
        let (head, first) = match start_response.get().begin()? {
            Some((head, written)) if written.is_empty() => (Some(head), block),
            Some((head, written)) => (Some(head), [written, block].concat()),
            None => (None, block),
        };
        Ok(Answer { head, first, rest })
    }
}

/// The body, if it is a list or a tuple: then nothing is left to be made, and its length is known.
fn whole(iterable: &Bound<PyAny>) -> PyResult<Option<Vec<u8>>> {
    let mut body = Vec::new();
    if let Ok(list) = iterable.cast_exact::<PyList>() {
        for block in list {
            body.extend_from_slice(bytes(&block)?);
        }
    } else if let Ok(tuple) = iterable.cast_exact::<PyTuple>() {
        for block in tuple.iter_borrowed() {
            body.extend_from_slice(bytes(&block)?);
        }
    } else {
        return Ok(None);
    }
    Ok(Some(body))
}
