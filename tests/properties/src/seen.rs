//! A request as an application gets to know it.

use crate::http::request::Request;
use crate::http::target::percent_decode;

#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub method: String,
    /// Percent-decoded.
    pub path: Vec<u8>,
    pub query: Vec<u8>,
    pub minor_version: u8,
    /// Whether the client may send another request on this connection.
    pub persists: bool,
    /// Names and values, in the order in which they came.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Vec<u8>,
    /// The request line.
    pub line: Vec<u8>,
}

impl Seen {
    pub(crate) fn new(request: &Request) -> Seen {
        Seen {
            method: request.method.clone(),
            path: percent_decode(&request.path),
            query: request.query.clone().into_bytes(),
            minor_version: request.minor_version,
            persists: request.persists(),
            fields: request.fields.iter().map(|(name, value)| (name.clone().into_bytes(), value.clone())).collect(),
            body: request.body.clone(),
            line: request.line.clone(),
        }
    }

    /// The values of a field, in the order in which they came.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let same = |other: &[u8]| other.eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().filter(move |(other, _)| same(other)).map(|(_, value)| &value[..])
    }

    /// What is wrong with this request, if it should have been refused: no request that is handed out may have a part
    /// that another server, or a log, could take for the end of it.
    pub fn fault(&self) -> Option<&'static str> {
        let is_visible = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_graphic);
        let is_value = |bytes: &[u8]| bytes.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control());
        let is_length = |value: &[u8]| str::from_utf8(value).is_ok_and(|value| value == self.body.len().to_string());
        let lengths: Vec<_> = self.values("Content-Length").map(strip_zeros).collect();
        let codings = self.values("Transfer-Encoding").count();
        let hosts = self.values("Host").count();
        let checks = [
            (is_visible(self.method.as_bytes()) && !self.method.is_empty(), "the method"),
            (self.path.first() == Some(&b'/') || (self.path == b"*" && self.method == "OPTIONS"), "the path"),
            (is_visible(&self.query), "the query"),
            (is_value(&self.line), "the request line"),
            (self.minor_version <= 1, "the version"),
            (self.fields.iter().all(|(name, _)| is_visible(name) && !name.is_empty()), "a field's name"),
            (self.fields.iter().all(|(name, _)| !name.contains(&b':')), "a colon in a field's name"),
            (self.fields.iter().all(|(_, value)| is_value(value)), "a field's value"),
            (self.fields.iter().all(|(_, value)| value.trim_ascii() == value), "the space around a field's value"),
            (hosts == 1 || (hosts == 0 && self.minor_version == 0), "the number of hosts"),
            (lengths.len() <= 1 && (lengths.is_empty() || codings == 0), "two framings"),
            (lengths.iter().all(|length| is_length(length)), "the length of the body"),
            (codings == 0 || self.minor_version == 1, "chunks in HTTP/1.0"),
            (codings + lengths.len() > 0 || self.body.is_empty(), "a body that was not announced"),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map(|(_, fault)| fault)
    }
}

/// `007` is 7 (RFC 9110 8.6: digits and nothing else).
fn strip_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&digit| digit == b'0').count();
    &number[zeros.min(number.len().saturating_sub(1))..]
}
