//! Responses out, as bytes, without I/O: the status line and the fields, then the body in the framing that the request
//! allows (RFC 9112 6 and 7.1).

use std::io::Write;

use anyhow::{Context, Result, bail, ensure};

use crate::date::Date;
use crate::request::{Refusal, Request, is_tchar};

/// Room for most heads, in bytes, so that they are put together without moving.
const USUAL_HEAD: usize = 256;

/// The head of a response.
pub(crate) struct Response {
    /// The status line and the fields that were given.
    head: Vec<u8>,
    status: u16,
    /// The Content-Length that was given.
    length: Option<u64>,
    has_date: bool,
    has_server: bool,
}

/// How the end of the body is told.
#[derive(Debug, PartialEq)]
enum Framing {
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
    framing: Framing,
    /// How many bytes of the body were written, framing not counted.
    pub(crate) count: u64,
}

impl Response {
    /// A response with a status such as `200 OK`: three digits, a space and a reason.
    pub(crate) fn new(status: &str) -> Result<Response> {
        let code = status.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        let number = code.and_then(|code| code.parse().ok()).filter(|number| (200..1000).contains(number));
        let reason = status.get(3..).and_then(|rest| rest.strip_prefix(' '));
        let (Some(number), Some(reason)) = (number, reason) else {
            bail!("the status {status:?} is not a final code, a space and a reason, such as \"200 OK\"");
        };
        ensure!(
            is_printable(reason) && reason.trim() == reason && !reason.is_empty(),
            "bad reason in status {status:?}"
        );
        let mut head = Vec::with_capacity(USUAL_HEAD);
        for part in ["HTTP/1.1 ", status, "\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        Ok(Response { head, status: number, length: None, has_date: false, has_server: false })
    }

    /// Adds a field. A CR, a LF or any other control character could end the field and start another: an error.
    pub(crate) fn field(&mut self, name: &str, value: &str) -> Result<()> {
        ensure!(!name.is_empty() && name.bytes().all(is_tchar), "the field name {name:?} is not a token");
        ensure!(is_printable(value), "the value of {name} has a control character: {value:?}");
        if name.eq_ignore_ascii_case("Content-Length") {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.then(|| value.parse().ok()).flatten();
            ensure!(self.length.is_none(), "Content-Length is given twice");
            self.length = Some(length.with_context(|| format!("Content-Length is not a number: {value:?}"))?);
            return Ok(()); // Written by `start`, which knows whether this response may have one.
        }
        self.has_date |= name.eq_ignore_ascii_case("Date");
        self.has_server |= name.eq_ignore_ascii_case("Server");
        for part in [name, ": ", value, "\r\n"] {
            self.head.extend_from_slice(part.as_bytes());
        }
        Ok(())
    }

    /// Appends the head to `out`, the fields that are the server's business added, and says how to frame the body.
    /// `request` is `None` where it could not be understood; `length` is the body's, where it is known.
    pub(crate) fn start(self, request: Option<&Request>, length: Option<u64>, out: &mut Vec<u8>) -> Content {
        let is_head = request.is_some_and(|request| request.method() == "HEAD");
        let is_http10 = request.is_some_and(|request| request.minor_version == 0);
        let length = if self.status == 205 { Some(0) } else { self.length.or(length) }; // RFC 9110 15.3.6
        let mut framing = match length {
            Some(length) => Framing::Length(length),
            None if is_http10 => Framing::Close,
            None => Framing::Chunked,
        };
        // RFC 9110 8.6: a 204 must not have a Content-Length; the one of a 304 would be that of another response.
        if matches!(self.status, 204 | 304) {
            framing = Framing::None;
        }
        out.reserve(USUAL_HEAD);
        out.extend_from_slice(&self.head);
        // Writing to a Vec can't fail.
        let _ = match framing {
            Framing::Length(length) => write!(out, "Content-Length: {length}\r\n"),
            Framing::Chunked => out.write_all(b"Transfer-Encoding: chunked\r\n"),
            Framing::Close | Framing::None => Ok(()),
        };
        if !self.has_server {
            out.extend_from_slice(b"Server: zepper\r\n");
        }
        if !self.has_date {
            for part in [b"Date: ", Date::now().as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(b"Connection: close\r\n\r\n");
        if is_head {
            framing = Framing::None;
        }
        Content { framing, count: 0 }
    }
}

impl Content {
    /// Appends a block of the body to `out`; more bytes than Content-Length announced are an error.
    pub(crate) fn block(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let size = block.len() as u64;
        match &mut self.framing {
            Framing::None => return Ok(()),
            // A chunk of size 0 would be the last.
            Framing::Chunked if block.is_empty() => return Ok(()),
            Framing::Chunked => {
                // Writing to a Vec can't fail.
                let _ = write!(out, "{size:x}\r\n");
                out.extend_from_slice(block);
                out.extend_from_slice(b"\r\n");
            }
            Framing::Length(left) => {
                *left = left.checked_sub(size).context("the body is longer than its Content-Length")?;
                out.extend_from_slice(block);
            }
            Framing::Close => out.extend_from_slice(block),
        }
        self.count += size;
        Ok(())
    }

    /// Appends the end of the body to `out`; fewer bytes than Content-Length announced are an error.
    pub(crate) fn end(&self, out: &mut Vec<u8>) -> Result<()> {
        match self.framing {
            Framing::Chunked => out.extend_from_slice(b"0\r\n\r\n"),
            Framing::Length(left) => ensure!(left == 0, "the body is {left} bytes shorter than its Content-Length"),
            Framing::Close | Framing::None => {}
        }
        Ok(())
    }
}

/// The whole answer to a request that is refused, and the number of bytes of its body, which a HEAD has not.
pub(crate) fn refusal(refusal: Refusal, is_head: bool) -> Result<(Vec<u8>, u64)> {
    let mut response = Response::new(refusal.status)?;
    response.field("Content-Type", "text/plain")?;
    let page = format!("{}: {}\n", refusal.status, refusal.reason);
    let mut out = Vec::new();
    let mut content = response.start(None, Some(page.len() as u64), &mut out);
    if !is_head {
        content.block(page.as_bytes(), &mut out)?;
    }
    Ok((out, content.count))
}

fn is_printable(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_control())
}

#[cfg(test)]
mod tests;
