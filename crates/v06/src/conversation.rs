//! A conversation: one task for each connection, which reads requests and answers them in order until one of the two sides
//! ends it.
//!
//! While it is idle it owns no more than its connection. When bytes have come it takes a `Work` from its worker, answers
//! all requests that they complete, sends the responses in one write, and gives the `Work` back.

use std::future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::connection::{Connection, PIECE};
use crate::environ::Environ;
use crate::gateway::{self, Client, Waiting};
use crate::log;
use crate::parser::Parser;
use crate::request::{Refusal, Request};
use crate::response;
use crate::runtime::{self, TcpStream};
use crate::worker::{BUFFER, Phase, Share};

/// How many bytes of responses may wait to be sent together.
const BATCH_BYTES: usize = 64 * 1024;
/// How many requests are answered before the other connections have their turn.
const BATCH: usize = 64;

const TOO_SLOW: Refusal =
    Refusal { status: "408 Request Timeout", reason: "the request did not come within the time limit" };
const TOO_SHORT: Refusal = Refusal::malformed("the connection ended before the request was complete");

struct Conversation {
    worker: Share,
    peer: SocketAddr,
    connection: Connection,
}

/// What a connection needs while it is not idle.
pub(crate) struct Work {
    parser: Parser,
    environ: Environ,
    /// When the request has to be complete.
    due: Instant,
    /// Responses that are not sent yet.
    out: Vec<u8>,
}

/// What is to happen to a connection.
#[derive(PartialEq)]
enum Next {
    /// Wait on: no request was complete.
    Nothing,
    /// Wait for the next request.
    Wait,
    Close,
    /// Close it after the client had time to read the answer: closing at once would reset the connection if bytes of the
    /// client are on their way still, and the reset would overtake the answer (RFC 9112 9.6).
    Linger,
    /// Close it with a reset, so that the client can tell that the response is not complete, however its end is told.
    Cut,
}

