//! The environ as Python's dictionary: texts, whose characters are the bytes that came (latin-1; PEP 3333, "Unicode Issues").

use std::collections::HashMap;
use std::ffi::c_char;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict, PyString};

use crate::address::Address;
use crate::http::target::percent_decode;
use crate::wsgi::environ::{self, Environ, Variables};

/// How many names of variables are kept.
const NAMES: usize = 256;

/// The variables that are the same in the dictionaries of all requests.
pub(super) struct Template {
    environ: Py<PyDict>,
    /// The class `io.BytesIO`: what an application reads the body from.
    bytes_io: Py<PyAny>,
    /// The variables that fields become, as Python's texts, whose hash is known. Clients send the same names again and again.
    names: Mutex<HashMap<String, Option<Py<PyString>>>>,
}

impl Template {
    /// `is_threaded`: whether another thread may be running the application at the same time.
    pub(super) fn new(py: Python, server: Address, is_threaded: bool) -> PyResult<Template> {
        let environ = PyDict::new(py);
        let mut own = Variables::default();
        own.add_own(server, true);
        for (name, value) in own.iter() {
            environ.set_item(name, text(py, value)?)?;
        }
        environ.set_item("wsgi.version", (1, 0))?;
        environ.set_item("wsgi.multithread", is_threaded)?;
        environ.set_item("wsgi.multiprocess", true)?;
        environ.set_item("wsgi.run_once", false)?;
        environ.set_item("wsgi.errors", py.import("sys")?.getattr("stderr")?)?;
        // The body is whole and decoded, so an application may read to its end, whatever CONTENT_LENGTH says.
        environ.set_item("wsgi.input_terminated", true)?;
        let bytes_io = py.import("io")?.getattr("BytesIO")?.unbind();
        Ok(Template { environ: environ.unbind(), bytes_io, names: Mutex::default() })
    }

    /// The dictionary for a request.
    pub(super) fn environ<'py>(&self, py: Python<'py>, environ: &Environ) -> PyResult<Bound<'py, PyDict>> {
        let (dictionary, request) = (self.environ.bind(py).copy()?, &environ.request);
        let set = |name: &Bound<'py, PyString>, value: &[u8]| dictionary.set_item(name, text(py, value)?);
        set(intern!(py, "REQUEST_METHOD"), request.method())?;
        set(intern!(py, "PATH_INFO"), &percent_decode(request.path()))?;
        set(intern!(py, "QUERY_STRING"), request.query().as_bytes())?;
        set(intern!(py, "SERVER_PROTOCOL"), format!("HTTP/1.{}", request.minor_version).as_bytes())?;
        if let Address::Ip(peer) = environ.peer {
            set(intern!(py, "REMOTE_ADDR"), peer.ip().to_canonical().to_string().as_bytes())?;
            set(intern!(py, "REMOTE_PORT"), peer.port().to_string().as_bytes())?;
        }
        let body = environ.input.get_ref();
        // The body has been read and decoded: its length is known, and the coding is gone.
        if request.values("Content-Length").chain(request.values("Transfer-Encoding")).next().is_some() {
            set(intern!(py, "CONTENT_LENGTH"), body.len().to_string().as_bytes())?;
        }
        self.add_fields(py, &dictionary, environ)?;
        let input = self.bytes_io.bind(py).call1((PyBytes::new(py, body),))?;
        dictionary.set_item(intern!(py, "wsgi.input"), input)?;
        Ok(dictionary)
    }

    /// Adds the variables that come from the fields.
    fn add_fields(&self, py: Python, dictionary: &Bound<PyDict>, environ: &Environ) -> PyResult<()> {
        // A thread that waits for the lock lets the one that has it run Python code.
        let mut names = self.names.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        for (field, value) in environ.request.fields() {
            let name = match names.get(field) {
                Some(name) => name,
                None => {
                    if names.len() == NAMES {
                        names.clear();
                    }
                    let name = environ::variable(field).map(|name| PyString::new(py, &name).unbind());
                    names.entry(field.to_owned()).or_insert(name)
                }
            };
            let Some(name) = name else { continue };
            let mut value = text(py, value)?;
            if let Some(earlier) = dictionary.get_item(name)? {
                let separator = text(py, environ::separator(name.to_str(py)?))?;
                value = earlier.add(separator)?.add(value)?;
            }
            dictionary.set_item(name, value)?;
        }
        Ok(())
    }
}

/// A text with a character for each byte.
fn text<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let length = bytes.len().cast_signed();
    // SAFETY: these are `length` bytes, and this thread is attached.
    let text = unsafe { ffi::PyUnicode_DecodeLatin1(bytes.as_ptr().cast::<c_char>(), length, ptr::null()) };
    // SAFETY: that is a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, text) }
}
