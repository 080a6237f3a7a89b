//! PEP 3333's rules for a gateway, shown with applications made for each, and a client that keeps all that it receives.

mod body;
mod failure;
mod start;
mod waiting;

use std::cell::{Cell, RefCell};
use std::future;
use std::mem;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{self, Poll, Waker};

use anyhow::{Result, anyhow};

use super::{Application, Blocks, Body, BoxFuture, Outcome, StartResponse, run};
use crate::http::parser::Parser;
use crate::wsgi::environ::Environ;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
const GET_1_0: &str = "GET / HTTP/1.0\r\n\r\n";
const PAGE_500: &str = "500 Internal Server Error\n";
const DETAIL: &str = "the secret detail";

/// A client: what it was sent, each send on its own, how often that was tried, whether it takes its time, and whether its
/// connection is to end.
#[derive(Clone, Default)]
struct Client {
    sent: Rc<RefCell<Vec<Vec<u8>>>>,
    tries: Rc<Cell<usize>>,
    stalls: Rc<Cell<bool>>,
    ends: Rc<Cell<bool>>,
}

impl Client {
    fn sends(&self) -> usize {
        self.sent.borrow().len()
    }

    fn text(&self) -> String {
        String::from_utf8(self.sent.borrow().concat()).expect("a response in UTF-8")
    }
}

/// A client during one response: it accepts `room` sends, when it does not stall, and is gone then.
struct Accepting<'a> {
    client: &'a Client,
    room: usize,
}

impl super::Client for Accepting<'_> {
    fn persists(&self) -> bool {
        !self.client.ends.get()
    }

    fn send<'a>(&'a mut self, bytes: &'a mut Vec<u8>, _: bool) -> BoxFuture<'a, Result<()>> {
        let Accepting { client, room } = self;
        client.tries.set(client.tries.get() + 1);
        Box::pin(future::poll_fn(|_| {
            if client.stalls.get() {
                return Poll::Pending;
            }
            let bytes = mem::take(bytes);
            Poll::Ready(if client.sends() < *room {
                client.sent.borrow_mut().push(bytes);
                Ok(())
            } else {
                Err(anyhow!("the client is gone"))
            })
        }))
    }
}

/// The bytes that the client received, and the outcome.
struct Answer {
    text: String,
    outcome: Outcome,
}

impl Answer {
    fn parts(&self) -> (&str, &str) {
        self.text.split_once("\r\n\r\n").expect("a complete head")
    }

    fn status(&self) -> &str {
        self.text.strip_prefix("HTTP/1.1 ").and_then(|text| text.lines().next()).expect("a status line")
    }

    fn body(&self) -> &str {
        self.parts().1
    }

    /// The values of a field.
    fn field(&self, name: &str) -> Vec<&str> {
        let fields = self.parts().0.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// Holds it to be the page for a failure, complete and without any detail.
    fn is_500(&self, why: &str) {
        assert_eq!((self.status(), self.body()), ("500 Internal Server Error", PAGE_500), "{why}");
        assert_eq!(self.field("Content-Length"), [PAGE_500.len().to_string()], "{why}");
        assert_eq!(self.outcome.status, 500, "{why}");
        assert!(self.outcome.complete && self.outcome.error.is_some(), "{why}");
        assert!(!self.text.contains(DETAIL), "{why}");
    }

    /// Holds it to be cut: its last send is `end`, no end of the body, and the connection can tell.
    fn is_cut_after(&self, end: &str) {
        assert!(self.text.ends_with(end), "{:?}", self.text);
        assert!(!self.outcome.complete && self.outcome.error.is_some());
        assert_eq!(self.outcome.status, 200);
    }

    fn is_complete(&self) -> bool {
        self.outcome.complete && self.outcome.error.is_none()
    }
}

/// Has `application` answer `request` to a client that takes `room` sends. The rest of the response is one more.
async fn answer(application: &dyn Application, request: &str, client: &Client, room: usize) -> Answer {
    let mut parser = Parser::new(1 << 24);
    parser.feed(request.as_bytes());
    let request = parser.next().expect("a valid request").expect("a complete request");
    let address = "127.0.0.1:8888".parse::<SocketAddr>().expect("an address").into();
    let mut environ = Environ::new(request, address, address, false);
    let mut accepting = Accepting { client, room };
    let mut outcome = run(application, &mut environ, &mut accepting).await;
    if !outcome.rest.is_empty() {
        let _ = super::Client::send(&mut accepting, &mut outcome.rest, false).await;
    }
    Answer { text: client.text(), outcome }
}

fn exchange(application: &dyn Application, request: &str, client: &Client, room: usize) -> Answer {
    block_on(answer(application, request, client, room))
}

/// Polls a future until it is done: nothing here waits for anything else.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut task::Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

fn ask(request: &str, application: impl AsyncFn(&mut Environ, &mut dyn StartResponse) -> Result<Body>) -> Answer {
    exchange(&application, request, &Client::default(), usize::MAX)
}

/// The answer to a GET whose response begins with this, and whose body is `hello`.
fn get(status: &str, headers: &[(&str, &str)]) -> Answer {
    ask(GET, async |_, start_response| {
        start_response.call(status, headers, None)?;
        Ok(Body::from("hello"))
    })
}

/// A body of these blocks; `!` fails and `panic` panics.
fn blocks(blocks: &'static [&'static str]) -> Body {
    let mut blocks = blocks.iter().map(|block| match *block {
        "!" => Err(anyhow!(DETAIL)),
        "panic" => panic!("{DETAIL}"),
        block => Ok(block.as_bytes().to_vec()),
    });
    Body::Blocks(Box::new(async move || blocks.next()))
}

/// A body that records when it is dropped, which is PEP 3333's `close()`, and how often it was asked for a block.
struct Closing {
    body: Body,
    asked: Rc<Cell<usize>>,
    closed: Rc<Cell<usize>>,
}

impl Blocks for Closing {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>>>> {
        self.asked.set(self.asked.get() + 1);
        match &mut self.body {
            Body::Whole(_) => Box::pin(future::ready(None)),
            Body::Blocks(blocks) => blocks.next(),
        }
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.closed.set(self.closed.get() + 1);
    }
}

/// How often a body of these blocks was asked for one, and was closed, when a client that takes `room` sends asks.
fn asked_and_closed(request: &str, list: &'static [&'static str], room: usize) -> (usize, usize) {
    count_calls(request, &[], list, room)
}

/// The same for a GET whose response begins with these headers.
fn asked_and_closed_with(headers: &[(&str, &str)], list: &'static [&'static str]) -> (usize, usize) {
    count_calls(GET, headers, list, usize::MAX)
}

fn count_calls(request: &str, headers: &[(&str, &str)], list: &'static [&'static str], room: usize) -> (usize, usize) {
    let counts = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.call("200 OK", headers, None)?;
        let (asked, closed) = counts.clone();
        Ok(Body::Blocks(Box::new(Closing { body: blocks(list), asked, closed })))
    };
    exchange(&application, request, &Client::default(), room);
    (counts.0.get(), counts.1.get())
}
