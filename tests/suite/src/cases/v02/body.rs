//! Bodies, by length and in chunks, in whatever pieces they come.

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::request::{self, bare};
use crate::response::Response;
use crate::server::Server;
use crate::transcript::visible;

const CHUNKED: &str = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

pub(crate) fn echoes_a_body_of_one_mebibyte(bench: &Bench) -> Outcome {
    let body: Vec<u8> = (0..1u32 << 20).map(|number| (number % 251) as u8).collect();
    echoes(&bench.server()?, post(&body), &body)
}

pub(crate) fn echoes_exactly_the_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let bytes: Vec<u8> = (0..=255).collect();
    for body in [&bytes[..], b"", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"] {
        echoes(&server, post(body), body)?;
    }
    Ok(())
}

pub(crate) fn answers_without_waiting_for_the_client_to_close(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    server.serves_the_next()?;
    echoes(&server, "POST /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", b"")?;
    echoes(&server, post(b"hello"), b"hello")
}

pub(crate) fn joins_a_request_in_two_pieces(bench: &Bench) -> Outcome {
    in_two_pieces(&bench.server()?, &post(b"hello"), b"hello")
}

pub(crate) fn joins_a_chunked_body_in_two_pieces(bench: &Bench) -> Outcome {
    let request = format!("{CHUNKED}3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Sum: 1\r\n\r\n");
    in_two_pieces(&bench.server()?, request.as_bytes(), b"hello")
}

pub(crate) fn joins_a_head_that_comes_byte_by_byte(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    for byte in server.placed(&post(b"hello"))? {
        client.send([byte])?;
        client.wait_until_read()?;
    }
    has_body(&client.response()?, b"hello")
}

pub(crate) fn is_not_confused_by_bytes_after_the_request(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    // It is the last request, so that what follows is no part of another one either.
    let chunked = bare("POST", "/echo", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n";
    for request in [request::post("/echo", b"hello"), chunked.into_bytes()] {
        for more in [&b"\r\n"[..], b"and more", b"\0\0\0"] {
            echoes(&server, [&request[..], more].concat(), b"hello")?;
        }
    }
    Ok(())
}

pub(crate) fn reads_chunks_of_one_byte(bench: &Bench) -> Outcome {
    let body: String = ('a'..='z').cycle().take(2000).collect();
    let chunks: String = body.chars().map(|letter| format!("1\r\n{letter}\r\n")).collect();
    echoes(&bench.server()?, format!("{CHUNKED}{chunks}0\r\n\r\n"), body.as_bytes())
}

pub(crate) fn ignores_chunk_extensions(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for extension in [";a", ";a=b", ";a=\"b c\"", ";a=b;c=d"] {
        echoes(&server, format!("{CHUNKED}5{extension}\r\nhello\r\n0{extension}\r\n\r\n"), b"hello")?;
    }
    Ok(())
}

pub(crate) fn ignores_trailers(bench: &Bench) -> Outcome {
    let request = format!("{CHUNKED}5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 3\r\n\r\n");
    echoes(&bench.server()?, request, b"hello")
}

pub(crate) fn reads_chunk_sizes_in_either_case(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for (size, count) in [("a", 10), ("A", 10), ("1f", 31), ("1F", 31), ("00000a", 10)] {
        let body = "x".repeat(count);
        echoes(&server, format!("{CHUNKED}{size}\r\n{body}\r\n0\r\n\r\n"), body.as_bytes())?;
    }
    Ok(())
}

/// A request with `body` by its length.
fn post(body: &[u8]) -> Vec<u8> {
    let head = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Sends `request` in two pieces, cut at every place in turn. The second is sent when the server has read the first.
fn in_two_pieces(server: &Server, request: &[u8], body: &[u8]) -> Outcome {
    let request = server.placed(request)?;
    for cut in 1..request.len() {
        let mut client = server.connect()?;
        client.send(&request[..cut])?;
        client.wait_until_read()?;
        client.send(&request[cut..])?;
        has_body(&client.response()?, body)?;
    }
    Ok(())
}

fn echoes(server: &Server, request: impl AsRef<[u8]>, body: &[u8]) -> Outcome {
    has_body(&server.exchange(request)?, body)
}

/// A 200 with exactly this body.
pub(crate) fn has_body(response: &Response, body: &[u8]) -> Outcome {
    require(response.status == 200, "the status 200", || format!("{} {}", response.status, response.reason))?;
    let came = || format!("{} bytes: {}", response.body.len(), visible(&response.body));
    require(response.body == body, format!("exactly the {} bytes {}", body.len(), visible(body)), came)
}
