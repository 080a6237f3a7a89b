//! Bytes in, requests out, without I/O: `feed` takes the bytes as they come, in pieces of any size, and `next` hands
//! out each request once it is complete. What is left over stays for the next request. Each byte is looked at a fixed
//! number of times, however small the pieces are.

use std::mem;

use crate::http::body::{BodyReader, section_end};
use crate::http::input::Input;
use crate::http::refusal::{BARE_LF, Refusal};
use crate::http::request::{Request, TCHARS, line_length, without_end};

/// The longest request line, in bytes.
const MAX_REQUEST_LINE: usize = 8 * 1024;
const LONG_LINE: Refusal = Refusal { status: "414 URI Too Long", reason: "the request line exceeds 8 KiB" };

/// The bytes of one connection on their way to become requests.
#[derive(Default)]
pub(crate) struct Parser {
    input: Input,
    /// The length of the request line that has come, its end included; 0 until it has.
    first_line: usize,
    /// Where in the input the line of the head starts that has not fully come.
    line: usize,
    request: Request,
    /// Takes the body of `request`, once its head has come.
    reader: Option<BodyReader>,
    expects_continue: bool,
}

impl Parser {
    /// Takes the next bytes from the client.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.input.feed(bytes);
    }

    /// The next request, or `None` until more bytes have come. After a refusal there is no next one: where it would
    /// begin is not known.
    pub(crate) fn next(&mut self) -> Result<Option<&mut Request>, Refusal> {
        if self.reader.is_none() {
            let Some(end) = self.head_end()? else { return Ok(None) };
            let head = self.input.unused().get(..end).unwrap_or_default();
            let reader = self.request.read_head(head, self.first_line)?;
            self.expects_continue = self.request.expects_continue()?;
            self.input.consume(end); // Not before: the log of a refusal shows the line.
            (self.first_line, self.line, self.reader) = (0, 0, Some(reader));
        }
        let complete = match &mut self.reader {
            Some(reader) => reader.read(&mut self.input, &mut self.request.body)?,
            None => false,
        };
        if !complete {
            return Ok(None);
        }
        self.reader = None;
        Ok(Some(&mut self.request))
    }

    /// Whether it is time to send `100 Continue`: true once for a request whose client waits for it.
    pub(crate) fn take_continue(&mut self) -> bool {
        let has_begun = self.has_unused() || !self.request.body.is_empty();
        self.reader.is_some() && mem::take(&mut self.expects_continue) && !has_begun
    }

    /// Whether bytes have come that are no part of a request yet.
    pub(crate) fn has_unused(&self) -> bool {
        !self.input.unused().is_empty()
    }

    /// Whether a request has begun and is not complete.
    pub(crate) fn is_midway(&self) -> bool {
        self.reader.is_some() || self.has_unused()
    }

    /// What has come of the current request line, for the log.
    pub(crate) fn line(&self) -> &[u8] {
        let unused = self.input.unused();
        match self.reader {
            Some(_) => self.request.line(),
            None => without_end(unused.get(..line_length(unused)).unwrap_or_default()),
        }
    }

    fn head_end(&mut self) -> Result<Option<usize>, Refusal> {
        // RFC 9112 2.2: empty lines before a request line are passed over.
        while let (0, [b'\r', b'\n', ..]) = (self.first_line, self.input.unused()) {
            self.input.consume(2);
        }
        match self.input.unused() {
            [] | [b'\r'] => return Ok(None),
            // No HTTP at all, such as the first byte of TLS: no line end need ever come.
            [first, ..] if !TCHARS.contains(*first) => return Err(Refusal::malformed("the method is not a token")),
            _ => {}
        }
        if self.first_line == 0 {
            let end = self.input.line_end(0);
            let so_far = self.input.unused().get(..end.unwrap_or(usize::MAX)).unwrap_or(self.input.unused());
            if without_end(so_far).len() > MAX_REQUEST_LINE {
                return Err(LONG_LINE);
            }
            let Some(end) = end else { return Ok(None) };
            if !so_far.ends_with(b"\r\n") {
                return Err(BARE_LF);
            }
            (self.first_line, self.line) = (end, end);
        }
        section_end(&mut self.input, &mut self.line)
    }
}
