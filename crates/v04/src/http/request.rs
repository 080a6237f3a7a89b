//! A request, made of the bytes of its head (RFC 9112 sections 2 to 6).
//!
//! httparse checks the grammar of the fields; the request line, the host and the framing are checked here, the target in
//! `target.rs`.

use std::ops::Range;

use httparse::{EMPTY_HEADER, Status};

use crate::http::body::BodyReader;
use crate::http::input::position;
use crate::http::refusal::{MAX_FIELDS, Refusal, TOO_MANY_FIELDS};
use crate::http::target::{Bytes, Target, is_host};

/// As many fields as most heads have at the most.
const USUAL_FIELDS: usize = 16;

/// A request. The next one can be read into the same value, whose memory is used again.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Request {
    /// The head as it came. The parts below say where they stand in it.
    head: Vec<u8>,
    line: Range<usize>,
    method: Range<usize>,
    target: Range<usize>,
    parts: Target,
    fields: Vec<Field>,
    /// The y of HTTP/1.y, at most 1: a later minor version is served as HTTP/1.1 (RFC 9110 2.5).
    pub(crate) minor_version: u8,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq)]
struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

impl Request {
    pub(crate) fn method(&self) -> &[u8] {
        self.bytes(&self.method)
    }

    /// The path and the query, percent-encoded as they came. The path is `*` for a request about the server as a whole.
    pub(crate) fn path_and_query(&self) -> (&[u8], &[u8]) {
        let target = self.bytes(&self.target);
        let path = target.get(self.parts.path.clone()).filter(|path| !path.is_empty());
        (path.unwrap_or(b"/"), target.get(self.parts.query.clone()).unwrap_or_default())
    }

    /// The request line as it came, without the end of the line.
    pub(crate) fn line(&self) -> &[u8] {
        self.bytes(&self.line)
    }

