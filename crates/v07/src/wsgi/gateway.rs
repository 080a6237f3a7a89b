//! The gateway: the server's side of PEP 3333. It calls `application(environ, start_response)` and makes the response.
//! The PEP's rules for applications are checked here and in `response.rs`.

use std::borrow::Cow;
use std::future;
use std::io::{Cursor, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};

use crate::http::response::{Allowed, BodyWriter, Framing, Head};
use crate::wsgi::environ::Environ;

/// A future in a box, of a type that is not known here: the methods of a `dyn` trait can't be `async fn`.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// An application, or middleware: a type that contains another one.
pub(crate) trait Application {
    fn call<'a>(
        &'a self,
        environ: &'a mut Environ,
        start_response: &'a mut dyn StartResponse,
    ) -> BoxFuture<'a, Result<Body>>;
}

impl<F: AsyncFn(&mut Environ, &mut dyn StartResponse) -> Result<Body>> Application for F {
    fn call<'a>(
        &'a self,
        environ: &'a mut Environ,
        start_response: &'a mut dyn StartResponse,
    ) -> BoxFuture<'a, Result<Body>> {
        Box::pin(self(environ, start_response))
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
    fn write<'a>(&'a mut self, block: &'a [u8]) -> BoxFuture<'a, Result<()>>;
}

/// The body that an application returns. Dropping it is PEP 3333's `close()`.
pub(crate) enum Body {
    Whole(Cow<'static, [u8]>),
    Blocks(Box<dyn Blocks>),
}

/// A body in blocks. Each one is asked for when the client has accepted the one before.
pub(crate) trait Blocks {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>>>>;

    /// Whether the next block is made without waiting, and should be made before other requests have their turn.
    fn is_eager(&self) -> bool {
        false
    }
}

impl<F: AsyncFnMut() -> Option<Result<Vec<u8>>>> Blocks for F {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>>>> {
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

/// How a response turned out.
pub(crate) struct Outcome {
    pub(crate) status: u16,
    /// The number of bytes of the body that were sent, without the framing.
    pub(crate) count: u64,
    /// The failure, for the log.
    pub(crate) error: Option<Error>,
    /// Whether the response, together with `rest`, is complete. If not, the client has to be able to see that.
    pub(crate) complete: bool,
    /// Whether the head says that the connection ends with this response.
    pub(crate) closes: bool,
    /// The bytes that are still to be sent: of a body that is not in blocks, the whole response.
    pub(crate) rest: Vec<u8>,
}

/// The client of a response.
pub(crate) trait Client {
    /// Whether the connection stays open after the response. Asked when the head is complete.
    fn persists(&self) -> bool;
    /// Sends `bytes`, and empties them. Done when the client has accepted them all or, if more follow without waiting
    /// (`is_eager`), all but a limited part.
    fn send<'a>(&'a mut self, bytes: &'a mut Vec<u8>, is_eager: bool) -> BoxFuture<'a, Result<()>>;
}

/// Lets `application` answer a request.
pub(crate) async fn run(application: &dyn Application, environ: &mut Environ, client: &mut dyn Client) -> Outcome {
    let allowed = Allowed::by(&environ.request);
    let mut response = Response {
        allowed,
        client,
        out: Vec::new(),
        status: 0,
        head: None,
        body: None,
        is_cut: false,
        closes: false,
        is_sending: false,
        is_eager: false,
    };
    let mut error = catch_panic(answer(application, environ, &mut response)).await.err();
    let _ = environ.errors.flush(); // A line that has no end yet belongs to this request too.
    let complete = error.is_none() || response.fail().is_ok();
    if error.is_none() && response.is_cut {
        error = Some(anyhow!("the body is longer than its Content-Length: it was cut"));
    }
    let count = response.body.map_or(0, |body| body.count);
    Outcome { status: response.status, count, error, complete, closes: response.closes, rest: response.out }
}

/// The output of `answering`, in which a panic becomes an error.
async fn catch_panic(answering: impl Future<Output = Result<()>>) -> Result<()> {
    let mut answering = pin!(answering);
    let poll = future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| answering.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| Poll::Ready(Err(anyhow!("the application panicked"))))
    });
    poll.await
}

async fn answer(application: &dyn Application, environ: &mut Environ, response: &mut Response<'_>) -> Result<()> {
    let failed = "the application failed";
    let body = application.call(environ, response).await.context(failed)?;
    environ.input = Cursor::default(); // It may be large, and the client slow.
    match body {
        Body::Whole(body) => {
            let body = response.fit(&body);
            response.append(body, true)
        }
        Body::Blocks(mut blocks) => {
            response.is_eager = blocks.is_eager();
            while let Some(block) = blocks.next().await {
                let block = block.context(failed)?;
                let block = response.fit(&block);
                response.write(block).await?;
                // No more blocks are asked for than are sent. To a HEAD that is none.
                if response.body.as_ref().is_some_and(BodyWriter::is_full) {
                    break;
                }
            }
            response.append(b"", true)
        }
    }
}

/// A response that is being sent.
struct Response<'a> {
    allowed: Allowed,
    client: &'a mut dyn Client,
    /// The bytes that are not sent yet.
    out: Vec<u8>,
    status: u16,
    /// The head, until the first block that is not empty.
    head: Option<Head>,
    /// Writes the body, once the head is complete.
    body: Option<BodyWriter>,
    /// Whether the application returned more than Content-Length announced.
    is_cut: bool,
    closes: bool,
    /// Whether a block is being sent. It stays so if the application drops the future of `write` half-way.
    is_sending: bool,
    /// Whether the blocks follow each other without waiting.
    is_eager: bool,
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
    fn write<'a>(&'a mut self, block: &'a [u8]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // An empty block isn't worth sending.
            if block.is_empty() {
                return Ok(());
            }
            self.append(block, false)?;
            self.is_sending = true;
            self.client.send(&mut self.out, self.is_eager).await?;
            self.is_sending = false; // Not after an error: nothing may follow a gap.
            Ok(())
        })
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

    /// Appends a block to `out`, before the first one the head, and after the last one the end of the body.
    fn append(&mut self, block: &[u8], is_last: bool) -> Result<()> {
        ensure!(!self.is_sending, "a block was given up half-way");
        if let Some(head) = self.head.take() {
            // The length is known if this is the whole body.
            let length = is_last.then_some(block.len() as u64);
            let persists = self.client.persists();
            let body = head.finish(self.allowed, length, persists, &mut self.out);
            self.closes = !persists || body.framing == Framing::Close;
            self.body = Some(body);
        }
        let body = self.body.as_mut().context("the application did not call start_response")?;
        body.write(block, &mut self.out)?;
        if is_last { body.end(&mut self.out) } else { Ok(()) }
    }

    /// Answers with a 500 that tells the client no details; an error if it is too late for that.
    fn fail(&mut self) -> Result<()> {
        ensure!(self.body.is_none(), "the head of the response is sent");
        self.head = None;
        self.call("500 Internal Server Error", &[("Content-Type", "text/plain")], None)?;
        self.append(b"500 Internal Server Error\n", true)
    }
}

#[cfg(test)]
mod tests;
