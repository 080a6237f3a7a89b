//! A response, as bytes: first its head, which is checked as it is made, then its body, in blocks or as a whole
//! (RFC 9112 4, 6 and 7.1; PEP 3333, "The start_response() Callable").

use std::borrow::Cow;
use std::mem;

use anyhow::{Context, Result, bail, ensure};

use crate::http::date;
use crate::http::refusal::Refusal;
use crate::http::request::{Request, is_tchar};

/// Fields about the connection to the next host: the server's business (PEP 3333, "Other HTTP Features").
const HOP_BY_HOP: [&str; 9] = [
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Trailers",
    "Transfer-Encoding",
    "Upgrade",
];

/// Room for most heads, in bytes.
const USUAL_SIZE: usize = 256;

/// The status line and the fields of a response.
pub(crate) struct Head {
    pub(crate) status: u16,
    bytes: Vec<u8>,
    /// The Content-Length that was given.
    pub(crate) length: Option<u64>,
    has_date: bool,
    has_server: bool,
}

/// The parts that the request allows in its response.
#[derive(Clone, Copy)]
pub(crate) struct Allowed {
    /// A body: not in the response to a HEAD.
    pub(crate) body: bool,
    /// Chunks: not for an HTTP/1.0 client.
    pub(crate) chunks: bool,
}

impl Allowed {
    pub(crate) fn by(request: &Request) -> Allowed {
        Allowed { body: request.method() != b"HEAD", chunks: request.minor_version > 0 }
    }
}

/// How the client finds the end of the body.
#[derive(Debug, PartialEq)]
pub(crate) enum Framing {
    /// The response has no body.
    None,
    /// Content-Length: this many bytes are still to come.
    Length(u64),
    Chunked,
    /// The end of the connection, for an HTTP/1.0 client.
    Close,
}

/// The body of a response, after its head.
pub(crate) struct BodyWriter {
    pub(crate) framing: Framing,
    /// Whether the body is sent: not to a HEAD.
    has_body: bool,
    /// How many bytes of the body were written, without the framing.
    pub(crate) count: u64,
}

impl Head {
    /// A head with a status such as `200 OK`: three digits, a space and a reason.
    pub(crate) fn new(status: &str) -> Result<Head> {
        let code = match status.as_bytes() {
            [a @ b'2'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', _, ..] => {
                [a, b, c].into_iter().fold(0, |code, digit| 10 * code + u16::from(digit - b'0'))
            }
            _ => bail!("the status {status:?} is not a final code, a space and a reason, such as \"200 OK\""),
        };
        let reason = status.get(4..).unwrap_or_default();
        ensure!(reason.trim() == reason, "bad reason in the status {status:?}");
        let line = latin1(status).with_context(|| format!("bad reason in the status {status:?}"))?;
        let mut bytes = Vec::with_capacity(USUAL_SIZE);
        append(&mut bytes, [b"HTTP/1.1 ", &*line, b"\r\n"]);
        Ok(Head { status: code, bytes, length: None, has_date: false, has_server: false })
    }

    /// Adds a field. A control character such as CR or LF could end the field and start another one: an error.
    pub(crate) fn field(&mut self, name: &str, value: &str) -> Result<()> {
        ensure!(!name.is_empty() && name.bytes().all(is_tchar), "the field name {name:?} is not a token");
        let is_own = HOP_BY_HOP.iter().any(|field| field.eq_ignore_ascii_case(name));
        ensure!(!is_own, "the field {name} is the server's business");
        let bytes = latin1(value).with_context(|| format!("bad value of {name}: {value:?}"))?;
        if name.eq_ignore_ascii_case("Content-Length") {
            ensure!(self.length.is_none(), "Content-Length is given twice");
            let digits = Some(value).filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
            let length = digits.and_then(|digits| digits.parse().ok());
            self.length = Some(length.with_context(|| format!("Content-Length is not a number: {value:?}"))?);
            return Ok(()); // `finish` writes it: it knows whether this response may have one.
        }
        self.has_date |= name.eq_ignore_ascii_case("Date");
        self.has_server |= name.eq_ignore_ascii_case("Server");
        append(&mut self.bytes, [name.as_bytes(), b": ", &*bytes, b"\r\n"]);
        Ok(())
    }

