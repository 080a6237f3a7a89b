//! Bytes in, requests out, without I/O: `feed` takes the bytes as they come, in pieces of any size, and `next` returns
//! each request once it is complete. The bytes after a request stay for the next one.

use std::mem;

use crate::http::body::BodyReader;
use crate::http::buffer::{Buffer, MAX_HEAD};
use crate::http::refusal::Refusal;
use crate::http::request::{Request, is_tchar};

/// The longest request line, in bytes, its end included.
const MAX_LINE: usize = 8 * 1024 + "\r\n".len();
const LONG_LINE: Refusal = Refusal { status: "414 URI Too Long", reason: "the request line exceeds 8 KiB" };

/// The parser of one connection.
#[derive(Default)]
pub(crate) struct Parser {
    buffer: Buffer,
    stage: Stage,
    /// Whether the current head was looked at as a whole before.
    is_read_by_lines: bool,
    /// The request that `stage` is about.
    request: Request,
    expects_continue: bool,
    /// The largest body, in bytes.
    max_body: usize,
}

/// The part of a request that comes next.
#[derive(Default)]
enum Stage {
    #[default]
    Line,
    /// Fields, after these.
    Fields(Vec<u8>),
    Body(BodyReader),
}

impl Parser {
    /// A body may have up to `max_body` bytes.
    pub(crate) fn new(max_body: usize) -> Parser {
        Parser { max_body, ..Parser::default() }
    }

    /// Takes the next bytes from the client.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.feed(bytes);
    }

    /// The next request, or `None` until more bytes arrive. After a refusal there is no next one: where it
    /// would begin isn't known.
    pub(crate) fn next(&mut self) -> Result<Option<Request>, Refusal> {
        loop {
            match &mut self.stage {
                Stage::Line => {
                    // Most heads arrive in one piece. Once is enough: each byte is looked at a fixed number of times.
                    if !self.buffer.unused().is_empty()
                        && !mem::replace(&mut self.is_read_by_lines, true)
                        && let Some(length) = self.request.read_head(self.buffer.unused())
                    {
                        self.buffer.take(length);
                        self.start_body()?;
                        continue;
                    }
                    // Something other than HTTP, such as the first byte of TLS: a line end may never come.
                    if let [first, ..] = self.buffer.unused()
                        && !is_tchar(*first)
                        && *first != b'\r'
                    {
                        return Err(Refusal::malformed("the method is not a token"));
                    }
                    let Some(line) = self.buffer.take_line(MAX_LINE, LONG_LINE)? else { return Ok(None) };
                    if line.is_empty() {
                        continue; // RFC 9112 2.2 allows empty lines before a request.
                    }
                    self.request = Request::new(line);
                    self.stage = Stage::Fields(Vec::new());
                    self.request.read_line()?;
                }
                Stage::Fields(section) => {
                    let max = MAX_HEAD - self.request.line().len() - "\r\n".len();
                    if !self.buffer.take_fields(section, max)? {
                        return Ok(None);
                    }
                    self.request.read_fields(section)?;
                    self.start_body()?;
                }
                Stage::Body(reader) => {
                    if !reader.read(&mut self.buffer, &mut self.request.body, self.max_body)? {
                        return Ok(None);
                    }
                    (self.stage, self.is_read_by_lines) = (Stage::Line, false);
                    return Ok(Some(mem::take(&mut self.request)));
                }
            }
        }
    }

    /// Takes back a request that is answered, for the memory that it owns.
    pub(crate) fn recycle(&mut self, request: Request) {
        if matches!(self.stage, Stage::Line) {
            self.request = request;
        }
    }

    /// To be called when the head is complete.
    fn start_body(&mut self) -> Result<(), Refusal> {
        // First, so that the log of a refusal shows the line.
        self.stage = Stage::Body(BodyReader::Length(0));
        self.stage = Stage::Body(BodyReader::new(&self.request, self.max_body)?);
        self.expects_continue = self.request.expects_continue()?;
        Ok(())
    }

    /// Whether it is time to send `100 Continue`: true once for a request whose client waits for it.
    pub(crate) fn take_continue(&mut self) -> bool {
        let has_begun = !self.buffer.unused().is_empty() || !self.request.body.is_empty();
        matches!(self.stage, Stage::Body(_)) && mem::take(&mut self.expects_continue) && !has_begun
    }

    /// Whether a request has begun and is not complete.
    pub(crate) fn is_midway(&self) -> bool {
        !matches!(self.stage, Stage::Line) || !self.buffer.unused().is_empty()
    }

    /// How many bytes it holds of requests that are not complete, and of bytes after them.
    pub(crate) fn size(&self) -> usize {
        self.buffer.unused().len() + self.request.body.len()
    }

    /// The part of the current request line that has arrived, for the log.
    pub(crate) fn line(&self) -> &[u8] {
        match self.stage {
            Stage::Line => {
                let line = self.buffer.unused().split(|&byte| byte == b'\n').next().unwrap_or_default();
                line.strip_suffix(b"\r").unwrap_or(line)
            }
            _ => self.request.line(),
        }
    }
}

#[cfg(test)]
mod tests;
