//! The gateway: the server's side of PEP 3333. It calls `application(environ, start_response)`, builds the response
//! from what that gives, and sends it. The PEP's rules for applications are checked here and in `response.rs`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::future;
use std::io::{Cursor, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use anyhow::{Context, Error, Result, anyhow, bail};

use crate::http::response::{Allowed, Content, Framing, Response};
use crate::wsgi::environ::Environ;

/// A future in a box: what an `async fn` of a trait gives where the type behind the trait is not known.
pub(crate) type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// An application, or middleware: a type that holds another one.
pub(crate) trait Application {
    fn call<'a>(&'a self, environ: &'a mut Environ, start_response: &'a mut StartResponse)
    -> Waiting<'a, Result<Body>>;
}

impl<F: AsyncFn(&mut Environ, &mut StartResponse) -> Result<Body>> Application for F {
    fn call<'a>(
        &'a self,
        environ: &'a mut Environ,
        start_response: &'a mut StartResponse,
    ) -> Waiting<'a, Result<Body>> {
        Box::pin(self(environ, start_response))
    }
}

/// `start_response(status, headers, exc_info)` says how the response begins, and gives back `write`. With an error
/// (PEP 3333's exc_info) it may be called again: what was not sent yet is replaced; if the head is sent already, the
/// error comes back, for the application to end with.
pub(crate) type StartResponse<'a> = dyn FnMut(&str, &[(&str, &str)], Option<Error>) -> Result<&'a dyn Write> + 'a;

/// `write(block)` sends a block of the body at once, for applications that can't return theirs.
pub(crate) trait Write {
    fn write<'a>(&'a self, block: &'a [u8]) -> Waiting<'a, Result<()>>;
}

/// The body that an application returns. Dropping it is PEP 3333's `close()`.
pub(crate) enum Body {
    Whole(Cow<'static, [u8]>),
    Blocks(Box<dyn Blocks>),
}

/// A body in blocks. The next one is asked for when the client has taken the last.
pub(crate) trait Blocks {
    fn next(&mut self) -> Waiting<'_, Option<Result<Vec<u8>>>>;
}

impl<F: AsyncFnMut() -> Option<Result<Vec<u8>>>> Blocks for F {
    fn next(&mut self) -> Waiting<'_, Option<Result<Vec<u8>>>> {
        Box::pin(self())
    }
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
    /// Whether the client was told that the connection ends with this response.
    pub(crate) closes: bool,
}

/// The client of a response.
pub(crate) trait Client {
    /// What is not sent yet: responses are appended here.
    fn out(&mut self) -> &mut Vec<u8>;
    /// Sends it. Done when the client has taken all.
    fn flush(&mut self) -> Waiting<'_, Result<()>>;
    /// Sends what it can of the first `count` bytes without waiting, and gives back how many that were.
    fn try_send(&mut self, count: usize) -> usize;
}

/// Has `application` answer the request that `environ` was filled from. `persists` is asked whether the connection is to
/// stay open, when the head is written. A body that is whole waits in the client's `out`, for others may follow it.
pub(crate) async fn run<'a>(
    application: &dyn Application,
    environ: &mut Environ,
    persists: &'a dyn Fn() -> bool,
    client: &'a mut dyn Client,
) -> Outcome {
    let allowed = Allowed::by(&environ.request);
    let begin = client.out().len();
    let client = Some(client);
    let exchange = RefCell::new(Exchange {
        allowed,
        persists,
        client,
        begin,
        status: 0,
        head: None,
        content: None,
        sent: false,
        closes: false,
    });
    let error = unpanicked(answer(application, environ, &exchange), &exchange).await.err();
    let _ = environ.errors.flush(); // A line that has no end yet belongs to this request too.
    let mut exchange = exchange.into_inner();
    let complete = error.is_none() || exchange.fail().is_ok();
    let count = exchange.content.map_or(0, |content| content.count);
    Outcome { status: exchange.status, count, error, complete, closes: exchange.closes }
}

