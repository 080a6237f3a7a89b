//! New in a gateway that waits: a slow client, a response that is dropped half-way, and an application that gave way before
//! it fails.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{self, Poll, Waker};

use anyhow::{Context, anyhow, ensure};

use super::{Client, Closing, DETAIL, GET, GET_1_0, answer, ask, block_on, blocks, exchange};
use crate::runtime::yield_now;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{Body, BoxFuture, StartResponse};

fn poll_once<T>(future: &mut BoxFuture<T>) -> Poll<T> {
    future.as_mut().poll(&mut task::Context::from_waker(Waker::noop()))
}

#[test]
fn the_next_block_is_asked_for_when_the_client_has_taken_the_last() {
    let client = Client::default();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.call("200 OK", &[], None)?;
        let (client, seen) = (client.clone(), seen.clone());
        let mut blocks = ["a", "b", "c"].into_iter();
        Ok(Body::Blocks(Box::new(async move || {
            seen.borrow_mut().push(client.sends());
            client.stalls.set(true);
            blocks.next().map(|block| Ok(block.as_bytes().to_vec()))
        })))
    };
    let mut answering: BoxFuture<_> = Box::pin(answer(&application, GET, &client, usize::MAX));
    for asked in [&[0][..], &[0, 1], &[0, 1, 2], &[0, 1, 2, 3]] {
        client.stalls.set(false);
        for _ in 0..3 {
            assert!(poll_once(&mut answering).is_pending());
            assert_eq!(*seen.borrow(), asked, "sends before each block");
        }
    }
    client.stalls.set(false);
    assert_eq!(block_on(answering).body(), "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n");
}

#[test]
fn a_write_waits_until_the_client_has_taken_it() {
    let client = Client::default();
    let went_on = Cell::new(false);
    let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        client.stalls.set(true);
        start_response.call("200 OK", &[], None)?.write(b"hello").await?;
        went_on.set(true);
        Ok(Body::from(""))
    };
    let mut answering: BoxFuture<_> = Box::pin(answer(&application, GET, &client, usize::MAX));
    assert!(poll_once(&mut answering).is_pending());
    assert_eq!((client.sends(), went_on.get()), (0, false));
    client.stalls.set(false);
    assert!(block_on(answering).is_complete());
    assert!(went_on.get());
}

#[test]
fn a_response_that_is_dropped_half_way_closes_its_body() {
    let client = Client::default();
    let counts = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.call("200 OK", &[], None)?;
        let (asked, closed) = counts.clone();
        Ok(Body::Blocks(Box::new(Closing { body: blocks(&["a", "b"]), asked, closed })))
    };
    client.stalls.set(true);
    let mut answering: BoxFuture<_> = Box::pin(answer(&application, GET, &client, usize::MAX));
    assert!(poll_once(&mut answering).is_pending());
    assert_eq!((counts.0.get(), counts.1.get()), (1, 0), "asked and closed");
    drop(answering);
    assert_eq!((counts.0.get(), counts.1.get(), client.sends()), (1, 1, 0), "asked, closed and sends");
}

#[test]
fn an_application_that_fails_after_it_gave_way_gets_a_500_page() {
    let at_once = ask(GET, async |_, _| {
        yield_now().await;
        panic!("{DETAIL}")
    });
    at_once.is_500("a panic");
    let in_body = |panics: bool| {
        ask(GET, async move |_, start_response| {
            start_response.call("200 OK", &[], None)?;
            Ok(Body::Blocks(Box::new(async move || {
                yield_now().await;
                if panics { panic!("{DETAIL}") } else { Some(Err(anyhow!(DETAIL))) }
            })))
        })
    };
    in_body(true).is_500("a panic in its body");
    in_body(false).is_500("an error in its body");
    let written = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?.write(b"hello").await?;
        yield_now().await;
        panic!("{DETAIL}")
    });
    written.is_cut_after("\r\n\r\n5\r\nhello\r\n");
}

#[test]
fn a_block_that_is_given_up_half_way_cuts_the_response() {
    let client = Client::default();
    let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        let write = start_response.call("200 OK", &[], None)?;
        client.stalls.set(true);
        ensure!(poll_once(&mut write.write(b"first")).is_pending(), "the client stalls");
        client.stalls.set(false);
        Ok(Body::from("last"))
    };
    exchange(&application, GET, &client, usize::MAX).is_cut_after("\r\n\r\n5\r\nfirst\r\n");
}

#[test]
fn the_connection_ends_if_it_is_to_when_the_head_is_written() {
    for (status, body) in [("200 OK", Some("hello")), ("500 Internal Server Error", None)] {
        let client = Client::default();
        let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
            start_response.call("200 OK", &[], None)?;
            client.ends.set(true);
            body.map(Body::from).context(DETAIL)
        };
        let answer = exchange(&application, GET, &client, usize::MAX);
        assert_eq!((answer.status(), answer.field("Connection")), (status, vec!["close"]));
        assert!(answer.outcome.complete && answer.outcome.closes);
    }
}

#[test]
fn only_a_body_of_unknown_length_for_an_http_1_0_client_needs_the_end_of_the_connection() {
    let stream = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        start_response.call("200 OK", &[], None)?;
        Ok(blocks(&["he", "llo"]))
    };
    for (request, closes, field) in [(GET, false, "keep-alive"), (GET_1_0, true, "close")] {
        let answer = exchange(&stream, request, &Client::default(), usize::MAX);
        assert_eq!((answer.outcome.closes, answer.field("Connection")), (closes, vec![field]));
    }
    let whole = ask(GET_1_0, async |_, start_response| {
        start_response.call("200 OK", &[], None)?;
        Ok(Body::from("hello"))
    });
    assert_eq!((whole.outcome.closes, whole.field("Connection")), (false, vec!["keep-alive"]));
    assert!(!ask(GET_1_0, async |_, _| panic!("{DETAIL}")).outcome.closes);
}
