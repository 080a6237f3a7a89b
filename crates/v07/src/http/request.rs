//! A request: its line and its fields (RFC 9112 3 and 5). Its body is read by `body.rs`.
//!
//! A request keeps its head as it came, in one piece; its parts are ranges of that. So reading a head takes two
//! allocations, however many fields it has.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::http::buffer::MAX_HEAD;
use crate::http::refusal::Refusal;
use crate::http::target::{Target, is_host};

/// The most fields of a head, and of a trailer section.
const MAX_FIELDS: usize = 100;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Request {
    /// The head as it came, except for empty lines before it.
    head: Vec<u8>,
    line: Range<usize>,
    method: Range<usize>,
    /// The host and port of a target that has one.
    host: Option<Range<usize>>,
    path: Range<usize>,
    query: Range<usize>,
    /// The y of HTTP/1.y, at most 1: a later minor version is served as HTTP/1.1 (RFC 9110 2.5).
    pub(crate) minor_version: u8,
    fields: Vec<Field>,
    /// The places in `fields` of those that the server itself reads: `values` looks at no others.
    known: Vec<usize>,
    pub(crate) body: Vec<u8>,
}

/// The fields that the server itself reads.
const KNOWN: [&str; 5] = ["Host", "Connection", "Content-Length", "Transfer-Encoding", "Expect"];

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

impl Request {
    /// A request whose line has arrived, without its end.
    pub(crate) fn new(line: &[u8]) -> Request {
        Request { head: [line, b"\r\n"].concat(), line: 0..line.len(), ..Request::default() }
    }

    /// The request line as it came, without its end.
    pub(crate) fn line(&self) -> &[u8] {
        self.bytes(&self.line)
    }

    pub(crate) fn method(&self) -> &[u8] {
        self.bytes(&self.method)
    }

    /// The path and the query, percent-encoded as they came.
    pub(crate) fn path(&self) -> &str {
        if self.path.is_empty() { "/" } else { self.text(&self.path) }
    }

    pub(crate) fn query(&self) -> &str {
        self.text(&self.query)
    }

