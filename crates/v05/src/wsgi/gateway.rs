//! The gateway: the server's side of PEP 3333. It calls `application(environ, start_response)` and sends the response.
//! The PEP's rules for applications are checked here and in `response.rs`.

use std::borrow::Cow;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Error, Result, anyhow, bail, ensure};

use crate::http::response::{Allowed, BodyWriter, Head};
use crate::wsgi::environ::Environ;

/// An application, or middleware: a type that contains another one.
pub(crate) trait Application {
    fn call(&self, environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body>;
}

impl<F: Fn(&mut Environ, &mut dyn StartResponse) -> Result<Body>> Application for F {
    fn call(&self, environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
        self(environ, start_response)
    }
}

/// How an application begins its response.
pub(crate) trait StartResponse {
    /// `start_response(status, headers, exc_info)`: returns `write`. With an error (PEP 3333's exc_info) it may be called
    /// again: that replaces what was not sent yet. If the head is sent already, it returns the error, for the application to
    /// end with.
    fn call(&mut self, status: &str, headers: &[(&str, &str)], error: Option<Error>) -> Result<&mut dyn Write> {
        let mut head = Head::new(status)?;
        for (name, value) in headers {
            head.field(name, value)?;
        }
        self.begin(head, error)
    }

    /// The same, for a head that exists already.
    fn begin(&mut self, head: Head, error: Option<Error>) -> Result<&mut dyn Write>;
}

/// `write(block)`, for applications that can't return their body.
pub(crate) trait Write {
    /// Sends a block of the body at once. More bytes than Content-Length announced are an error.
    fn write(&mut self, block: &[u8]) -> Result<()>;
}

/// The body that an application returns. Dropping it is PEP 3333's `close()`.
pub(crate) enum Body {
    Whole(Cow<'static, [u8]>),
    Blocks(Box<dyn Iterator<Item = Result<Vec<u8>>>>),
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Body {
        Body::Whole(Cow::Borrowed(text.as_bytes()))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Body::Whole(Cow::Owned(bytes))
    }
}

/// How a response turned out.
pub(crate) struct Outcome {
    pub(crate) status: u16,
    /// The number of bytes of the body that were sent, without the framing.
    pub(crate) count: u64,
    /// The failure, for the log.
    pub(crate) error: Option<Error>,
    /// Whether the response was sent to its end. If not, the client has to be able to see that.
    pub(crate) complete: bool,
}

/// Lets `application` answer a request. `send` sends bytes to the client.
pub(crate) fn run(
    application: &dyn Application,
    environ: &mut Environ,
    send: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Outcome {
    let allowed = Allowed::by(&environ.request);
    let mut response = Response { allowed, send, status: 0, head: None, body: None, is_cut: false };
    let answered = catch_unwind(AssertUnwindSafe(|| answer(application, environ, &mut response)));
    let _ = environ.errors.flush(); // A line that has no end yet belongs to this request too.
    let mut error = answered.unwrap_or_else(|_| Err(anyhow!("the application panicked"))).err();
    let complete = error.is_none() || response.fail().is_ok();
    if error.is_none() && response.is_cut {
        error = Some(anyhow!("the body is longer than its Content-Length: it was cut"));
    }
    let count = response.body.map_or(0, |body| body.count);
    Outcome { status: response.status, count, error, complete }
}

fn answer(application: &dyn Application, environ: &mut Environ, response: &mut Response) -> Result<()> {
    let failed = "the application failed";
    match application.call(environ, response).context(failed)? {
        Body::Whole(body) => {
            let body = response.fit(&body);
            response.send(body, true)
        }
        Body::Blocks(blocks) => {
            for block in blocks {
                let block = block.context(failed)?;
                let block = response.fit(&block);
                response.write(block)?;
                // No more blocks are asked for than are sent. To a HEAD that is none.
                if response.body.as_ref().is_some_and(BodyWriter::is_full) {
                    break;
                }
            }
            response.send(b"", true)
        }
    }
}

/// A response that is being sent.
struct Response<'a> {
    allowed: Allowed,
    send: &'a mut dyn FnMut(&[u8]) -> Result<()>,
    status: u16,
    /// The head, until the first block that is not empty.
    head: Option<Head>,
    /// Writes the body, once the head is sent.
    body: Option<BodyWriter>,
    /// Whether the application returned more than Content-Length announced.
    is_cut: bool,
}

impl StartResponse for Response<'_> {
    fn begin(&mut self, head: Head, error: Option<Error>) -> Result<&mut dyn Write> {
        match error {
            Some(error) if self.body.is_some() => return Err(error),
            None if self.body.is_some() || self.head.is_some() => {
                bail!("start_response was called again without an error")
            }
            _ => {}
        }
        self.status = head.status;
        self.head = Some(head);
        Ok(self)
    }
}

impl Write for Response<'_> {
    fn write(&mut self, block: &[u8]) -> Result<()> {
        // An empty block isn't worth sending.
        if block.is_empty() { Ok(()) } else { self.send(block, false) }
    }
}

impl Response<'_> {
    /// The part of a returned block that Content-Length has room for (PEP 3333, "Handling the Content-Length Header").
    fn fit<'b>(&mut self, block: &'b [u8]) -> &'b [u8] {
        let room = self.head.as_ref().map_or_else(|| self.body.as_ref()?.room(), |head| head.length);
        let fits = room.and_then(|room| block.get(..usize::try_from(room).ok()?)).unwrap_or(block);
        self.is_cut |= fits.len() < block.len();
        fits
    }

    /// Sends a block, before the first one the head, and after the last one the end of the body.
    fn send(&mut self, block: &[u8], is_last: bool) -> Result<()> {
        let mut out = Vec::new();
        if let Some(head) = self.head.take() {
            // The length is known if this is the whole body.
            let length = is_last.then_some(block.len() as u64);
            self.body = Some(head.finish(self.allowed, length, false, &mut out));
        }
        let body = self.body.as_mut().context("the application did not call start_response")?;
        let written = body.write(block, &mut out);
        let ended = if is_last { body.end(&mut out) } else { Ok(()) };
        (self.send)(&out)?;
        written.and(ended)
    }

    /// Answers with a 500 that tells the client no details; an error if it is too late for that.
    fn fail(&mut self) -> Result<()> {
        ensure!(self.body.is_none(), "the head of the response is sent");
        self.head = None;
        self.call("500 Internal Server Error", &[("Content-Type", "text/plain")], None)?;
        self.send(b"500 Internal Server Error\n", true)
    }
}

#[cfg(test)]
mod tests;
