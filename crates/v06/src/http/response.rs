//! Responses out, as bytes, without I/O: the status line and the fields, then the body in the framing that the request
//! allows (RFC 9112 6 and 7.1).

use anyhow::{Context, Result, bail, ensure};

use crate::http::date::Date;
use crate::http::refusal::Refusal;
use crate::http::request::{Request, TCHARS};

/// Room for most heads, in bytes, so that they are put together without moving.
const USUAL_HEAD: usize = 256;

/// The head of a response, as far as it was appended to a buffer.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The Content-Length that was given.
    length: Option<u64>,
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

/// How the end of the body is told.
#[derive(Debug, PartialEq)]
pub(crate) enum Framing {
    /// The response has no body.
    None,
    /// By Content-Length; so many bytes are still to come.
    Length(u64),
    Chunked,
    /// By the end of the connection, for an HTTP/1.0 client.
    Close,
}

/// The body of a response whose head is written.
pub(crate) struct Content {
    pub(crate) framing: Framing,
    /// Whether the body is sent: not to a HEAD.
    pub(crate) has_body: bool,
    /// How many bytes of the body were written, framing not counted.
    pub(crate) count: u64,
}

impl Response {
    /// Begins a response at the end of `out`, with a status such as `200 OK`: three digits, a space and a reason.
    pub(crate) fn new(status: &str, out: &mut Vec<u8>) -> Result<Response> {
        let (number, reason) = match status.as_bytes() {
            [a @ b'2'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', reason @ ..] => {
                (100 * u16::from(a - b'0') + 10 * u16::from(b - b'0') + u16::from(c - b'0'), reason)
            }
            _ => bail!("the status {status:?} is not a final code, a space and a reason, such as \"200 OK\""),
        };
        let is_trimmed = !matches!(reason, [] | [b' ', ..] | [.., b' ']);
        ensure!(is_trimmed && is_printable(reason), "bad reason in status {status:?}");
        out.reserve(USUAL_HEAD);
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(status.as_bytes());
        out.extend_from_slice(b"\r\n");
        Ok(Response { status: number, length: None, has_date: false, has_server: false })
    }

    /// Adds a field. A CR, a LF or any other control character could end the field and start another: an error.
    pub(crate) fn field(&mut self, name: &str, value: &str, out: &mut Vec<u8>) -> Result<()> {
        ensure!(!name.is_empty() && TCHARS.contains_all(name.as_bytes()), "the field name {name:?} is not a token");
        ensure!(is_printable(value.as_bytes()), "the value of {name} has a control character: {value:?}");
        if name.eq_ignore_ascii_case("Content-Length") {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.then(|| value.parse().ok()).flatten();
            ensure!(self.length.is_none(), "Content-Length is given twice");
            self.length = Some(length.with_context(|| format!("Content-Length is not a number: {value:?}"))?);
            return Ok(()); // Written by `start`, which knows whether this response may have one.
        }
        self.has_date |= name.eq_ignore_ascii_case("Date");
        self.has_server |= name.eq_ignore_ascii_case("Server");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Ends the head with the fields that are the server's business, and says how to frame the body. `length` is the
    /// body's, where it is known; `connection` is what the field of this name says, unless only the end of the
    /// connection can tell the end of the body.
    pub(crate) fn start(self, allowed: Allowed, length: Option<u64>, connection: &str, out: &mut Vec<u8>) -> Content {
        let length = if self.status == 205 { Some(0) } else { self.length.or(length) }; // RFC 9110 15.3.6
        let mut framing = match length {
            Some(length) => Framing::Length(length),
            None if allowed.chunks => Framing::Chunked,
            None => Framing::Close,
        };
        // RFC 9110 8.6: a 204 must not have a Content-Length; the one of a 304 would be that of another response.
        if matches!(self.status, 204 | 304) {
            framing = Framing::None;
        }
        match framing {
            Framing::Length(length) => {
                out.extend_from_slice(b"Content-Length: ");
                append_number::<10>(length, out);
                out.extend_from_slice(b"\r\n");
            }
            Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            Framing::Close | Framing::None => {}
        }
        if !self.has_server {
            out.extend_from_slice(b"Server: zepper\r\n");
        }
        if !self.has_date {
            out.extend_from_slice(b"Date: ");
            out.extend_from_slice(Date::now().as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        let connection = if framing == Framing::Close { "close" } else { connection };
        out.extend_from_slice(b"Connection: ");
        out.extend_from_slice(connection.as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        Content { has_body: allowed.body && framing != Framing::None, framing, count: 0 }
    }
}

impl Content {
    /// Appends a block of the body to `out`; more bytes than Content-Length announced are an error.
    pub(crate) fn block(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<()> {
        // A chunk of size 0 would be the last.
        if block.is_empty() || !self.has_body {
            return Ok(());
        }
        let size = block.len() as u64;
        match &mut self.framing {
            Framing::Chunked => {
                append_number::<16>(size, out);
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(block);
                out.extend_from_slice(b"\r\n");
            }
            Framing::Length(left) => {
                *left = left.checked_sub(size).context("the body is longer than its Content-Length")?;
                out.extend_from_slice(block);
            }
            Framing::Close | Framing::None => out.extend_from_slice(block),
        }
        self.count += size;
        Ok(())
    }

    /// Appends the end of the body to `out`; fewer bytes than Content-Length announced are an error.
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

/// The whole answer to a request that is refused, and the number of bytes of its body, which a HEAD has not.
pub(crate) fn refusal(refusal: Refusal, is_head: bool) -> Result<(Vec<u8>, u64)> {
    let mut out = Vec::new();
    let mut response = Response::new(refusal.status, &mut out)?;
    response.field("Content-Type", "text/plain", &mut out)?;
    let page = format!("{}: {}\n", refusal.status, refusal.reason);
    let allowed = Allowed { body: !is_head, chunks: false };
    let mut content = response.start(allowed, Some(page.len() as u64), "close", &mut out);
    content.block(page.as_bytes(), &mut out)?;
    Ok((out, content.count))
}

/// Appends the digits of `number`. (`write!` takes several times as long.)
fn append_number<const BASE: u64>(number: u64, out: &mut Vec<u8>) {
    if number >= BASE {
        append_number::<BASE>(number / BASE, out);
    }
    out.extend(b"0123456789abcdef".get((number % BASE) as usize));
}

fn is_printable(text: &[u8]) -> bool {
    text.iter().fold(true, |fits, byte| fits & !byte.is_ascii_control())
}

#[cfg(test)]
mod tests;