    /// The fields in the order in which they came: name and value.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|field| (self.text(&field.name), self.bytes(&field.value)))
    }

    fn bytes(&self, part: &Range<usize>) -> &[u8] {
        self.head.get(part.clone()).unwrap_or_default()
    }

    fn text(&self, part: &Range<usize>) -> &str {
        str::from_utf8(self.bytes(part)).unwrap_or_default()
    }

    /// Reads the head that `bytes` begin with, if it is complete and nothing about it is unusual, and returns its length.
    /// `None` decides nothing: the head is then read line by line.
    pub(crate) fn read_head(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut parsed = httparse::Request::new(&mut []);
        let httparse::Status::Complete(length) = parsed.parse_with_uninit_headers(bytes, &mut fields).ok()? else {
            return None;
        };
        let head = bytes.get(..length.min(MAX_HEAD))?;
        let (method, target) = (parsed.method?, parsed.path?);
        let line_length = method.len() + target.len() + "  HTTP/1.1".len();
        // httparse lets a line end in LF alone, and empty lines come first.
        let ends_well = |end: usize| head.get(end..).is_some_and(|rest| rest.starts_with(b"\r\n"));
        let is_clean = head.starts_with(method.as_bytes())
            && ends_well(line_length)
            && head.ends_with(b"\r\n\r\n")
            && parsed
                .headers
                .iter()
                .all(|field| ends_well(range_in(head, field.name.as_bytes()).start.wrapping_sub(2)));
        if !is_clean || line_length > 8 * 1024 || method == "CONNECT" {
            return None;
        }
        let parts = Target::parse(method, target).ok()?;
        let range = |part: &str| range_in(head, part.as_bytes());
        (self.line, self.method) = (0..line_length, range(method));
        (self.host, self.path, self.query) = (parts.host.map(range), range(parts.path), range(parts.query));
        self.minor_version = parsed.version?;
        self.fields.clear();
        self.fields.extend(parsed.headers.iter().map(|field| Field::new(field, head, 0)));
        self.head.clear();
        self.head.extend_from_slice(head);
        self.body.clear();
        self.settle_host().ok()?;
        Some(length)
    }

    /// Reads the line: three words with one space between each two (RFC 9112 3).
    pub(crate) fn read_line(&mut self) -> Result<(), Refusal> {
        let line = str::from_utf8(self.line()).unwrap_or_default();
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::malformed("the request line is not METHOD TARGET VERSION"));
        };
        if method.is_empty() || !method.bytes().all(is_tchar) {
            return Err(Refusal::malformed("the method is not a token"));
        }
        let minor_version = match version.strip_prefix("HTTP/").map(str::as_bytes) {
            Some([b'1', b'.', minor @ b'0'..=b'9']) => (minor - b'0').min(1),
            Some([b'0'..=b'9', b'.', b'0'..=b'9']) => {
                let status = "505 HTTP Version Not Supported";
                return Err(Refusal { status, reason: "this server speaks HTTP/1.1" });
            }
            _ => return Err(Refusal::malformed("the version is not HTTP/x.y")),
        };
        if method == "CONNECT" {
            return Err(Refusal { status: "501 Not Implemented", reason: "this server is not a proxy" });
        }
        let Target { host, path, query } = Target::parse(method, target)?;
        let range = |part: &str| range_in(&self.head, part.as_bytes());
        let host = host.map(range);
        (self.method, self.host, self.path, self.query) = (range(method), host, range(path), range(query));
        self.minor_version = minor_version;
        Ok(())
    }

    /// Reads the section of fields.
    pub(crate) fn read_fields(&mut self, section: &[u8]) -> Result<(), Refusal> {
        self.fields = parse_fields(section, self.head.len())?;
        self.head.extend_from_slice(section);
        self.settle_host()
    }

    /// Settles which host the request is for (RFC 9112 3.2): that of the target, if it has one, replaces that of the Host
    /// field.
    fn settle_host(&mut self) -> Result<(), Refusal> {
        let is_known = |name: &[u8]| KNOWN.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name));
        self.known.clear();
        for (at, field) in self.fields.iter().enumerate() {
            let name = self.head.get(field.name.clone()).unwrap_or_default();
            self.known.extend(is_known(name).then_some(at));
        }
        let mut hosts = self.values("Host");
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if str::from_utf8(host).is_ok_and(is_host) => {}
            (Some(_), None) => return Err(Refusal::malformed("the Host field is not a host")),
            (None, _) if self.minor_version == 0 => {}
            (None, _) => return Err(Refusal::malformed("there is no Host field")),
            (Some(_), Some(_)) => return Err(Refusal::malformed("there are two Host fields")),
        }
        drop(hosts);
        if let Some(value) = self.host.take() {
            let host = self.fields().position(|(name, _)| name.eq_ignore_ascii_case("Host"));
            match host.and_then(|at| self.fields.get_mut(at)) {
                Some(field) => field.value = value,
                None => {
                    let start = self.head.len();
                    self.head.extend_from_slice(b"Host");
                    self.fields.push(Field { name: start..self.head.len(), value });
                }
            }
        }
        Ok(())
    }

    /// The values of all fields with this name, which is one of `KNOWN`.
    pub(crate) fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.known.iter().filter_map(|&at| self.fields.get(at));
        let named = fields.filter(|field| self.bytes(&field.name).eq_ignore_ascii_case(name.as_bytes()));
        named.map(|field| self.bytes(&field.value))
    }

    /// The elements of the list that all fields with this name make up; empty ones don't count (RFC 9110 5.6.1).
    pub(crate) fn list<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let elements = self.values(name).flat_map(|value| value.split(|&byte| byte == b','));
        elements.map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
    }

    /// Whether the client waits for a 100 before it sends the body (RFC 9110 10.1.1).
    pub(crate) fn expects_continue(&self) -> Result<bool, Refusal> {
        if self.minor_version == 0 {
            return Ok(false);
        }
        if !self.list("Expect").all(|expectation| expectation.eq_ignore_ascii_case(b"100-continue")) {
            let status = "417 Expectation Failed";
            return Err(Refusal { status, reason: "the only expectation that is met is 100-continue" });
        }
        Ok(self.list("Expect").next().is_some())
    }

    /// Whether the client may send another request on this connection (RFC 9112 9.3).
    pub(crate) fn persists(&self) -> bool {
        let has = |option: &[u8]| self.list("Connection").any(|other| other.eq_ignore_ascii_case(option));
        !has(b"close") && (self.minor_version > 0 || has(b"keep-alive"))
    }
}

impl Field {
    /// The ranges of a field of `section`, which begins at `offset` of the head.
    fn new(field: &httparse::Header, section: &[u8], offset: usize) -> Field {
        let range = |part: &[u8]| {
            let Range { start, end } = range_in(section, part);
            offset + start..offset + end
        };
        Field { name: range(field.name.as_bytes()), value: range(field.value) }
    }
}

/// Reads a section of fields, which ends in an empty line (RFC 9112 5) and begins at `offset` of the head.
pub(crate) fn parse_fields(section: &[u8], offset: usize) -> Result<Vec<Field>, Refusal> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    match httparse::parse_headers(section, &mut fields) {
        Ok(httparse::Status::Complete((_, fields))) => {
            Ok(fields.iter().map(|field| Field::new(field, section, offset)).collect())
        }
        Err(httparse::Error::TooManyHeaders) => {
            let status = "431 Request Header Fields Too Large";
            Err(Refusal { status, reason: "there are more than 100 fields" })
        }
        _ => Err(Refusal::malformed("a field is malformed")),
    }
}

/// The place of `part` in `whole`, of which it is a part.
fn range_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    if start <= whole.len() { start..start + part.len() } else { 0..0 }
}

/// A character of a token (RFC 9110 5.6.2).
pub(crate) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
