//! The environ: what an application learns of a request (PEP 3333, "environ Variables"). It is a dictionary that owns
//! all it holds, flat: one buffer of text, and where in it each name and each value stand. The next request reuses it.
//!
//! Values are bytes, as they came: PATH_INFO is percent-decoded and may hold any of them.

use std::io::{self, Cursor, LineWriter, Stderr};
use std::net::SocketAddr;
use std::ops::{Index, Range};

use crate::request::Request;
use crate::target::percent_decode;

pub(crate) struct Environ {
    text: Vec<u8>,
    variables: Vec<Variable>,
    /// How much of `text` and of `variables` is the server's own, the same for all requests.
    own: (usize, usize),
    /// `wsgi.input`: the body of the request.
    pub(crate) input: Cursor<Vec<u8>>,
    /// `wsgi.errors`: lines for the server's log. A line of up to 1,024 bytes goes out whole.
    pub(crate) errors: LineWriter<Stderr>,
}

struct Variable {
    name: Range<usize>,
    value: Range<usize>,
}

impl Environ {
    /// The variables that are the same for all requests. `multiprocess`: whether another process may be running the
    /// same application at the same time.
    pub(crate) fn new(server: SocketAddr, multiprocess: bool) -> Environ {
        let mut environ = Environ {
            text: Vec::new(),
            variables: Vec::new(),
            own: (0, 0),
            input: Cursor::default(),
            errors: LineWriter::new(io::stderr()),
        };
        environ.set("SCRIPT_NAME", b"");
        let name = if server.is_ipv6() { format!("[{}]", server.ip()) } else { server.ip().to_string() };
        environ.set("SERVER_NAME", name.as_bytes()); // RFC 3875 4.1.14
        environ.set("SERVER_PORT", server.port().to_string().as_bytes());
        environ.set("wsgi.version", b"1.0");
        environ.set("wsgi.url_scheme", b"http");
        environ.set("wsgi.multithread", b"false");
        environ.set("wsgi.multiprocess", if multiprocess { b"true" } else { b"false" });
        environ.set("wsgi.run_once", b"false");
        environ.own = (environ.text.len(), environ.variables.len());
        environ
    }

    /// Forgets the request before, and takes what `request` says; its body moves to `input`.
    pub(crate) fn fill(&mut self, request: &mut Request, peer: SocketAddr) {
        self.text.truncate(self.own.0);
        self.variables.truncate(self.own.1);
        self.input = Cursor::new(std::mem::take(&mut request.body));

        let (path, query) = request.path_and_query();
        self.set("REQUEST_METHOD", request.method().as_bytes());
        let name = self.append(b"PATH_INFO");
        let start = self.text.len();
        percent_decode(path, &mut self.text);
        self.variables.push(Variable { name, value: start..self.text.len() });
        self.set("QUERY_STRING", query);
        self.set("SERVER_PROTOCOL", if request.minor_version == 0 { b"HTTP/1.0" } else { b"HTTP/1.1" });
        self.set("REMOTE_ADDR", peer.ip().to_string().as_bytes());
        self.set("REMOTE_PORT", peer.port().to_string().as_bytes());
        for (name, value) in request.fields() {
            self.set_field(name, value);
        }
    }

    /// The variable's value.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.position(name.as_bytes()).and_then(|at| self.text.get(self.variables.get(at)?.value.clone()))
    }

    /// All variables, name and value, in the order in which they were set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.variables.iter().map(|variable| (self.bytes(&variable.name), self.bytes(&variable.value)))
    }

    /// What a field of the request becomes.
    fn set_field(&mut self, name: &[u8], value: &[u8]) {
        // X_Y would pass for X-Y, which a proxy in front may vouch for; HTTP_PROXY is a setting of many programs.
        if name.contains(&b'_') || name.eq_ignore_ascii_case(b"Proxy") {
            return;
        }
        // The input is decoded and complete: its length is known however it came, and the coding is no more.
        if name.eq_ignore_ascii_case(b"Transfer-Encoding") || name.eq_ignore_ascii_case(b"Content-Length") {
            let length = self.input.get_ref().len().to_string();
            return self.set("CONTENT_LENGTH", length.as_bytes());
        }
        let start = self.text.len();
        if !name.eq_ignore_ascii_case(b"Content-Type") {
            self.text.extend_from_slice(b"HTTP_");
        }
        let upper = |byte: &u8| if *byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
        self.text.extend(name.iter().map(upper));
        let name = start..self.text.len();

        // A field that comes again is one list (RFC 9110 5.3); cookies are parted in another way (RFC 6265 4.2.1).
        let before = self.position(self.bytes(&name));
        let start = self.text.len();
        if let Some(variable) = before.and_then(|at| self.variables.get(at)) {
            let separator: &[u8] = if self.bytes(&name) == b"HTTP_COOKIE" { b"; " } else { b"," };
            self.text.extend_from_within(variable.value.clone());
            self.text.extend_from_slice(separator);
        }
        self.text.extend_from_slice(value);
        let value = start..self.text.len();
        match before.and_then(|at| self.variables.get_mut(at)) {
            Some(variable) => variable.value = value,
            None => self.variables.push(Variable { name, value }),
        }
    }

    fn set(&mut self, name: &str, value: &[u8]) {
        let (name, value) = (self.append(name.as_bytes()), self.append(value));
        match self.position(self.bytes(&name)).and_then(|at| self.variables.get_mut(at)) {
            Some(variable) => variable.value = value,
            None => self.variables.push(Variable { name, value }),
        }
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        start..self.text.len()
    }

    fn bytes(&self, part: &Range<usize>) -> &[u8] {
        self.text.get(part.clone()).unwrap_or_default()
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        self.iter().position(|(other, _)| other == name)
    }
}

/// `environ["PATH_INFO"]`: for the variables that PEP 3333 promises. A variable that is not there panics, as the
/// dictionary of PEP 3333 raises KeyError; `get` is for those that may be missing.
impl Index<&str> for Environ {
    type Output = [u8];

    fn index(&self, name: &str) -> &[u8] {
        self.get(name).unwrap_or_else(|| panic!("environ has no {name}"))
    }
}
