//! Clients that are served, and clients that leave in every way they can.

use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::server::Server;
use crate::transcript::visible;

/// A request that is complete in 64 bytes.
const ECHO: &str = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello";

/// The start of a TLS handshake, as a browser sends it that was told https.
const TLS_HELLO: &[u8] =
    b"\x16\x03\x01\x00\x2c\x01\x00\x00\x28\x03\x03\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\
    \x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\x00\x02\x13\x01\x01\x00\x00\x00";

pub(crate) fn echoes_a_body(bench: &Bench) -> Outcome {
    echoes(&bench.server()?, ECHO, "hello")
}

pub(crate) fn serves_one_client_after_another(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for body in ["first", "again", "third"] {
        echoes(&server, &ECHO.replace("hello", body), body)?;
    }
    Ok(())
}

pub(crate) fn outlives_a_client_that_leaves_at_once(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    server.connect()?.leave();
    server.serves_the_next()?;
    let mut client = server.connect()?;
    client.finish();
    client.leave();
    server.serves_the_next()
}

pub(crate) fn outlives_a_client_that_resets(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    server.connect()?.reset()?;
    server.serves_the_next()?;
    let mut client = server.connect()?;
    client.send("GET / HT")?;
    client.reset()?;
    server.serves_the_next()
}

pub(crate) fn outlives_a_client_that_leaves_in_the_middle(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for part in
        ["GET", "GET / HTTP/1.1\r\nHo", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"]
    {
        let mut client = server.connect()?;
        client.send(part)?;
        client.leave();
        server.serves_the_next()?;
    }
    Ok(())
}

pub(crate) fn outlives_a_client_that_does_not_read_its_answer(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for _ in 0..3 {
        let mut client = server.connect()?;
        client.send(ECHO)?;
        client.reset()?;
    }
    server.serves_the_next()?;
    let mut client = server.connect()?;
    client.send(ECHO)?;
    client.leave();
    server.serves_the_next()
}

pub(crate) fn outlives_bytes_that_are_no_http(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for bytes in [&[0; 100][..], TLS_HELLO, b"\xff\xfe\r\n\r\n", b"\r\n\r\n\r\n\r\n", b":\r\n:\r\n\r\n"] {
        let mut client = server.connect()?;
        client.send(bytes)?;
        client.finish();
        client.leave();
        server.serves_the_next()?;
    }
    Ok(())
}

fn echoes(server: &Server, request: &str, body: &str) -> Outcome {
    let response = server.exchange(request)?;
    require(response.status == 200, "the status 200", || response.status)?;
    match response.body.ends_with(body.as_bytes()) {
        true => Ok(()),
        false => Err(failed(format!("a body that ends with {body:?}"), visible(&response.body))),
    }
}