    /// Adds the fields that are the server's business, and appends the head to `out`. `length` is the body's, if it is
    /// known. `persists`: whether the connection stays open after the response, unless only its end can mark the end of the
    /// body.
    pub(crate) fn finish(
        mut self,
        allowed: Allowed,
        length: Option<u64>,
        persists: bool,
        out: &mut Vec<u8>,
    ) -> BodyWriter {
        let framing = match self.status {
            // RFC 9110 8.6: a 204 must not have a Content-Length; that of a 304 would describe another response.
            204 | 304 => Framing::None,
            205 => Framing::Length(0), // RFC 9110 15.3.6
            _ => match self.length.or(length) {
                Some(length) => Framing::Length(length),
                None if allowed.chunks => Framing::Chunked,
                None => Framing::Close,
            },
        };
        if out.is_empty() {
            mem::swap(out, &mut self.bytes)
        } else {
            out.append(&mut self.bytes)
        }
        if !self.has_server {
            out.extend_from_slice(b"Server: zepper\r\n");
        }
        if !self.has_date {
            append(out, [b"Date: ", &date::now(), b"\r\n"]);
        }
        match framing {
            Framing::Length(length) => {
                out.extend_from_slice(b"Content-Length: ");
                append_number(length, out);
                out.extend_from_slice(b"\r\n");
            }
            Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Framing::Close | Framing::None => {}
        }
        let persists = persists && framing != Framing::Close;
        let connection: &[u8] = if persists { b"Connection: keep-alive\r\n\r\n" } else { b"Connection: close\r\n\r\n" };
        out.extend_from_slice(connection);
        BodyWriter { has_body: allowed.body && framing != Framing::None, framing, count: 0 }
    }
}

impl BodyWriter {
    /// Appends a block of the body to `out`. More bytes than Content-Length announced are an error.
    pub(crate) fn write(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if block.is_empty() || !self.has_body {
            return Ok(()); // An empty chunk would be the last one.
        }
        let size = block.len() as u64;
        match &mut self.framing {
            Framing::Chunked => out.extend_from_slice(&[format!("{size:x}\r\n").as_bytes(), block, b"\r\n"].concat()),
            Framing::Length(left) => {
                *left = left.checked_sub(size).context("the body is longer than its Content-Length")?;
                out.extend_from_slice(block);
            }
            Framing::Close | Framing::None => out.extend_from_slice(block),
        }
        self.count += size;
        Ok(())
    }

    /// How many bytes Content-Length has room for, if that is what marks the end of the body.
    pub(crate) fn room(&self) -> Option<u64> {
        if let Framing::Length(left) = self.framing { Some(left) } else { None }
    }

    /// Whether no more of the body is sent, whatever it contains.
    pub(crate) fn is_full(&self) -> bool {
        !self.has_body || self.framing == Framing::Length(0)
    }

    /// Appends the end of the body to `out`. Fewer bytes than Content-Length announced are an error.
    pub(crate) fn end(&self, out: &mut Vec<u8>) -> Result<()> {
        match self.framing {
            _ if !self.has_body => {}
            Framing::Chunked => out.extend_from_slice(b"0\r\n\r\n"),
            Framing::Length(left) => ensure!(left == 0, "the body is {left} bytes shorter than its Content-Length"),
            Framing::Close | Framing::None => {}
        }
        Ok(())
    }
}

/// The whole response to a request that is refused, and the number of bytes of its body, which is empty for a HEAD.
pub(crate) fn refusal(refusal: Refusal, is_head: bool) -> Result<(Vec<u8>, u64)> {
    let body = format!("{}: {}\n", refusal.status, refusal.reason);
    let mut head = Head::new(refusal.status)?;
    head.field("Content-Type", "text/plain")?;
    let mut out = Vec::new();
    let allowed = Allowed { body: !is_head, chunks: false };
    let mut writer = head.finish(allowed, Some(body.len() as u64), false, &mut out);
    writer.write(body.as_bytes(), &mut out)?;
    Ok((out, writer.count))
}

/// A header's characters are bytes: those of latin-1 (PEP 3333, "Unicode Issues"). None may be a control character.
fn latin1(text: &str) -> Result<Cow<'_, [u8]>> {
    let bytes = if text.is_ascii() {
        Cow::Borrowed(text.as_bytes())
    } else {
        let bytes = text.chars().map(u8::try_from).collect::<Result<_, _>>();
        Cow::Owned(bytes.context("a character beyond latin-1")?)
    };
    // All are looked at: to stop at the first one found takes longer.
    ensure!(!bytes.iter().fold(false, |found, byte| found | byte.is_ascii_control()), "a control character");
    Ok(bytes)
}

fn append<const N: usize>(out: &mut Vec<u8>, parts: [&[u8]; N]) {
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Appends the digits of `number`. (`write!` takes several times as long.)
fn append_number(number: u64, out: &mut Vec<u8>) {
    if number >= 10 {
        append_number(number / 10, out);
    }
    out.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests;
