//! Expect: a client that asks before it sends its body.

use super::body::has_body;
use crate::bench::Bench;
use crate::case::Outcome;

const EXPECTING: &str = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";

pub(crate) fn sends_100_before_the_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for request in [EXPECTING, &EXPECTING.replace("100-continue", "100-Continue")] {
        let mut client = server.connect()?;
        client.send(request)?;
        client.status(100)?;
        client.send("hello")?;
        has_body(&client.response()?, b"hello")?;
    }
    Ok(())
}

pub(crate) fn answers_a_body_that_came_with_its_expectation(bench: &Bench) -> Outcome {
    let response = bench.server()?.exchange(format!("{EXPECTING}hello"))?;
    has_body(&response, b"hello")
}

pub(crate) fn reads_expect_as_a_list(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for list in [",100-continue", "100-continue , ,100-Continue", "100-continue\r\nExpect: 100-continue"] {
        has_body(&server.exchange(format!("{}hello", EXPECTING.replace("100-continue", list)))?, b"hello")?;
    }
    Ok(())
}

pub(crate) fn sends_no_100_to_http_1_0(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    client.send(EXPECTING.replace("HTTP/1.1", "HTTP/1.0"))?;
    client.wait_until_read()?;
    client.send("hello")?;
    has_body(&client.status(200)?, b"hello")
}

pub(crate) fn refuses_another_expectation(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    client.send(EXPECTING.replace("100-continue", "a-miracle"))?;
    client.status(417)?;
    let mut client = server.connect()?;
    client.send(EXPECTING.replace("100-continue", "100-continue, a-miracle"))?;
    client.status(417).map(drop)
}
