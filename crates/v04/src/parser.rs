//! Bytes in, requests out, without I/O: `feed` takes the bytes as they come, in pieces of any size, and `next` hands
//! out each request once it is complete. What is left over stays for the next request. Each byte is looked at a fixed
//! number of times, however small the pieces are.

use std::mem;

use crate::decoder::{Decoder, section_end};
use crate::input::Input;
use crate::request::{Refusal, Request, first_line, is_tchar, line_length};

/// The longest request line, in bytes.
const MAX_REQUEST_LINE: usize = 8 * 1024;
const LONG_LINE: Refusal = Refusal { status: "414 URI Too Long", reason: "the request line exceeds 8 KiB" };

/// The bytes of one connection on their way to become requests.
#[derive(Default)]
pub(crate) struct Parser {
    input: Input,
    /// Where in the input the line of the head starts that has not fully come.
    line: usize,
    /// The request whose head is complete and whose body is not.
    current: Option<Current>,
}

struct Current {
    request: Request,
    decoder: Decoder,
    expects_continue: bool,
}

impl Parser {
    /// Takes the next bytes from the client.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.input.feed(bytes);
    }

    /// The next request, or `None` until more bytes have come. After a refusal there is no next one: where it would
    /// begin is not known.
    pub(crate) fn next(&mut self) -> Result<Option<Request>, Refusal> {
        if self.current.is_none() {
            let Some(end) = self.head_end()? else { return Ok(None) };
            let head = self.input.unused().get(..end).unwrap_or_default().to_vec();
            let request = Request::parse(head)?;
            let decoder = request.framing()?;
            let expects_continue = request.expects_continue()?;
            self.input.consume(end); // Not before: the log of a refusal shows the line.
            self.line = 0;
            self.current = Some(Current { request, decoder, expects_continue });
        }
        let complete = match &mut self.current {
            Some(current) => current.decoder.read(&mut self.input, &mut current.request.body)?,
            None => false,
        };
        Ok(self.current.take_if(|_| complete).map(|current| current.request))
    }

    /// Whether it is time to send `100 Continue`: true once for a request whose client waits for it.
    pub(crate) fn take_continue(&mut self) -> bool {
        let waits = !self.has_unused();
        self.current
            .as_mut()
            .is_some_and(|current| mem::take(&mut current.expects_continue) && waits && current.request.body.is_empty())
    }

    /// Whether bytes have come that are no part of a request yet.
    pub(crate) fn has_unused(&self) -> bool {
        !self.input.unused().is_empty()
    }

    /// Whether a request has begun and is not complete.
    pub(crate) fn is_midway(&self) -> bool {
        self.current.is_some() || self.has_unused()
    }

    /// What has come of the current request line, for the log.
    pub(crate) fn line(&self) -> &[u8] {
        match &self.current {
            Some(current) => current.request.line(),
            None => first_line(self.input.unused()),
        }
    }

    fn head_end(&mut self) -> Result<Option<usize>, Refusal> {
        // RFC 9112 2.2: empty lines before a request line are passed over.
        while let (0, [b'\n', ..] | [b'\r', b'\n', ..]) = (self.line, self.input.unused()) {
            let empty = line_length(self.input.unused());
            self.input.consume(empty);
        }
        match self.input.unused() {
            [] | [b'\r'] => return Ok(None),
            // No HTTP at all, such as the first byte of TLS: no line end need ever come.
            [first, ..] if !is_tchar(*first) => return Err(Refusal::malformed("the method is not a token")),
            _ => {}
        }
        if self.line == 0 {
            let end = self.input.line_end(0);
            let so_far = self.input.unused().get(..end.unwrap_or(usize::MAX)).unwrap_or(self.input.unused());
            let line = so_far.strip_suffix(b"\n").unwrap_or(so_far);
            if line.strip_suffix(b"\r").unwrap_or(line).len() > MAX_REQUEST_LINE {
                return Err(LONG_LINE);
            }
            self.line = end.unwrap_or(0);
        }
        if self.line == 0 { Ok(None) } else { section_end(&mut self.input, &mut self.line) }
    }
}
