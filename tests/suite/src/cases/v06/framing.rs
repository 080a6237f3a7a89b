//! Where a request ends and the next one begins, whatever became of the first.

use super::clients::answered;
use super::keep_alive::{does_not_close, ends_well};
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v02::has_body;
use crate::request::{get, plain, plain_get, plain_post, post};
use crate::transcript::visible;

/// A body that would be a request if it were taken for one.
const SMUGGLED: &str = "GET /environ?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Requests of each sort, with the status of the answer: with a body that no application reads, without a body in the
/// answer, with an application that fails, in chunks.
fn of_all_sorts() -> Vec<(&'static str, Vec<u8>, u16)> {
    let chunked = |path: &str, data: &str| {
        let head = plain("POST", path, "Transfer-Encoding: chunked\r\n");
        format!("{head}{:x}\r\n{data}\r\n0\r\nX-Trailer: y\r\n\r\n", data.len()).into_bytes()
    };
    let large = SMUGGLED.repeat((1 << 20) / SMUGGLED.len());
    vec![
        ("POST", plain_post("/", SMUGGLED.as_bytes()), 405),
        ("POST", chunked("/", SMUGGLED), 405),
        ("POST", plain_post("/no/such/page", SMUGGLED.as_bytes()), 404),
        ("POST", plain_post("/environ", large.as_bytes()), 200),
        ("POST", chunked("/environ", &large), 200),
        ("POST", chunked("/echo", &large), 200),
        (
            "GET",
            [plain("GET", "/", &format!("Content-Length: {}\r\n", SMUGGLED.len())).as_bytes(), SMUGGLED.as_bytes()]
                .concat(),
            200,
        ),
        ("DELETE", plain("DELETE", "/echo", "").into(), 405),
        ("BREW", plain("BREW", "/", "").into(), 501),
        ("GET", plain_get("/panic").into(), 500),
        ("HEAD", plain("HEAD", "/", "").into(), 200),
        ("HEAD", plain("HEAD", "/stream", "").into(), 200),
        ("HEAD", plain("HEAD", "/no/such/page", "").into(), 404),
        ("OPTIONS", plain("OPTIONS", "/", "").into(), 204),
        ("GET", plain_get("/stream").into(), 200),
    ]
}

pub(crate) fn finds_the_next_request_after_any_answer(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for (method, request, status) in of_all_sorts() {
        for together in [true, false] {
            let mut client = server.connect()?;
            let next = plain_post("/echo", b"next");
            client.send(if together { [&request[..], &next].concat() } else { request.clone() })?;
            let response = client.response_to(method)?;
            let expected = format!("the status {status} to {}", visible(&request));
            let right = response.status == status || status == 204 && (200..300).contains(&response.status);
            require(right, expected, || format!("{} {}", response.status, response.reason))?;
            does_not_close(&response)?;
            if !together {
                client.send(next)?;
            }
            has_body(&client.response_to("POST")?, b"next")?;
            client.send(get("/no/such/page"))?;
            let last = client.response_to("GET")?;
            require(last.status == 404, "the status 404 to the last request", || last.status)?;
            client.closes()?;
        }
    }
    Ok(())
}

pub(crate) fn asks_for_a_body_on_a_used_connection(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = answered(&server)?;
    for body in ["once", "more"] {
        client.send(plain("POST", "/echo", "Content-Length: 4\r\nExpect: 100-continue\r\n"))?;
        client.status(100)?;
        client.send(body)?;
        has_body(&client.response()?, body.as_bytes())?;
    }
    ends_well(&mut client)
}

pub(crate) fn answers_a_client_that_has_finished_sending(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for slow in ["/sleep/0", "/sleep/200", "/stream"] {
        let mut client = server.connect()?;
        client.send([plain_post("/echo", b"first"), plain_get(slow).into(), plain_post("/echo", b"last")].concat())?;
        client.finish();
        has_body(&client.response()?, b"first")?;
        client.status(200)?;
        has_body(&client.response()?, b"last")?;
        client.closes()?;
    }
    Ok(())
}

pub(crate) fn sends_what_was_answered_before_a_client_left(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    client.send([plain_post("/echo", b"first"), plain_get("/sleep/60000").into()].concat())?;
    client.finish();
    has_body(&client.response()?, b"first")?;
    client.closes()?; // A reset could overtake the answer.
    server.serves_the_next()
}

pub(crate) fn keeps_what_comes_while_an_application_works(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let next = post("/echo", b"the next request");
    for cut in [1, 20, next.len() - 1, next.len()] {
        let mut client = answered(&server)?;
        client.send(plain_get("/sleep/200"))?;
        client.wait_until_read()?;
        client.send(&next[..cut])?;
        does_not_close(&client.status(200)?)?;
        client.send(&next[cut..])?;
        has_body(&client.response()?, b"the next request")?;
        client.closes()?;
    }
    Ok(())
}
