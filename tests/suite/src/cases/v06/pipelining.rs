//! Requests that come before the earlier ones are answered (RFC 9112 9.3.2).

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v02::has_body;
use crate::client::Client;
use crate::request::{plain, plain_get, plain_post, post};
use crate::transcript::visible;

/// How many requests make a long pipeline.
const MANY: usize = 1000;

pub(crate) fn answers_in_order(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    // The later ones could be answered at once; they wait for the first.
    let sleep = plain_get("/sleep/200").into_bytes();
    let last = post("/echo", b"last");
    client.send([sleep, plain_post("/echo", b"first"), plain_get("/no/such/page").into(), last].concat())?;
    let slept = client.status(200)?;
    let body = String::from_utf8_lossy(&slept.body);
    require(!["first", "last"].contains(&&*body), "the answer to /sleep/200 comes first", || body.clone())?;
    has_body(&client.response()?, b"first")?;
    client.status(404)?;
    has_body(&client.response()?, b"last")?;
    client.closes()
}

pub(crate) fn answers_a_pipeline_cut_anywhere(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let chunked =
        plain("POST", "/echo", "Transfer-Encoding: chunked\r\n") + "3;a=b\r\nche\r\n2\r\nck\r\n0\r\nX-Sum: 1\r\n\r\n";
    let pipeline =
        [plain_get("/no/such/page").into(), plain_post("/echo", b"hello"), chunked.into(), post("/echo", b"last")];
    let pipeline = server.placed(&pipeline.concat())?;
    for cut in 1..pipeline.len() {
        let mut client = server.connect()?;
        client.send(&pipeline[..cut])?;
        client.wait_until_read()?;
        client.send(&pipeline[cut..])?;
        client.status(404)?;
        for body in ["hello", "check", "last"] {
            has_body(&client.response()?, body.as_bytes())?;
        }
        client.closes()?;
    }
    Ok(())
}

pub(crate) fn answers_a_thousand_requests_at_once(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    let body = |number: usize| format!("body number {number}").into_bytes();
    let mut pipeline: Vec<u8> = (1..MANY).flat_map(|number| plain_post("/echo", &body(number))).collect();
    pipeline.extend(post("/echo", &body(MANY)));
    client.send(pipeline)?;
    for number in 1..=MANY {
        has_body(&client.response()?, &body(number))?;
    }
    client.closes()
}

pub(crate) fn stops_at_a_refusal_in_a_pipeline(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let smuggled = plain_get("/environ?smuggled");
    let refused = [
        (plain("GET", "/", "Host: another\r\n"), 400),
        (plain("GET", "/", "X-Field : value\r\n"), 400),
        (plain("POST", "/echo", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400),
        (plain("POST", "/echo", "Transfer-Encoding: chunked\r\n") + "xyz\r\n", 400),
        (plain("POST", "/echo", "Content-Length: 99999999\r\n"), 413),
        (plain("POST", "/echo", "Transfer-Encoding: gzip, chunked\r\n"), 501),
        ("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n".to_owned(), 505),
    ];
    for (request, status) in refused {
        let mut client = server.connect()?;
        client.send([&plain_post("/echo", b"before")[..], request.as_bytes(), smuggled.as_bytes()].concat())?;
        has_body(&client.response()?, b"before")?;
        is_refused(&mut client, status, &request)?;
        client.closes()?;
        server.serves_the_next()?;
    }
    Ok(())
}

fn is_refused(client: &mut Client, status: u16, request: &str) -> Outcome {
    let response = client.response()?;
    let came = || format!("{} {}", response.status, response.reason);
    require(response.status == status, format!("the status {status} to {}", visible(request.as_bytes())), came)
}
