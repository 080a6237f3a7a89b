//! A conversation: one task for each connection, which reads requests and answers them in order until one side ends it.
//!
//! While it is idle, it owns only its connection. When bytes arrive, it takes `Buffers`, answers all requests that they
//! complete, sends the responses in one write, and returns the `Buffers`.

use std::cell::{Cell, RefCell};
use std::future;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::address::Address;
use crate::connection::{Connection, PIECE};
use crate::connections::{BUFFER, Buffers, Permit, Phase};
use crate::http::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response;
use crate::log;
use crate::runtime::{self, Either, TcpStream};
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{self, BoxFuture, Client, Outcome};

/// How many bytes of responses may wait to be sent together.
const BATCH_BYTES: usize = 64 * 1024;
/// How many bytes of an eager body are sent, or wait, before the other connections have their turn.
const TURN: usize = 1024 * 1024;
/// How many requests are answered before the other connections have their turn.
const BATCH: usize = 64;
/// How many reads may follow a deadline, for bytes that arrived before it: 32 MiB, about the most that the kernel holds
/// (tcp_rmem, tcp(7)).
const LATE_READS: usize = 512;
/// How long an application may still take when its client has ended its sending side. Most such clients have left.
const LEAVING: Duration = Duration::from_secs(3);

const TOO_SLOW: Refusal =
    Refusal { status: "408 Request Timeout", reason: "the request did not arrive within the time limit" };
const NO_ROOM: Refusal =
    Refusal { status: "503 Service Unavailable", reason: "too many bodies are being received; try again later" };
const TOO_SHORT: Refusal = Refusal::malformed("the connection ended before the request was complete");

struct Conversation {
    shared: Permit,
    peer: Address,
    connection: Connection,
}

/// The next thing to do with a connection.
enum Next {
    /// Wait for more: no request was complete.
    Incomplete,
    /// Wait for the next request.
    Idle,
    Close,
    /// Close it after the client had time to read the response: closing at once would reset the connection if the client is
    /// still sending, and the reset would overtake the response (RFC 9112 9.6).
    Linger,
    /// Close it with a reset, so that the client can see that the response is not complete, whatever marks its end.
    Cut,
}

/// Serves a connection to its end. (Not an `async fn`: its future would hold all of this twice.)
pub(crate) fn serve(shared: Permit, stream: TcpStream, peer: Address) -> impl Future<Output = ()> {
    let connection = Connection::new(stream, shared.knobs.timeout);
    let conversation = Conversation { shared, peer, connection };
    async move {
        if let Err(error) = conversation.run().await {
            log::line(format_args!("{} connection lost: {error:#}", conversation.peer));
        }
    }
}

impl Conversation {
    async fn run(&self) -> Result<()> {
        let mut is_first = true;
        loop {
            let waited = self.connection.deadline.timeout(self.idle()).await;
            let until = self.connection.deadline.at();
            // In boxes, so that the task of an idle connection stays small.
            let next = match waited {
                Some(true) if is_first => Box::pin(self.work(until)).await?,
                Some(true) => Box::pin(self.work(Instant::now() + self.shared.knobs.timeout)).await?,
                // A client that sent nothing gets the reason, like one that sent half a request.
                None if is_first => Box::pin(self.refuse(TOO_SLOW, &mut self.shared.take_buffers())).await?,
                _ => return Ok(()),
            };
            match next {
                // Empty lines aren't a request, and give no more time.
                Next::Incomplete => self.connection.deadline.set(until),
                Next::Idle => {
                    is_first = false;
                    self.connection.set_deadline(self.shared.knobs.keep_alive);
                }
                Next::Close => return Ok(()),
                Next::Linger => return Box::pin(self.connection.linger(&self.shared.buffer)).await,
                Next::Cut => return self.connection.cut(),
            }
        }
    }

