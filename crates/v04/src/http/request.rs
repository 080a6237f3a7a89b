//! A request: its line and its fields (RFC 9112 3 and 5). Its body is read by `body.rs`.

use crate::http::refusal::Refusal;
use crate::http::target::{Target, is_host};

/// The most fields of a head, and of a trailer section.
const MAX_FIELDS: usize = 100;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Request {
    /// The request line as it came, without its end.
    pub(crate) line: Vec<u8>,
    pub(crate) method: String,
    /// The host and port of a target that has one.
    pub(crate) host: Option<String>,
    /// The path and the query, percent-encoded as they came.
    pub(crate) path: String,
    pub(crate) query: String,
    /// The y of HTTP/1.y, at most 1: a later minor version is served as HTTP/1.1 (RFC 9110 2.5).
    pub(crate) minor_version: u8,
    /// The fields in the order in which they came: name and value.
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads `line`: three words with one space between each two (RFC 9112 3).
    pub(crate) fn read_line(&mut self) -> Result<(), Refusal> {
        let line = str::from_utf8(&self.line).unwrap_or_default();
        let mut words = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::malformed("the request line is not METHOD TARGET VERSION"));
        };
        if method.is_empty() || !method.bytes().all(is_tchar) {
            return Err(Refusal::malformed("the method is not a token"));
        }
        self.minor_version = match version.strip_prefix("HTTP/").map(str::as_bytes) {
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
        (self.method, self.host) = (method.to_owned(), host.map(str::to_owned));
        (self.path, self.query) = (path.to_owned(), query.to_owned());
        Ok(())
    }

    /// Reads the section of fields, and settles which host the request is for (RFC 9112 3.2): that of the target, if
    /// it has one, replaces that of the Host field.
    pub(crate) fn read_fields(&mut self, section: &[u8]) -> Result<(), Refusal> {
        self.fields = parse_fields(section)?;
        let mut hosts = self.values("Host");
        match (hosts.next(), hosts.next()) {
            (Some(host), None) if str::from_utf8(host).is_ok_and(is_host) => {}
            (Some(_), None) => return Err(Refusal::malformed("the Host field is not a host")),
            (None, _) if self.minor_version == 0 => {}
            (None, _) => return Err(Refusal::malformed("there is no Host field")),
            (Some(_), Some(_)) => return Err(Refusal::malformed("there are two Host fields")),
        }
        drop(hosts);
        if let Some(host) = &self.host {
            match self.fields.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("Host")) {
                Some((_, value)) => *value = host.clone().into_bytes(),
                None => self.fields.push(("Host".to_owned(), host.clone().into_bytes())),
            }
        }
        Ok(())
    }

    /// The values of all fields with this name.
    pub(crate) fn values<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.fields.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
        fields.map(|(_, value)| value.as_slice())
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

/// Reads a section of fields, which ends in an empty line (RFC 9112 5).
pub(crate) fn parse_fields(section: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    match httparse::parse_headers(section, &mut fields) {
        Ok(httparse::Status::Complete((_, fields))) => {
            Ok(fields.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect())
        }
        Err(httparse::Error::TooManyHeaders) => {
            let status = "431 Request Header Fields Too Large";
            Err(Refusal { status, reason: "there are more than 100 fields" })
        }
        _ => Err(Refusal::malformed("a field is malformed")),
    }
}

/// A character of a token (RFC 9110 5.6.2).
pub(crate) fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
