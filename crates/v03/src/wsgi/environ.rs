//! The environ: what an application learns of a request (PEP 3333, "environ Variables"). It is a dictionary that owns
//! all it holds, flat: one buffer of text, and where in it each name and each value stand. The next request reuses it.
//! It is made when the first variable is asked for: an application that asks for none does not pay for it.
//!
//! Values are bytes, as they came: PATH_INFO is percent-decoded and may hold any of them.

use std::cell::{Cell, OnceCell};
use std::io::{self, Cursor, Write};
use std::mem;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::{Index, Range};

use crate::http::request::Request;
use crate::http::target::percent_decode;
use crate::log;

pub(crate) struct Environ {
    /// The variables that are the same for all requests.
    own: Variables,
    pub(crate) request: Request,
    peer: SocketAddr,
    /// All variables, `own` included, once the first is asked for.
    all: OnceCell<Variables>,
    /// Those of a request before, for their room.
    spare: Cell<Variables>,
    /// `wsgi.input`: the body of the request.
    pub(crate) input: Cursor<Vec<u8>>,
    /// `wsgi.errors`: lines for the server's log.
    pub(crate) errors: Errors,
}

impl Environ {
    /// For the requests to the server at that address. `multiprocess`: whether another process may be running the same
    /// application at the same time.
    pub(crate) fn new(server: SocketAddr, multiprocess: bool) -> Environ {
        let mut own = Variables::default();
        own.set("SCRIPT_NAME", b"");
        let name = if server.is_ipv6() { format!("[{}]", server.ip()) } else { server.ip().to_string() };
        own.set("SERVER_NAME", name.as_bytes()); // RFC 3875 4.1.14
        own.set("SERVER_PORT", server.port().to_string().as_bytes());
        own.set("wsgi.version", b"1.0");
        own.set("wsgi.url_scheme", b"http");
        own.set("wsgi.multithread", b"false");
        own.set("wsgi.multiprocess", if multiprocess { b"true" } else { b"false" });
        own.set("wsgi.run_once", b"false");
        Environ {
            own,
            request: Request::default(),
            peer: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            all: OnceCell::new(),
            spare: Cell::default(),
            input: Cursor::default(),
            errors: Errors::default(),
        }
    }

    /// Takes this request, its body in `input`, and gives the one before for it, whose memory can be used again.
    pub(crate) fn fill(&mut self, request: &mut Request, peer: SocketAddr) {
        mem::swap(&mut self.request, request);
        self.input = Cursor::new(mem::take(&mut self.request.body));
        self.peer = peer;
        if let Some(used) = self.all.take() {
            self.spare.set(used);
        }
    }

    /// The variable's value.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let all = self.variables();
        all.position(name.as_bytes()).and_then(|at| all.text.get(all.list.get(at)?.value.clone()))
    }

    /// All variables, name and value, in the order in which they were set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.variables().iter()
    }

    fn variables(&self) -> &Variables {
        self.all.get_or_init(|| {
            let mut all = self.spare.take();
            all.clone_from(&self.own);
            all.add(&self.request, self.peer, self.input.get_ref().len());
            all
        })
    }
}

/// Names and values.
#[derive(Default)]
struct Variables {
    text: Vec<u8>,
    list: Vec<Variable>,
}

#[derive(Clone)]
struct Variable {
    name: Range<usize>,
    value: Range<usize>,
}

impl Variables {
    /// Holds what `other` holds, in the room that it has already.
    fn clone_from(&mut self, other: &Variables) {
        self.text.clone_from(&other.text);
        self.list.clone_from(&other.list);
    }

    /// Adds what `request` says, which came from `peer` with a body of that length.
    fn add(&mut self, request: &Request, peer: SocketAddr, length: usize) {
        let (path, query) = request.path_and_query();
        self.set("REQUEST_METHOD", request.method());
        let name = self.append(b"PATH_INFO");
        let start = self.text.len();
        percent_decode(path, &mut self.text);
        self.list.push(Variable { name, value: start..self.text.len() });
        self.set("QUERY_STRING", query);
        self.set("SERVER_PROTOCOL", if request.minor_version == 0 { b"HTTP/1.0" } else { b"HTTP/1.1" });
        self.set("REMOTE_ADDR", peer.ip().to_canonical().to_string().as_bytes()); // Not ::ffff:127.0.0.1
        self.set("REMOTE_PORT", peer.port().to_string().as_bytes());
        for (at, (name, _)) in request.fields().enumerate() {
            let is_same = |(other, _): &(&[u8], &[u8])| other.eq_ignore_ascii_case(name);
            if !request.fields().take(at).any(|field| is_same(&field)) {
                self.add_field(name, request.fields().skip(at).filter(is_same).map(|(_, value)| value), length);
            }
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.list.iter().map(|variable| (self.bytes(&variable.name), self.bytes(&variable.value)))
    }

    /// What the fields of one name become.
    fn add_field<'a>(&mut self, name: &[u8], mut values: impl Iterator<Item = &'a [u8]>, length: usize) {
        // X_Y would pass for X-Y, which a proxy in front may vouch for; HTTP_PROXY is a setting of many programs.
        if name.contains(&b'_') || name.eq_ignore_ascii_case(b"Proxy") {
            return;
        }
        // The input is decoded and complete: its length is known however it came, and the coding is no more.
        if name.eq_ignore_ascii_case(b"Transfer-Encoding") || name.eq_ignore_ascii_case(b"Content-Length") {
            return self.set("CONTENT_LENGTH", length.to_string().as_bytes());
        }
        let start = self.text.len();
        if !name.eq_ignore_ascii_case(b"Content-Type") {
            self.text.extend_from_slice(b"HTTP_");
        }
        let upper = |byte: &u8| if *byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
        self.text.extend(name.iter().map(upper));
        let name_end = self.text.len();

        // A field that comes again is one list (RFC 9110 5.3); cookies are parted in another way (RFC 6265 4.2.1).
        let separator: &[u8] = if name.eq_ignore_ascii_case(b"Cookie") { b"; " } else { b"," };
        self.text.extend_from_slice(values.next().unwrap_or_default());
        for value in values {
            self.text.extend_from_slice(separator);
            self.text.extend_from_slice(value);
        }
        self.list.push(Variable { name: start..name_end, value: name_end..self.text.len() });
    }

    fn set(&mut self, name: &str, value: &[u8]) {
        let (name, value) = (self.append(name.as_bytes()), self.append(value));
        match self.position(self.bytes(&name)).and_then(|at| self.list.get_mut(at)) {
            Some(variable) => variable.value = value,
            None => self.list.push(Variable { name, value }),
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

/// What an application has to say to the server's log. A line is written when its end has come.
#[derive(Default)]
pub(crate) struct Errors(Vec<u8>);

impl Write for Errors {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(text);
        while let Some(end) = self.0.iter().position(|&byte| byte == b'\n') {
            let line: Vec<_> = self.0.drain(..=end).collect();
            log::line(String::from_utf8_lossy(line.trim_ascii_end()));
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.0.is_empty() {
            log::line(String::from_utf8_lossy(&mem::take(&mut self.0)));
        }
        Ok(())
    }
}
