//! The environ as Python's dictionary: texts, whose characters are the bytes that came (latin-1; PEP 3333, "Unicode Issues").

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::address::Address;
use crate::wsgi::environ::{self, Environ, Variables};

/// The parts of a request that its dictionary is made of. They can be sent to a thread.
pub(super) struct Request {
    variables: Variables,
    input: Vec<u8>,
}

impl Request {
    pub(super) fn take(environ: &mut Environ) -> Request {
        Request { variables: environ.take_variables(), input: environ.take_input() }
    }
}

/// The parts of the dictionary that are the same for all requests.
pub(super) struct Template {
    environ: Py<PyDict>,
    /// The class `io.BytesIO`: what an application reads the body from.
    bytes_io: Py<PyAny>,
}

impl Template {
    /// `is_threaded`: whether another thread may be running the application at the same time.
    pub(super) fn new(py: Python, server: Address, is_threaded: bool) -> PyResult<Template> {
        let environ = PyDict::new(py);
        for (name, value) in environ::own_variables(server, true).iter() {
            environ.set_item(name, text(py, value))?;
        }
        environ.set_item("wsgi.version", (1, 0))?;
        environ.set_item("wsgi.multithread", is_threaded)?;
        environ.set_item("wsgi.multiprocess", true)?;
        environ.set_item("wsgi.run_once", false)?;
        environ.set_item("wsgi.errors", py.import("sys")?.getattr("stderr")?)?;
        // The body is whole and decoded, so an application may read to its end, whatever CONTENT_LENGTH says.
        environ.set_item("wsgi.input_terminated", true)?;
        Ok(Template { environ: environ.unbind(), bytes_io: py.import("io")?.getattr("BytesIO")?.unbind() })
    }

    /// The dictionary for a request.
    pub(super) fn environ<'py>(&self, py: Python<'py>, request: Request) -> PyResult<Bound<'py, PyDict>> {
        let environ = self.environ.bind(py).copy()?;
        for (name, value) in request.variables.iter() {
            environ.set_item(name, text(py, value))?;
        }
        let input = self.bytes_io.bind(py).call1((PyBytes::new(py, &request.input),))?;
        environ.set_item("wsgi.input", input)?;
        Ok(environ)
    }
}

/// A text with a character for each byte.
fn text<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyString> {
    match str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => PyString::new(py, text), // Nearly always.
        _ => PyString::new(py, &bytes.iter().copied().map(char::from).collect::<String>()),
    }
}