    /// Waits until bytes have arrived. False if the worker stops first.
    fn idle(&self) -> impl Future<Output = bool> + Unpin {
        let mut readable = self.connection.stream.readable();
        future::poll_fn(move |cx| match Pin::new(&mut readable).poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if self.shared.phase.get() == Phase::Stopping => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        })
    }

    /// Answers requests until the connection is idle again or ends. The first one has to be complete at `due`. An error means
    /// that the connection is lost.
    async fn work(&self, due: Instant) -> Result<Next> {
        let mut buffers = self.shared.take_buffers();
        (buffers.due, buffers.received) = (due, 0);
        let mut late_reads = 0;
        let next = loop {
            let count = match self.read(&mut buffers).await {
                // Between two requests a client may leave.
                Err(_) if !buffers.parser.is_midway() => return Ok(Next::Close),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return self.refuse(TOO_SLOW, &mut buffers).await;
                }
                count => count?,
            };
            if !buffers.bodies.hold(buffers.parser.size()) {
                return self.refuse(NO_ROOM, &mut buffers).await;
            }
            let next = match count {
                None => Next::Incomplete,
                Some(0) if buffers.parser.is_midway() => return self.refuse(TOO_SHORT, &mut buffers).await,
                Some(0) => Next::Close,
                Some(_) => self.answer_all(&mut buffers).await?,
            };
            buffers.bodies.hold(buffers.parser.size());
            self.flush(buffers.out.get_mut()).await?;
            // A large body may take longer, if it comes at some speed.
            if buffers.parser.size() >= buffers.received + PIECE {
                buffers.received = buffers.parser.size();
                buffers.due = Instant::now() + self.shared.knobs.timeout;
            }
            // A client that sends as fast as this reads must neither starve the others nor escape the deadline.
            if count == Some(BUFFER) {
                runtime::yield_now().await;
            }
            let is_late = buffers.parser.is_midway() && buffers.due <= runtime::now();
            late_reads = if is_late { late_reads + 1 } else { 0 };
            if late_reads > LATE_READS {
                return self.refuse(TOO_SLOW, &mut buffers).await;
            }
            if !matches!(next, Next::Incomplete | Next::Idle) || !buffers.parser.is_midway() {
                break next;
            }
        };
        // A request that is half read ends with its connection.
        if !buffers.parser.is_midway() {
            buffers.out.get_mut().shrink_to(BATCH_BYTES);
            self.shared.put_back(buffers);
        }
        Ok(next)
    }

    /// One read, up to the deadline: `WouldBlock` after it, when all that arrived before it has been read.
    async fn read(&self, buffers: &mut Buffers) -> io::Result<Option<usize>> {
        self.connection.deadline.set(buffers.due);
        let read = self.connection.read(&mut buffers.parser, &self.shared.buffer);
        match self.connection.deadline.timeout(read).await {
            Some(count) => count,
            None => self.connection.try_read(&mut buffers.parser, &self.shared.buffer).map(Some),
        }
    }

    /// Answers all requests that have arrived. The responses wait in `out`.
    async fn answer_all(&self, buffers: &mut Buffers) -> Result<Next> {
        let mut count = 0;
        loop {
            let request = match buffers.parser.next() {
                Ok(Some(request)) => request,
                Ok(None) => break,
                Err(refusal) => return self.refuse(refusal, buffers).await,
            };
            match self.answer(request, buffers).await? {
                Next::Idle => {}
                // Responses before this one may be on their way.
                Next::Close if count > 0 => return Ok(Next::Linger),
                next => return Ok(next),
            }
            count += 1;
            if buffers.out.get_mut().len() >= BATCH_BYTES || count % BATCH == 0 {
                self.flush(buffers.out.get_mut()).await?;
                runtime::yield_now().await;
            }
        }
        if buffers.parser.take_continue() {
            buffers.out.get_mut().extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        if count == 0 {
            return Ok(Next::Incomplete);
        }
        (buffers.due, buffers.received) = (Instant::now() + self.shared.knobs.timeout, 0);
        Ok(Next::Idle)
    }

    /// Answers one request. The response, or the rest of it, waits in `out`.
    async fn answer(&self, request: Request, buffers: &mut Buffers) -> Result<Next> {
        let wants_more = request.persists();
        let mut environ = Environ::new(request, self.peer, self.shared.address, true); // wsgi.multiprocess
        let Some(outcome) = self.call(&mut environ, wants_more, &buffers.out).await? else {
            log::line(format_args!("{} the client has left; its request is dropped", self.peer));
            return Ok(Next::Linger);
        };
        buffers.out.get_mut().extend_from_slice(&outcome.rest);
        if let Some(error) = outcome.error {
            log::line(format_args!("{} {error:#}", self.peer));
        }
        if self.shared.knobs.log {
            log::request(self.peer, environ.request.line(), outcome.status, outcome.count);
        }
        buffers.parser.recycle(environ.request);
        Ok(match outcome.complete {
            false => Next::Cut,
            true if !outcome.closes => Next::Idle,
            true if wants_more || buffers.parser.is_midway() || outcome.count > PIECE as u64 => Next::Linger,
            true => Next::Close,
        })
    }

    /// Calls the application. `None` if the client has left before the response began. `earlier`: responses that wait to
    /// be sent.
    async fn call(
        &self,
        environ: &mut Environ,
        wants_more: bool,
        earlier: &RefCell<Vec<u8>>,
    ) -> Result<Option<Outcome>> {
        let has_begun = Cell::new(false);
        let mut client = Sending { conversation: self, earlier, wants_more, has_begun: &has_begun, sent: 0 };
        let mut answering = pin!(gateway::run(self.shared.application, environ, &mut client));
        if let Poll::Ready(outcome) = future::poll_fn(|cx| Poll::Ready(answering.as_mut().poll(cx))).await {
            return Ok(Some(outcome));
        }
        // It waits. The responses before it don't wait with it.
        self.flush(&mut earlier.take()).await?;
        match runtime::race(answering, self.client_leaves(&has_begun)).await {
            Either::Left(outcome) => Ok(Some(outcome)),
            Either::Right(()) => Ok(None),
        }
    }

    /// Waits until the client has left. One that has only ended its sending side looks the same, so it gets some more time.
    /// Once its response has begun, it is sending that fails if the client has left.
    async fn client_leaves(&self, has_begun: &Cell<bool>) {
        self.connection.stream.hung_up().await;
        runtime::sleep(LEAVING).await;
        if has_begun.get() {
            future::pending().await
        }
    }

    async fn refuse(&self, refusal: Refusal, buffers: &mut Buffers) -> Result<Next> {
        let line = buffers.parser.line();
        let (answer, count) = response::refusal(refusal, line.starts_with(b"HEAD "))?;
        buffers.out.get_mut().extend_from_slice(&answer);
        if self.shared.knobs.log {
            log::request(self.peer, line, refusal.status, count);
        }
        self.flush(buffers.out.get_mut()).await?;
        Ok(Next::Linger)
    }

    /// Sends what is in `out`, and empties it.
    fn flush(&self, out: &mut Vec<u8>) -> impl Future<Output = io::Result<()>> {
        self.connection.flush(out, self.shared.knobs.send_timeout)
    }
}

/// The client, as the gateway sees it.
struct Sending<'a> {
    conversation: &'a Conversation,
    /// The responses before this one that are not sent yet.
    earlier: &'a RefCell<Vec<u8>>,
    wants_more: bool,
    /// Whether a part of the response was sent.
    has_begun: &'a Cell<bool>,
    /// How many bytes were sent since the other connections had their turn.
    sent: usize,
}

impl Client for Sending<'_> {
    fn persists(&self) -> bool {
        self.wants_more && self.conversation.shared.phase.get() == Phase::Serving
    }

    fn send<'a>(&'a mut self, bytes: &'a mut Vec<u8>, is_eager: bool) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.has_begun.set(true);
            let mut out = self.earlier.take();
            out.append(bytes);
            if is_eager {
                self.sent += self.conversation.connection.send_now(&mut out).context("connection lost")?;
                if self.sent + out.len() < TURN {
                    self.earlier.replace(out);
                    return Ok(());
                }
            }
            self.sent += out.len();
            self.conversation.flush(&mut out).await.context("connection lost")?;
            self.earlier.replace(out); // Empty: for its memory.
            // A body whose blocks are always ready must not starve the others.
            if self.sent >= PIECE {
                self.sent = 0;
                runtime::yield_now().await;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