/// What `answering` comes to; a panic is an error. If it has to wait, the responses before it don't wait with it.
async fn unpanicked(answering: impl Future<Output = Result<()>>, exchange: &RefCell<Exchange<'_>>) -> Result<()> {
    let mut answering = pin!(answering);
    future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(cx)));
        if matches!(polled, Ok(Poll::Pending)) {
            exchange.borrow_mut().send_earlier();
        }
        polled.unwrap_or_else(|_| Poll::Ready(Err(anyhow!("the application panicked"))))
    })
    .await
}

async fn answer(application: &dyn Application, environ: &mut Environ, exchange: &RefCell<Exchange<'_>>) -> Result<()> {
    let mut start_response = |status: &str, headers: &[(&str, &str)], error: Option<Error>| {
        exchange.borrow_mut().start(status, headers, error)?;
        Ok(exchange as &dyn Write)
    };
    let failed = "the application failed";
    let body = application.call(environ, &mut start_response).await.context(failed)?;
    environ.input = Cursor::default(); // It may be large, and the client slow.
    match body {
        Body::Whole(body) => exchange.borrow_mut().append_last(&body),
        Body::Blocks(mut blocks) => {
            while let Some(block) = blocks.next().await {
                exchange.write(&block.context(failed)?).await?;
                if exchange.borrow().needs_no_body() {
                    break;
                }
            }
            exchange.borrow_mut().append_last(b"")
        }
    }
}

impl Write for RefCell<Exchange<'_>> {
    /// Sends a block of the body, the head before the first one. An empty block is not worth sending.
    fn write<'a>(&'a self, block: &'a [u8]) -> Waiting<'a, Result<()>> {
        Box::pin(async move {
            if block.is_empty() {
                return Ok(());
            }
            self.borrow_mut().append(block, false)?;
            // Taken out of the exchange meanwhile: nothing may be borrowed while this waits.
            let client = self.borrow_mut().client.take().context("another block is on its way")?;
            client.flush().await?;
            self.borrow_mut().client = Some(client); // Not after an error: nothing may follow a gap.
            Ok(())
        })
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
    persists: &'a dyn Fn() -> bool,
    client: Option<&'a mut dyn Client>,
    /// Where in the client's `out` the response begins.
    begin: usize,
    status: u16,
    /// What start_response was given, until the first block that is not empty.
    head: Option<Response>,
    content: Option<Content>,
    /// Whether anything of the body, or its end, was appended.
    sent: bool,
    closes: bool,
}

impl Exchange<'_> {
    fn start(&mut self, status: &str, headers: &[(&str, &str)], error: Option<Error>) -> Result<()> {
        match error {
            Some(error) if self.sent => return Err(error),
            None if self.sent || self.head.is_some() => bail!("start_response was called again without an error"),
            _ => {}
        }
        let out = self.client.as_mut().context("a block is on its way")?.out();
        out.truncate(self.begin);
        (self.head, self.content) = (None, None);
        let mut head = Response::new(status, out)?;
        for (name, value) in headers {
            if HOP_BY_HOP.iter().any(|field| field.eq_ignore_ascii_case(name)) {
                bail!("the field {name} is the server's business");
            }
            head.field(name, value, out)?;
        }
        self.status = head.status;
        self.head = Some(head);
        Ok(())
    }

    /// Appends what is left of the body, and its end.
    fn append_last(&mut self, block: &[u8]) -> Result<()> {
        self.append(block, true)
    }

    fn append(&mut self, block: &[u8], is_last: bool) -> Result<()> {
        let out = self.client.as_mut().context("another block is on its way")?.out();
        if let Some(head) = self.head.take() {
            // The length is known if this is all there is.
            let length = is_last.then_some(block.len() as u64);
            let connection = if (self.persists)() { "keep-alive" } else { "close" };
            let content = head.start(self.allowed, length, connection, out);
            self.closes = connection == "close" || content.framing == Framing::Close;
            self.content = Some(content);
        }
        let content = self.content.as_mut().context("the application did not call start_response")?;
        content.block(block, out)?;
        self.sent = true;
        if is_last { content.end(out) } else { Ok(()) }
    }

    /// Sends what it can of the responses before this one.
    fn send_earlier(&mut self) {
        if let Some(client) = self.client.as_mut().filter(|_| self.begin > 0 && !self.sent) {
            self.begin -= client.try_send(self.begin);
        }
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
        self.append_last(b"500 Internal Server Error\n")
    }
}

#[cfg(test)]
mod tests;