/// Serves a connection to its end. (Not an `async fn`: its future would hold all of this twice.)
pub(crate) fn serve(worker: Share, stream: TcpStream, peer: SocketAddr) -> impl Future<Output = ()> {
    let connection = Connection::new(stream, worker.knobs.timeout);
    let conversation = Conversation { worker, peer, connection };
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
            let waited = self.connection.deadline.watch(self.idle()).await.transpose()?;
            // In boxes, so that the task of an idle connection stays small.
            let next = match waited {
                Some(true) if is_first => Box::pin(self.work(self.connection.deadline.at())).await?,
                Some(true) => Box::pin(self.work(Instant::now() + self.worker.knobs.timeout)).await?,
                // Who never said a word is told why, like one who said half a one.
                None if is_first => Box::pin(self.refuse(TOO_SLOW, &mut self.worker.take_work())).await?,
                _ => return Ok(()),
            };
            match next {
                Next::Nothing => {}
                Next::Wait => is_first = false,
                Next::Close => return Ok(()),
                Next::Linger => return Box::pin(self.connection.linger(&self.worker.buffer)).await,
                Next::Cut => return self.connection.cut(),
            }
            if !is_first {
                self.connection.set_deadline(self.worker.knobs.keep_alive);
            }
        }
    }

    /// Waits until bytes have come. False if it is not worth it: the worker stops.
    fn idle(&self) -> impl Future<Output = io::Result<bool>> + Unpin {
        let mut readable = self.connection.stream.readable();
        future::poll_fn(move |cx| match Pin::new(&mut readable).poll(cx) {
            Poll::Ready(result) => Poll::Ready(result.map(|()| true)),
            Poll::Pending if self.worker.phase.get() == Phase::Stopping => Poll::Ready(Ok(false)),
            Poll::Pending => Poll::Pending,
        })
    }

    /// Answers what comes, until the connection is idle again or ends. The first request has to be complete at `due`. An
    /// error means that the connection is lost.
    async fn work(&self, due: Instant) -> Result<Next> {
        let mut work = self.worker.take_work();
        work.due = due;
        let next = loop {
            self.connection.deadline.set(work.due);
            let count =
                match self.connection.deadline.watch(self.connection.read(&mut work.parser, &self.worker.buffer)).await
                {
                    None => return self.refuse(TOO_SLOW, &mut work).await,
                    // Between two requests a client may leave as it likes.
                    Some(Err(_)) if !work.parser.is_midway() => return Ok(Next::Close),
                    Some(count) => count?,
                };
            let next = match count {
                None => Next::Nothing,
                Some(0) if work.parser.is_midway() => return self.refuse(TOO_SHORT, &mut work).await,
                Some(0) => Next::Close,
                Some(_) => self.answer_all(&mut work).await?,
            };
            self.flush(&mut work.out).await?;
            // Who sends as fast as this reads is neither to starve the others nor to escape the deadline.
            if count == Some(BUFFER) {
                runtime::yield_now().await;
                if work.parser.is_midway() && work.due <= runtime::now() {
                    return self.refuse(TOO_SLOW, &mut work).await;
                }
            }
            if !matches!(next, Next::Nothing | Next::Wait) || !work.parser.is_midway() {
                break next;
            }
        };
        // What is half done goes with its connection.
        if !work.parser.is_midway() {
            work.out.shrink_to(BATCH_BYTES);
            self.worker.give_back(work);
        }
        Ok(next)
    }

    /// Answers all requests that have come. The responses wait in `out`.
    async fn answer_all(&self, work: &mut Work) -> Result<Next> {
        let mut count = 0;
        loop {
            match work.parser.next() {
                Ok(Some(request)) => work.environ.fill(request, self.peer),
                Ok(None) => break,
                Err(refusal) => return self.refuse(refusal, work).await,
            }
            match self.answer(work).await {
                Next::Wait => {}
                // Answers before this one may be on their way.
                Next::Close if count > 0 => return Ok(Next::Linger),
                next => return Ok(next),
            }
            count += 1;
            if work.out.len() >= BATCH_BYTES || count % BATCH == 0 {
                self.flush(&mut work.out).await?;
                runtime::yield_now().await;
            }
        }
        if work.parser.take_continue() {
            work.out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        if count == 0 {
            return Ok(Next::Nothing);
        }
        work.due = Instant::now() + self.worker.knobs.timeout;
        Ok(Next::Wait)
    }

    /// Answers the request that the environ was filled from.
    async fn answer(&self, work: &mut Work) -> Next {
        let wants_more = persists(&work.environ.request);
        let persists = || wants_more && self.worker.phase.get() == Phase::Serving;
        let _running = self.worker.requests.begin();
        let mut client = Sending { conversation: self, out: &mut work.out };
        let outcome = gateway::run(self.worker.application, &mut work.environ, &persists, &mut client).await;
        if let Some(error) = outcome.error {
            log::line(format_args!("{} {error:#}", self.peer));
        }
        if self.worker.knobs.log {
            log::request(self.peer, work.environ.request.line(), outcome.status, outcome.count);
        }
        match outcome.complete {
            false => Next::Cut,
            true if !outcome.closes => Next::Wait,
            true if wants_more || work.parser.is_midway() || outcome.count > PIECE as u64 => Next::Linger,
            true => Next::Close,
        }
    }

    async fn refuse(&self, refusal: Refusal, work: &mut Work) -> Result<Next> {
        let line = work.parser.line();
        let (answer, count) = response::refusal(refusal, line.starts_with(b"HEAD "))?;
        work.out.extend_from_slice(&answer);
        if self.worker.knobs.log {
            log::request(self.peer, line, refusal.status, count);
        }
        self.flush(&mut work.out).await?;
        Ok(Next::Linger)
    }

    /// Sends what is in `out`, and empties it.
    fn flush(&self, out: &mut Vec<u8>) -> impl Future<Output = io::Result<()>> {
        self.connection.flush(out, self.worker.knobs.send_timeout)
    }
}

impl Work {
    pub(crate) fn new(environ: Environ) -> Work {
        Work { parser: Parser::default(), environ, due: runtime::now(), out: Vec::new() }
    }
}

/// The client, as the gateway sees it.
struct Sending<'a> {
    conversation: &'a Conversation,
    out: &'a mut Vec<u8>,
}

impl Client for Sending<'_> {
    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }

    fn flush(&mut self) -> Waiting<'_, Result<()>> {
        Box::pin(async { self.conversation.flush(self.out).await.context("connection lost") })
    }

    fn try_send(&mut self, count: usize) -> usize {
        self.conversation.connection.try_send(self.out, count)
    }
}

/// Whether the client wants to send another request (RFC 9112 9.3).
fn persists(request: &Request) -> bool {
    let mut persists = request.minor_version > 0;
    for (_, value) in request.fields().filter(|(name, _)| name.eq_ignore_ascii_case(b"Connection")) {
        for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            if option.eq_ignore_ascii_case(b"close") {
                return false;
            }
            persists |= option.eq_ignore_ascii_case(b"keep-alive");
        }
    }
    persists
}

#[cfg(test)]
mod tests;
