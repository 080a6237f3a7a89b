//! A worker on a thread of its own, and a client of it.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;
use std::{future, net, thread};

use anyhow::{Context, Result, ensure};

use super::LEAVING;
use crate::app::Choice;
use crate::knobs::Knobs;
use crate::runtime;
use crate::worker;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{Application, Body, StartResponse};

const KNOBS: Knobs = Knobs {
    log: false,
    timeout: Duration::from_secs(60),
    keep_alive: Duration::from_secs(60),
    send_timeout: Duration::from_secs(60),
    workers: 1,
    max_connections: 10,
    max_body: 1 << 20,
    max_bodies: 1 << 20,
    threads: 0,
    app_timeout: None,
    reload: false,
    grace: Duration::ZERO,
};

/// Larger than what the kernel takes while the client reads nothing.
const LARGE: usize = 32 << 20;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Where the application and the client meet.
static GAVE_UP: Barrier = Barrier::new(2);

/// Each piece of it has a number.
fn block() -> Vec<u8> {
    (0..LARGE / 4096).flat_map(|number| format!("{number:04096}").into_bytes()).collect()
}

static ASKED: AtomicUsize = AtomicUsize::new(0);

/// A client that has asked a worker of its own, which goes on until the tests end.
fn client_of(application: &'static (dyn Application + Sync)) -> Result<TcpStream> {
    let listener = net::TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let ((master, word), (sender, signal)) = (UnixStream::pair()?, UnixStream::pair()?);
    thread::spawn(move || {
        let _open = (master, sender);
        worker::run(listener.into(), word, signal, KNOBS, Choice::BuiltIn(application))
    });
    std::io::Write::write_all(&mut client, REQUEST)?;
    Ok(client)
}

/// Sends the start of a block, and gives up the rest.
async fn gives_up(_: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let write = start_response.call("200 OK", &[("Content-Length", &LARGE.to_string())], None)?;
    let block = block();
    let mut writing = write.write(&block);
    let taken = future::poll_fn(|cx| Poll::Ready(writing.as_mut().poll(cx))).await;
    drop(writing);
    GAVE_UP.wait();
    ensure!(taken.is_pending(), "the kernel takes the whole block");
    Ok(Body::from(""))
}

/// A body whose last block takes longer than a client may seem to have left.
async fn pauses(_: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    start_response.call("200 OK", &[("Content-Length", "2")], None)?;
    let mut blocks = 0;
    Ok(Body::Blocks(Box::new(async move || {
        blocks += 1;
        if blocks == 2 {
            runtime::sleep(LEAVING * 3 / 2).await;
        }
        (blocks <= 2).then(|| Ok(b"x".to_vec()))
    })))
}

#[test]
fn a_client_that_ended_its_sending_side_gets_all_of_a_body_that_has_begun() -> Result<()> {
    let mut client = client_of(&pauses)?;
    client.shutdown(Shutdown::Write)?;
    let mut received = Vec::new();
    client.read_to_end(&mut received)?;
    assert!(received.ends_with(b"\r\n\r\nxx"), "{}", received.escape_ascii());
    Ok(())
}

/// The first request is answered. The second one waits for something that never comes, when its head is begun.
async fn waits_for_ever(_: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    start_response.call("200 OK", &[], None)?;
    if ASKED.fetch_add(1, Ordering::Relaxed) > 0 {
        future::pending::<()>().await;
    }
    Ok(Body::from("the first"))
}

#[test]
fn of_a_response_that_is_dropped_nothing_is_sent_and_what_came_before_is() -> Result<()> {
    let mut client = client_of(&waits_for_ever)?;
    std::io::Write::write_all(&mut client, REQUEST)?;
    client.shutdown(Shutdown::Write)?;
    let mut received = Vec::new();
    client.read_to_end(&mut received)?;
    assert!(received.ends_with(b"\r\n\r\nthe first"), "{}", received.escape_ascii());
    Ok(())
}

#[test]
fn a_block_that_is_given_up_half_way_is_not_sent_again() -> Result<()> {
    let mut client = client_of(&gives_up)?;
    GAVE_UP.wait();
    let mut received = Vec::new();
    let _ = client.read_to_end(&mut received); // The end is a reset, because the response is not complete.
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("a head")? + 4;
    let body = &received[end..];
    assert!(body.len() < LARGE && block().starts_with(body), "{} bytes came", body.len());
    Ok(())
}