    /// The fields in the order in which they came: name and value.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|field| (self.bytes(&field.name), self.bytes(&field.value)))
    }

    fn bytes(&self, part: &Range<usize>) -> &[u8] {
        self.head.get(part.clone()).unwrap_or_default()
    }

    /// Reads a head whose first line has that length, its end included. The body is still to come: gives what takes it
    /// out of the bytes that follow.
    pub(crate) fn read_head(&mut self, head: &[u8], line_length: usize) -> Result<BodyReader, Refusal> {
        self.head.clear();
        self.head.extend_from_slice(head);
        self.body.clear();
        let (line, fields) = head.split_at_checked(line_length).unwrap_or_default();
        self.read_line(head, without_end(line))?;
        // httparse fills an array. To make the small one takes less time than to read a request, the large one more.
        match self.read_fields::<USUAL_FIELDS>(head, fields) {
            Err(TOO_MANY_FIELDS) => self.read_fields::<MAX_FIELDS>(head, fields)?,
            result => result?,
        }
        self.settle_host()?;
        self.framing()
    }

    /// Reads three words, one space between each and the next (RFC 9112 3).
    fn read_line(&mut self, head: &[u8], line: &[u8]) -> Result<(), Refusal> {
        const WORDS: Refusal = Refusal::malformed("the request line is not METHOD TARGET VERSION");
        let (method, rest) = split_once(line, b' ').ok_or(WORDS)?;
        let (target, version) = split_once(rest, b' ').ok_or(WORDS)?;
        if method.is_empty() || !TCHARS.contains_all(method) {
            return Err(Refusal::malformed("the method is not a token"));
        }
        self.minor_version = match version {
            [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => (minor - b'0').min(1),
            [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
                return Err(Refusal {
                    status: "505 HTTP Version Not Supported",
                    reason: "this server speaks HTTP/1.1",
                });
            }
            _ if version.contains(&b' ') => return Err(WORDS),
            _ => return Err(Refusal::malformed("the version is not HTTP/x.y")),
        };
        if method == b"CONNECT" {
            return Err(Refusal { status: "501 Not Implemented", reason: "this server is not a proxy" });
        }
        self.parts = Target::parse(method, target)?;
        (self.line, self.method, self.target) = (range_in(head, line), range_in(head, method), range_in(head, target));
        Ok(())
    }

    /// Reads the fields, if there are at most `MAX` of them.
    fn read_fields<const MAX: usize>(&mut self, head: &[u8], fields: &[u8]) -> Result<(), Refusal> {
        let mut parsed = [EMPTY_HEADER; MAX];
        let parsed = match httparse::parse_headers(fields, &mut parsed) {
            Ok(Status::Complete((_, parsed))) => parsed,
            Err(httparse::Error::TooManyHeaders) => return Err(TOO_MANY_FIELDS),
            _ => return Err(Refusal::malformed("a field is malformed")),
        };
        let range = |part| range_in(head, part);
        self.fields.clear();
        self.fields
            .extend(parsed.iter().map(|field| Field { name: range(field.name.as_bytes()), value: range(field.value) }));
        Ok(())
    }

    /// The one host (RFC 9112 3.2): that of the target if it has one, in the place of the Host field's.
    fn settle_host(&mut self) -> Result<(), Refusal> {
        let mut hosts = self.fields().filter(|(name, _)| name.eq_ignore_ascii_case(b"Host")).map(|(_, value)| value);
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if !is_host(host) => return Err(Refusal::malformed("the Host field is not a host")),
            (Some(_), None) => {}
            (None, _) if self.minor_version == 0 => {}
            (None, _) => return Err(Refusal::malformed("there is no Host field")),
            (Some(_), Some(_)) => return Err(Refusal::malformed("there are two Host fields")),
        }
        drop(hosts);
        if let Some(authority) = &self.parts.authority {
            let value = self.target.start + authority.start..self.target.start + authority.end;
            let host = self.fields().position(|(name, _)| name.eq_ignore_ascii_case(b"Host"));
            match host.and_then(|host| self.fields.get_mut(host)) {
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

    /// How the end of the body is told (RFC 9112 6.3).
    pub(crate) fn framing(&self) -> Result<BodyReader, Refusal> {
        let mut length = None;
        let mut codings: Option<Vec<&[u8]>> = None;
        for (name, value) in self.fields() {
            if name.eq_ignore_ascii_case(b"Content-Length") && length.replace(value).is_some() {
                return Err(Refusal::malformed("there are two Content-Length fields"));
            }
            if name.eq_ignore_ascii_case(b"Transfer-Encoding") {
                codings.get_or_insert_default().extend(elements(value));
            }
        }
        let Some(codings) = codings else {
            return length.map_or(Ok(BodyReader::Length(0)), BodyReader::of_length);
        };
        if length.is_some() {
            return Err(Refusal::malformed("there are both Content-Length and Transfer-Encoding"));
        }
        if self.minor_version == 0 {
            return Err(Refusal::malformed("HTTP/1.0 has no Transfer-Encoding"));
        }
        let is_chunked = |coding: &&[u8]| coding.eq_ignore_ascii_case(b"chunked");
        match codings.split_last() {
            Some((last, [])) if is_chunked(last) => Ok(BodyReader::ChunkSize),
            Some((last, before)) if is_chunked(last) && !before.iter().any(is_chunked) => {
                Err(Refusal { status: "501 Not Implemented", reason: "the only transfer coding known is chunked" })
            }
            _ => Err(Refusal::malformed("Transfer-Encoding does not end in one chunked")),
        }
    }

    /// Whether the client waits for a 100 before it sends the body (RFC 9110 10.1.1).
    pub(crate) fn expects_continue(&self) -> Result<bool, Refusal> {
        if self.minor_version == 0 {
            return Ok(false);
        }
        let mut expectations = self.list(b"Expect").peekable();
        let expects_any = expectations.peek().is_some();
        if !expectations.all(|expectation| expectation.eq_ignore_ascii_case(b"100-continue")) {
            return Err(Refusal { status: "417 Expectation Failed", reason: "the only one met is 100-continue" });
        }
        Ok(expects_any)
    }

    /// Whether the client may send another request on this connection (RFC 9112 9.3).
    pub(crate) fn persists(&self) -> bool {
        let mut persists = self.minor_version > 0;
        for option in self.list(b"Connection") {
            if option.eq_ignore_ascii_case(b"close") {
                return false;
            }
            persists |= option.eq_ignore_ascii_case(b"keep-alive");
        }
        persists
    }

    /// The elements of the list that all fields of this name make.
    fn list<'a>(&'a self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.fields().filter(|(other, _)| other.eq_ignore_ascii_case(name)).flat_map(|(_, value)| elements(value))
    }
}

/// The elements of a list; empty ones count for nothing (RFC 9110 5.6.1).
fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

/// The length of the first line of `bytes`, its line feed included.
pub(crate) fn line_length(bytes: &[u8]) -> usize {
    position(bytes, b'\n').map_or(bytes.len(), |end| end + 1)
}

/// What stands before and behind the first `byte` in `text`.
fn split_once(text: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = position(text, byte)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// A line without its end.
pub(crate) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where `part` stands in `whole`, which it is a piece of.
fn range_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    if part.is_empty() { 0..0 } else { start..start + part.len() }
}

/// The characters of a token (RFC 9110 5.6.2).
pub(crate) const TCHARS: Bytes = Bytes::letters_digits_and(b"!#$%&'*+-.^_`|~");
