//! The limits: of sizes, of time, and how a refusal is sent.

use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::server::Server;

/// The largest body, as RFC-abiding clients may send it.
const BODY: usize = 16 << 20;

pub(crate) fn limits_the_request_line(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let line = |length: usize| format!("GET /{} HTTP/1.1", "a".repeat(length - 14));
    gets(&server, format!("{}\r\nHost: localhost\r\n\r\n", line(8000)), 404)?;
    gets(&server, format!("{}\r\nHost: localhost\r\n\r\n", line(9000)), 414)?;
    gets(&server, format!("GET /{}", "a".repeat(9000)), 414) // Its end is not waited for.
}

pub(crate) fn limits_the_head(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let fields = |count| format!("X-Long: {}\r\n", "a".repeat(990)).repeat(count);
    gets(&server, format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", fields(60)), 200)?;
    gets(&server, format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", fields(70)), 431)?;
    let endless = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}", "a".repeat(70_000));
    gets(&server, endless, 431)
}

pub(crate) fn limits_the_number_of_fields(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let request = |fields: usize| format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(fields - 1));
    gets(&server, request(100), 200)?;
    gets(&server, request(101), 431)
}

pub(crate) fn limits_an_announced_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let head = |length: &str, more: &str| {
        format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{more}\r\n")
    };
    let mut client = server.connect()?;
    client.send(head(&BODY.to_string(), "Expect: 100-continue\r\n"))?;
    client.status(100)?;
    client.leave();
    for length in [&(BODY + 1).to_string(), "99999999999999999999999"] {
        gets(&server, head(length, ""), 413)?;
    }
    gets(&server, head(&(BODY + 1).to_string(), "Expect: 100-continue\r\n"), 413)
}

pub(crate) fn limits_a_chunked_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(BODY / 0x10000);
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut client = server.connect()?;
    client.send(format!("{head}{chunk}"))?;
    client.send("1\r\n")?;
    client.send("x\r\n")?;
    client.status(413)?;
    client.leave();
    server.serves_the_next()
}

pub(crate) fn limits_the_time_for_a_request(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("TIMEOUT", "1"))?;
    for start in [
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
    ] {
        let (mut client, deadline) = (server.connect()?, Instant::now() + server.patience());
        client.send(start)?;
        // The wait for an answer is the pause between two bytes.
        while !client.hears_within(Duration::from_millis(100))? {
            if Instant::now() > deadline {
                return Err(failed(
                    "a 408 after a second (TIMEOUT=1)",
                    "the server goes on reading a byte now and then",
                ));
            }
            client.send("x")?;
        }
        client.status(408)?;
        client.leave();
    }
    server.serves_the_next()
}

pub(crate) fn lets_go_of_a_silent_client(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("TIMEOUT", "1"))?;
    for start in ["", "GET / HT"] {
        let mut client = server.connect()?;
        client.send(start)?;
        if !client.hears_within(server.patience())? {
            let expected = "a 408, or the end of the connection, after a second (TIMEOUT=1)";
            return Err(failed(expected, format!("silence for {} s", server.patience().as_secs())));
        }
        client.leave();
        server.serves_the_next()?;
    }
    Ok(())
}

pub(crate) fn gets_a_refusal_to_a_client_that_goes_on_sending(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let head = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", BODY + 1);
    let mut client = server.connect()?;
    client.send(head)?;
    client.wait_until_read()?;
    for _ in 0..16 {
        client.send([b'x'; 1 << 16])?;
        client.wait_until_read()?; // Of a server that has closed instead, the next piece finds the reset.
    }
    client.status(413)?;
    client.finish();
    client.closes()?;
    client.leave();
    server.serves_the_next()
}

/// Sends `request`, which may be unfinished, and reads an answer of this status.
fn gets(server: &Server, request: String, status: u16) -> Outcome {
    let response = server.exchange(request)?;
    require(response.status == status, format!("the status {status}"), || {
        format!("{} {}", response.status, response.reason)
    })
}
