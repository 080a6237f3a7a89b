//! The gateway: the server's side of PEP 3333. It calls `application(environ, start_response)`, builds the response
//! from what that gives, and sends it. The PEP's rules for applications are checked here and in `response.rs`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Error, Result, anyhow, bail};

use crate::http::response::{Allowed, Content, Response};
use crate::wsgi::environ::Environ;

/// An application, or middleware: a type that holds another one.
pub(crate) trait Application {
    fn call(&self, environ: &mut Environ, start_response: &mut StartResponse) -> Result<Body>;
}

impl<F: Fn(&mut Environ, &mut StartResponse) -> Result<Body>> Application for F {
    fn call(&self, environ: &mut Environ, start_response: &mut StartResponse) -> Result<Body> {
        self(environ, start_response)
    }
}

/// `start_response(status, headers, exc_info)` says how the response begins, and gives back `write`. With an error
/// (PEP 3333's exc_info) it may be called again: what was not sent yet is replaced; if the head is sent already, the
/// error comes back, for the application to end with.
pub(crate) type StartResponse<'a> = dyn FnMut(&str, &[(&str, &str)], Option<Error>) -> Result<Write<'a>> + 'a;

/// `write(block)` sends a block of the body at once, for applications that can't return theirs.
pub(crate) type Write<'a> = &'a dyn Fn(&[u8]) -> Result<()>;

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

/// How a response came out.
pub(crate) struct Outcome {
    pub(crate) status: u16,
    /// The number of bytes of the body that were sent, framing not counted.
    pub(crate) count: u64,
    /// What went wrong. The client got a 500, or has to be shown that the response is not complete.
    pub(crate) error: Option<Error>,
    /// Whether the response was sent to its end.
    pub(crate) complete: bool,
}

/// Has `application` answer the request that `environ` was filled from. `send` sends bytes to the client.
pub(crate) fn run(
    application: &dyn Application,
    environ: &mut Environ,
    send: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Outcome {
    let allowed = Allowed::by(&environ.request);
    let out = Vec::new();
    let exchange = RefCell::new(Exchange { allowed, send, out, status: 0, head: None, content: None, sent: false });
    let answered = catch_unwind(AssertUnwindSafe(|| answer(application, environ, &exchange)));
    let _ = environ.errors.flush(); // A line that has no end yet belongs to this request too.
    let error = answered.unwrap_or_else(|_| Err(anyhow!("the application panicked"))).err();
    let mut exchange = exchange.into_inner();
    let complete = error.is_none() || exchange.fail().is_ok();
    let count = exchange.content.map_or(0, |content| content.count);
    Outcome { status: exchange.status, count, error, complete }
}

fn answer(application: &dyn Application, environ: &mut Environ, exchange: &RefCell<Exchange>) -> Result<()> {
    let write = |block: &[u8]| exchange.borrow_mut().send_block(block);
    let mut start_response = |status: &str, headers: &[(&str, &str)], error: Option<Error>| {
        exchange.borrow_mut().start(status, headers, error)?;
        Ok(&write as Write)
    };
    let failed = "the application failed";
    match application.call(environ, &mut start_response).context(failed)? {
        Body::Whole(body) => exchange.borrow_mut().send_last(&body),
        Body::Blocks(blocks) => {
            for block in blocks {
                let block = block.context(failed)?;
                exchange.borrow_mut().send_block(&block)?;
                if exchange.borrow().needs_no_body() {
                    break;
                }
            }
            exchange.borrow_mut().send_last(b"")
        }
    }
}

/// Fields about the connection to the next host: not an application's business (PEP 3333, "Other HTTP Features").
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

/// A response on its way.
struct Exchange<'a> {
    allowed: Allowed,
    send: &'a mut dyn FnMut(&[u8]) -> Result<()>,
    /// What is not sent yet.
    out: Vec<u8>,
    status: u16,
    /// What start_response was given, until the first block that is not empty.
    head: Option<Response>,
    content: Option<Content>,
    /// Whether anything was sent.
    sent: bool,
}

impl Exchange<'_> {
    fn start(&mut self, status: &str, headers: &[(&str, &str)], error: Option<Error>) -> Result<()> {
        match error {
            Some(error) if self.sent => return Err(error),
            None if self.sent || self.head.is_some() => bail!("start_response was called again without an error"),
            _ => {}
        }
        self.out.clear();
        (self.head, self.content) = (None, None);
        let mut head = Response::new(status, &mut self.out)?;
        for (name, value) in headers {
            if HOP_BY_HOP.iter().any(|field| field.eq_ignore_ascii_case(name)) {
                bail!("the field {name} is the server's business");
            }
            head.field(name, value, &mut self.out)?;
        }
        self.status = head.status;
        self.head = Some(head);
        Ok(())
    }

    /// Sends a block of the body, the head before the first one. An empty block is not worth sending.
    fn send_block(&mut self, block: &[u8]) -> Result<()> {
        if block.is_empty() { Ok(()) } else { self.send(block, false) }
    }

    /// Sends what is left of the body, and its end.
    fn send_last(&mut self, block: &[u8]) -> Result<()> {
        self.send(block, true)
    }

    fn send(&mut self, block: &[u8], is_last: bool) -> Result<()> {
        if let Some(head) = self.head.take() {
            // The length is known if this is all there is.
            let length = is_last.then_some(block.len() as u64);
            self.content = Some(head.start(self.allowed, length, "close", &mut self.out));
        }
        let content = self.content.as_mut().context("the application did not call start_response")?;
        content.block(block, &mut self.out)?;
        let ended = if is_last { content.end(&mut self.out) } else { Ok(()) };
        self.sent = true;
        (self.send)(&self.out)?;
        self.out.clear();
        ended
    }

    /// Whether the head is sent, and no body follows: the request is a HEAD, say.
    fn needs_no_body(&self) -> bool {
        self.content.as_ref().is_some_and(|content| !content.has_body)
    }

    /// Answers with a 500 that tells the client no details; an error if it is too late for that.
    fn fail(&mut self) -> Result<()> {
        if self.sent {
            bail!("the head of the response is sent");
        }
        self.head = None;
        self.start("500 Internal Server Error", &[("Content-Type", "text/plain")], None)?;
        self.send_last(b"500 Internal Server Error\n")
    }
}

#[cfg(test)]
mod tests;
