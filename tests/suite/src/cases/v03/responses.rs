//! What becomes of an application's answer.

use std::time::Duration;

use super::applications::start_hello;
use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::cases::v02::has_date;
use crate::client::Client;
use crate::request::{bare, get, plain_get, post};
use crate::response::{Framing, Response};
use crate::server::Server;
use crate::transcript::visible;

/// How often a stream is looked at, in case this machine was too busy to see its pauses.
const LOOKS: usize = 5;

/// A pause shorter than those that /stream makes, and longer than those between two writes.
const PAUSE: Duration = Duration::from_millis(30);

/// What a 500 must not tell: names of files and the words of the error.
pub(crate) const DETAILS: [&str; 6] = ["panic", "src/", ".rs", ".py", "line ", "Traceback"];

pub(crate) fn streams_in_chunks(bench: &Bench) -> Outcome {
    let response = bench.server()?.exchange(get("/stream"))?;
    has_status(&response, 200)?;
    match &response.framing {
        Framing::Chunked(chunks) if chunks.len() > 1 => Ok(()),
        other => Err(failed("a body in several chunks", format!("{other:?}"))),
    }
}

pub(crate) fn sends_each_block_when_it_is_made(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for _ in 0..LOOKS {
        let mut client = server.connect()?;
        client.send(get("/stream"))?;
        let paused = pauses_in_its_body(&server, &mut client)?;
        has_status(&client.final_response()?, 200)?;
        if paused {
            return Ok(());
        }
    }
    Err(failed("the first block of /stream comes before the last is made", "head and blocks came all together"))
}

/// Whether the answer comes to a pause with a part of its body sent, and its end not.
fn pauses_in_its_body(server: &Server, client: &mut Client) -> Outcome<bool> {
    client.hears_within(server.patience())?;
    while client.hears_more_within(PAUSE)? {}
    let came = client.received();
    let head = came.windows(4).position(|window| window == b"\r\n\r\n");
    let has_body = head.is_some_and(|at| came.len() > at + 4);
    Ok(has_body && !came.ends_with(b"0\r\n\r\n") && !client.has_ended())
}

/// What lies unread when a socket is closed makes the close a reset.
pub(crate) fn answers_although_more_has_come(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1"))?;
    let mut client = server.connect()?;
    client.send(plain_get("/sleep/300"))?;
    client.wait_until_read()?;
    client.send(get("/"))?;
    has_status(&client.final_response()?, 200)?;
    client.finish();
    let _ = client.final_response(); // A server that keeps connections answers the second request too.
    client.closes()
}

pub(crate) fn streams_to_http_1_0_by_closing(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let chunked = server.exchange(get("/stream"))?;
    let mut client = server.connect()?;
    client.send("GET /stream HTTP/1.0\r\n\r\n")?;
    let response = client.status(200)?;
    require(response.framing == Framing::Close, "a body that ends with the connection", || {
        format!("{:?}", response.framing)
    })?;
    let came = || format!("{} after the {} in chunks", visible(&response.body), visible(&chunked.body));
    require(response.body == chunked.body, "the same body as in chunks", came)?;
    client.closes()
}

pub(crate) fn streams_no_body_to_head(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for path in ["/stream", "/environ", "/sleep/0"] {
        let mut client = server.connect()?;
        client.send(bare("HEAD", path, ""))?;
        client.status(200)?;
        client.closes()?; // With no byte more: a body would be seen here.
    }
    Ok(())
}

pub(crate) fn answers_a_panic_with_a_bare_500(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let response = server.exchange(get("/panic"))?;
    has_status(&response, 500)?;
    let body = String::from_utf8_lossy(&response.body);
    let detail = DETAILS.iter().find(|detail| body.contains(**detail));
    require(detail.is_none(), "a 500 without details", || visible(&response.body))?;
    server.serves_the_next()
}

pub(crate) fn says_why_an_application_failed(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("LOG", "off"))?;
    has_status(&server.exchange(get("/panic"))?, 500)?;
    // Requests write no line here, so whatever comes is about the panic.
    let stderr = server.stderr().wait(server.patience(), |text| text.contains('\n'));
    require(stderr.contains('\n'), "a line on stderr with the cause, also with LOG=off", || "none")
}

pub(crate) fn sleeps_when_told_so(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for path in ["/sleep/0", "/sleep/1", "/sleep/20"] {
        has_status(&server.exchange(get(path))?, 200)?;
    }
    for path in ["/sleep/", "/sleep/soon", "/sleep/-1", "/sleep/1.5", "/sleep/1/2", "/sleep/99999999999999999999999"] {
        let response = server.exchange(get(path))?;
        let came = || format!("{} {}", response.status, response.reason);
        require((400..500).contains(&response.status), format!("a status of the 400s for {path}"), came)?;
    }
    server.serves_the_next()
}

pub(crate) fn completes_the_responses_of_applications(bench: &Bench) -> Outcome {
    let site = bench.server()?;
    for request in ["/", "/environ", "/stream", "/sleep/0", "/panic", "/no/such/page"].map(get) {
        is_complete(bench, &site, request.as_bytes())?;
    }
    is_complete(bench, &site, &post("/echo", b"hello"))?;
    drop(site); // There may be one address for both.
    is_complete(bench, &start_hello(bench)?, get("/").as_bytes())
}

fn is_complete(bench: &Bench, server: &Server, request: &[u8]) -> Outcome {
    let mut client = server.connect()?;
    client.send(request)?;
    let response = client.final_response()?;
    has_date(bench, &response)?;
    let name = response.field("Server").unwrap_or_default();
    require(!bench.is_strict() || !name.is_empty(), "a Server field with a name", || "none")?;
    let framed = response.framing != Framing::Close;
    require(framed, "a body by Content-Length or in chunks", || "one that ends with the connection")?;
    client.closes()
}

pub(crate) fn knows_the_methods_of_each_page(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for (path, taken) in [("/echo", "POST"), ("/environ", "GET"), ("/stream", "GET"), ("/sleep/0", "GET"), ("/", "GET")]
    {
        let response = server.exchange(bare("DELETE", path, ""))?;
        has_status(&response, 405)?;
        let allow = response.field("Allow").unwrap_or("no Allow field");
        let named = allow.split(',').any(|method| method.trim() == taken);
        require(named, format!("an Allow field with {taken} in it for {path}"), || allow)?;
        has_status(&server.exchange(bare("BREW", path, ""))?, 501)?;
        let response = server.exchange(bare("OPTIONS", path, ""))?;
        require((200..300).contains(&response.status), "a status of the 200s for OPTIONS", || response.status)?;
    }
    for path in ["/no/such/page", "/environ/", "/environs", "/Echo", "/sleep"] {
        has_status(&server.exchange(get(path))?, 404)?;
    }
    has_status(&server.exchange(get("/echo"))?, 405)
}

/// A response of this status.
pub(crate) fn has_status(response: &Response, status: u16) -> Outcome {
    let came = || format!("{} {}", response.status, response.reason);
    require(response.status == status, format!("the status {status}"), came)
}
