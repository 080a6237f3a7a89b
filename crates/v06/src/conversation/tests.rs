//! A worker on a thread of its own, and a client of it.

use std::io::Read;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::Barrier;
use std::task::Poll;
use std::time::Duration;
use std::{future, net, thread};

use anyhow::{Context, Result, ensure};

use crate::environ::Environ;
use crate::gateway::{Body, StartResponse};
use crate::knobs::Knobs;
use crate::worker;

const KNOBS: Knobs = Knobs {
    log: false,
    timeout: Duration::from_secs(60),
    keep_alive: Duration::from_secs(60),
    send_timeout: Duration::from_secs(60),
    workers: 1,
    max_connections: 10,
    max_bodies: 1 << 20,
    grace: Duration::ZERO,
};

/// Larger than what the kernel takes while the client reads nothing.
const LARGE: usize = 32 << 20;

/// Where the application and the client meet.
static GAVE_UP: Barrier = Barrier::new(2);

/// Each piece of it has a number.
fn block() -> Vec<u8> {
    (0..LARGE / 4096).flat_map(|number| format!("{number:04096}").into_bytes()).collect()
}

/// Sends the start of a block, and gives up the rest.
async fn gives_up(_: &mut Environ, start_response: &mut StartResponse<'_>) -> Result<Body> {
    let write = start_response("200 OK", &[("Content-Length", &LARGE.to_string())], None)?;
    let block = block();
    let mut writing = write.write(&block);
    let taken = future::poll_fn(|cx| Poll::Ready(writing.as_mut().poll(cx))).await;
    drop(writing);
    GAVE_UP.wait();
    ensure!(taken.is_pending(), "the kernel takes the whole block");
    Ok(Body::from(""))
}

#[test]
fn a_block_that_is_given_up_half_way_is_not_sent_again() -> Result<()> {
    let listener = net::TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let ((_master, word), (_sender, signal)) = (UnixStream::pair()?, UnixStream::pair()?);
    thread::spawn(move || worker::run(listener, word, signal, KNOBS, &gives_up));
    std::io::Write::write_all(&mut client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")?;
    GAVE_UP.wait();
    let mut received = Vec::new();
    let _ = client.read_to_end(&mut received); // The end is a reset, for the response is not complete.
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n").context("a head")? + 4;
    let body = &received[end..];
    assert!(body.len() < LARGE && block().starts_with(body), "{} bytes came", body.len());
    Ok(())
}
