//! A conversation: one task for each connection, which reads requests and answers them in order until one of the two sides
//! ends it.
//!
//! While it is idle it owns no more than its connection. When bytes have come it takes `Buffers`, answers all requests that
//! they complete, sends the responses in one write, and puts the `Buffers` back.

use std::cell::Cell;
use std::future;
use std::io::{self, Cursor, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::connection::{Connection, PIECE};
use crate::connections::{BUFFER, Buffers, Permit, Phase};
use crate::http::refusal::Refusal;
use crate::http::response;
use crate::log;
use crate::runtime::{self, TcpStream};
use crate::wsgi::gateway::{self, Client, Waiting};

/// How many bytes of responses may wait to be sent together.
const BATCH_BYTES: usize = 64 * 1024;
/// How many requests are answered before the other connections have their turn.
const BATCH: usize = 64;
/// How many reads may follow a deadline, for what had arrived by then: 32 MiB, which is as much as the kernel usually holds
/// at the most (tcp_rmem, tcp(7)).
const LATE_READS: usize = 512;
/// How long an application may still take when its client has ended its sending side. Most such clients have left.
const LEAVING: Duration = Duration::from_secs(3);

const TOO_SLOW: Refusal =
    Refusal { status: "408 Request Timeout", reason: "the request did not come within the time limit" };
const NO_ROOM: Refusal =
    Refusal { status: "503 Service Unavailable", reason: "too many bodies are on their way; try again later" };
const TOO_SHORT: Refusal = Refusal::malformed("the connection ended before the request was complete");

struct Conversation {
    shared: Permit,
    peer: SocketAddr,
    connection: Connection,
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
pub(crate) fn serve(shared: Permit, stream: TcpStream, peer: SocketAddr) -> impl Future<Output = ()> {
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
                // Who never said a word is told why, like one who said half a one.
                None if is_first => Box::pin(self.refuse(TOO_SLOW, &mut self.shared.take_buffers())).await?,
                _ => return Ok(()),
            };
            match next {
                // Empty lines, which are no request, give no more time.
                Next::Nothing => self.connection.deadline.set(until),
                Next::Wait => {
                    is_first = false;
                    self.connection.set_deadline(self.shared.knobs.keep_alive);
                }
                Next::Close => return Ok(()),
                Next::Linger => return Box::pin(self.connection.linger(&self.shared.buffer)).await,
                Next::Cut => return self.connection.cut(),
            }
        }
    }

    /// Waits until bytes have come. False if it is not worth it: the worker stops.
    fn idle(&self) -> impl Future<Output = bool> + Unpin {
        let mut readable = self.connection.stream.readable();
        future::poll_fn(move |cx| match Pin::new(&mut readable).poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if self.shared.phase.get() == Phase::Stopping => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        })
    }

    /// Answers what comes, until the connection is idle again or ends. The first request has to be complete at `due`. An
    /// error means that the connection is lost.
    async fn work(&self, due: Instant) -> Result<Next> {
        let mut buffers = self.shared.take_buffers();
        buffers.due = due;
        let mut late_reads = 0;
        let next = loop {
            let count = match self.read(&mut buffers).await {
                // Between two requests a client may leave as it likes.
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
                None => Next::Nothing,
                Some(0) if buffers.parser.is_midway() => return self.refuse(TOO_SHORT, &mut buffers).await,
                Some(0) => Next::Close,
                Some(_) => self.answer_all(&mut buffers).await?,
            };
            buffers.bodies.hold(buffers.parser.size());
            self.flush(&mut buffers.out).await?;
            // Who sends as fast as this reads is neither to starve the others nor to escape the deadline.
            if count == Some(BUFFER) {
                runtime::yield_now().await;
            }
            let is_late = buffers.parser.is_midway() && buffers.due <= runtime::now();
            late_reads = if is_late { late_reads + 1 } else { 0 };
            if late_reads > LATE_READS {
                return self.refuse(TOO_SLOW, &mut buffers).await;
            }
            if !matches!(next, Next::Nothing | Next::Wait) || !buffers.parser.is_midway() {
                break next;
            }
        };
        // What is half done goes with its connection.
        if !buffers.parser.is_midway() {
            buffers.out.shrink_to(BATCH_BYTES);
            self.shared.put_back(buffers);
        }
        Ok(next)
    }

    /// One read, up to the deadline: `WouldBlock` when that has passed and nothing is left that had arrived by then.
    async fn read(&self, buffers: &mut Buffers) -> io::Result<Option<usize>> {
        self.connection.deadline.set(buffers.due);
        let read = self.connection.read(&mut buffers.parser, &self.shared.buffer);
        match self.connection.deadline.timeout(read).await {
            Some(count) => count,
            None => self.connection.try_read(&mut buffers.parser, &self.shared.buffer).map(Some),
        }
    }

    /// Answers all requests that have come. The responses wait in `out`.
    async fn answer_all(&self, buffers: &mut Buffers) -> Result<Next> {
        let mut count = 0;
        loop {
            match buffers.parser.next() {
                Ok(Some(request)) => buffers.environ.fill(request, self.peer),
                Ok(None) => break,
                Err(refusal) => return self.refuse(refusal, buffers).await,
            }
            match self.answer(buffers).await {
                Next::Wait => {}
                // Answers before this one may be on their way.
                Next::Close if count > 0 => return Ok(Next::Linger),
                next => return Ok(next),
            }
            count += 1;
            if buffers.out.len() >= BATCH_BYTES || count % BATCH == 0 {
                self.flush(&mut buffers.out).await?;
                runtime::yield_now().await;
            }
        }
        if buffers.parser.take_continue() {
            buffers.out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        if count == 0 {
            return Ok(Next::Nothing);
        }
        buffers.due = Instant::now() + self.shared.knobs.timeout;
        Ok(Next::Wait)
    }

    /// Answers the request that the environ was filled from.
    async fn answer(&self, buffers: &mut Buffers) -> Next {
        let wants_more = buffers.environ.request.persists();
        let persists = || wants_more && self.shared.phase.get() == Phase::Serving;
        let (earlier, has_begun) = (Cell::new(buffers.out.len()), Cell::new(false));
        let out = &mut buffers.out;
        let mut client = Sending { conversation: self, out, earlier: &earlier, has_begun: &has_begun, sent: 0 };
        let answered = {
            let mut answering =
                pin!(gateway::run(self.shared.application, &mut buffers.environ, &persists, &mut client));
            let mut leaving = None; // Made when it is needed: most applications don't wait.
            future::poll_fn(|cx| match answering.as_mut().poll(cx) {
                Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                Poll::Pending => {
                    let leaving = leaving.get_or_insert_with(|| Box::pin(self.client_leaves(&has_begun)));
                    leaving.as_mut().poll(cx).map(|()| None)
                }
            })
            .await
        };
        buffers.environ.input = Cursor::default(); // However this ended: the environ will be used again.
        let Some(outcome) = answered else {
            log::line(format_args!("{} the client has left; its request is dropped", self.peer));
            buffers.out.truncate(earlier.get()); // Nothing of this response was sent. The ones before it may be waited for.
            return Next::Linger;
        };
        if let Some(error) = outcome.error {
            log::line(format_args!("{} {error:#}", self.peer));
        }
        if self.shared.knobs.log {
            log::request(self.peer, buffers.environ.request.line(), outcome.status, outcome.count);
        }
        match outcome.complete {
            false => Next::Cut,
            true if !outcome.closes => Next::Wait,
            true if wants_more || buffers.parser.is_midway() || outcome.count > PIECE as u64 => Next::Linger,
            true => Next::Close,
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
        buffers.out.extend_from_slice(&answer);
        if self.shared.knobs.log {
            log::request(self.peer, line, refusal.status, count);
        }
        self.flush(&mut buffers.out).await?;
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
    out: &'a mut Vec<u8>,
    /// How many bytes of `out` belong to the responses before this one.
    earlier: &'a Cell<usize>,
    /// Whether a part of the response was sent.
    has_begun: &'a Cell<bool>,
    /// How many bytes were sent since the other connections had their turn.
    sent: usize,
}

impl Client for Sending<'_> {
    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }

    fn flush(&mut self) -> Waiting<'_, Result<()>> {
        Box::pin(async {
            self.has_begun.set(true);
            self.sent += self.out.len();
            self.conversation.flush(self.out).await.context("connection lost")?;
            // A body whose blocks are always ready is not to starve the others.
            if self.sent >= PIECE {
                self.sent = 0;
                runtime::yield_now().await;
            }
            Ok(())
        })
    }

    fn try_send(&mut self, count: usize) -> usize {
        let sent = self.conversation.connection.try_send(self.out, count);
        self.earlier.update(|earlier| earlier - sent);
        sent
    }
}

#[cfg(test)]
mod tests;
