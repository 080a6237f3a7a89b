//! The environ: the dictionary that describes a request to an application (PEP 3333, "environ Variables").
//!
//! Values are bytes, as they came: PATH_INFO is percent-decoded and may contain any of them. The variables are made when the
//! first one is asked for: an application that needs none doesn't pay for them.

use std::cell::OnceCell;
use std::io::{self, Cursor, Write};
use std::mem;
use std::ops::Index;

use crate::address::Address;
use crate::http::request::Request;
use crate::http::target::percent_decode;
use crate::log;

pub(crate) struct Environ {
    variables: OnceCell<Variables>,
    pub(crate) peer: Address,
    server: Address,
    multiprocess: bool,
    pub(crate) request: Request,
    /// `wsgi.input`: the body of the request.
    pub(crate) input: Cursor<Vec<u8>>,
    /// `wsgi.errors`: lines for the server's log.
    pub(crate) errors: Errors,
}

impl Environ {
    /// For a request that `peer` sent to `server`. `multiprocess`: whether another process may be running the same
    /// application at the same time.
    pub(crate) fn new(mut request: Request, peer: Address, server: Address, multiprocess: bool) -> Environ {
        let input = Cursor::new(mem::take(&mut request.body));
        let variables = OnceCell::new();
        Environ { variables, peer, server, multiprocess, request, input, errors: Errors::default() }
    }

    /// The same request for a thread, which also gets the body.
    pub(crate) fn hand_over(&mut self) -> Environ {
        let (request, input) = (self.request.clone(), mem::take(&mut self.input));
        Environ { variables: OnceCell::new(), request, input, errors: Errors::default(), ..*self }
    }

    /// The variable's value.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    /// All variables, name and value, in the order in which they were set.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.variables().iter()
    }

    fn variables(&self) -> &Variables {
        self.variables.get_or_init(|| {
            let mut variables = Variables::default();
            variables.add_own(self.server, self.multiprocess);
            variables.add_request(&self.request, self.peer);
            variables.add_fields(&self.request, self.input.get_ref().len());
            variables
        })
    }
}

/// Names and values.
#[derive(Default)]
pub(crate) struct Variables(Vec<(String, Vec<u8>)>);

impl Variables {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    fn set(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Adds the variables that are the same for all requests.
    pub(crate) fn add_own(&mut self, server: Address, multiprocess: bool) {
        let (host, port) = match server {
            Address::Ip(server) if server.is_ipv6() => (format!("[{}]", server.ip()), server.port()),
            Address::Ip(server) => (server.ip().to_string(), server.port()),
            Address::Unix => ("localhost".to_owned(), 80), // They must not be empty (PEP 3333).
        };
        self.set("SCRIPT_NAME", "");
        self.set("SERVER_NAME", host); // RFC 3875 4.1.14
        self.set("SERVER_PORT", port.to_string());
        self.set("wsgi.version", "1.0");
        self.set("wsgi.url_scheme", "http");
        self.set("wsgi.multithread", "false");
        self.set("wsgi.multiprocess", multiprocess.to_string());
        self.set("wsgi.run_once", "false");
    }

    /// Adds the variables that come from the request line and the connection.
    fn add_request(&mut self, request: &Request, peer: Address) {
        self.set("REQUEST_METHOD", request.method());
        self.set("PATH_INFO", percent_decode(request.path()));
        self.set("QUERY_STRING", request.query());
        self.set("SERVER_PROTOCOL", format!("HTTP/1.{}", request.minor_version));
        if let Address::Ip(peer) = peer {
            self.set("REMOTE_ADDR", peer.ip().to_canonical().to_string()); // Not ::ffff:127.0.0.1
            self.set("REMOTE_PORT", peer.port().to_string());
        }
    }

    /// Adds the variables that come from the fields, for a body of `length` bytes.
    fn add_fields(&mut self, request: &Request, length: usize) {
        // The body has been read and decoded: its length is known, and the coding is gone.
        if request.values("Content-Length").chain(request.values("Transfer-Encoding")).next().is_some() {
            self.set("CONTENT_LENGTH", length.to_string());
        }
        for (name, value) in request.fields() {
            let Some(variable) = variable(name) else { continue };
            match self.0.iter_mut().find(|(known, _)| *known == variable) {
                Some((_, list)) => list.extend([separator(&variable), value].concat()),
                None => self.set(&variable, value),
            }
        }
    }
}

/// The variable that a field with this name becomes, if it becomes one.
pub(crate) fn variable(field: &str) -> Option<String> {
    // X_Y would look like X-Y, which a proxy may vouch for. HTTP_PROXY is a setting of many programs.
    if field.contains('_') || field.eq_ignore_ascii_case("Proxy") {
        return None;
    }
    match field.to_ascii_uppercase().replace('-', "_").as_str() {
        "CONTENT_LENGTH" | "TRANSFER_ENCODING" => None,
        "CONTENT_TYPE" => Some("CONTENT_TYPE".to_owned()),
        name => Some(format!("HTTP_{name}")),
    }
}

/// The separator between the values of repeated fields, which are one list (RFC 9110 5.3), or between cookies (RFC 6265
/// 4.2.1).
pub(crate) fn separator(variable: &str) -> &'static [u8] {
    if variable == "HTTP_COOKIE" { b"; " } else { b"," }
}

/// `environ["PATH_INFO"]`: for the variables that PEP 3333 promises. A missing variable panics, as PEP 3333's dictionary
/// raises KeyError; `get` is for those that may be missing.
impl Index<&str> for Environ {
    type Output = [u8];

    fn index(&self, name: &str) -> &[u8] {
        self.get(name).unwrap_or_else(|| panic!("environ has no {name}"))
    }
}

/// Lines for the server's log. A line is written once its end has come.
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

#[cfg(test)]
mod tests;
