//! The exercises of the chapters v02-read, v02-refuse and v02-answer.

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v02::has_body;
use crate::cases::v03::has_status;
use crate::request::{bare, get, post};
use crate::response::Response;
use crate::transcript::visible;

pub(super) fn counts_the_pieces_of_a_request(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let request = String::from_utf8_lossy(&post("/pieces", b"hello")).into_owned();
    let (line, rest) = request.split_at(request.find('\n').unwrap_or_default());
    let (head, body) = rest.split_at(rest.len() - "ello".len());
    let each_byte = request.split_inclusive(|_: char| true).collect();
    for pieces in [vec![&*request], vec![line, rest], vec![line, head, body], each_byte] {
        let mut client = server.connect()?;
        for piece in &pieces {
            client.send(piece)?;
            client.wait_until_read()?;
        }
        has_body(&client.response()?, pieces.len().to_string().as_bytes())?;
    }
    has_body(&server.exchange(get("/pieces"))?, b"1")
}

pub(super) fn serves_its_own_hosts_only(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("HOSTS", "shop,127.0.0.1,[::1]"))?;
    let ask = |target: &str, host: &str, status: u16| {
        let response =
            server.exchange(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))?;
        has_status(&response, status)
    };
    for host in ["shop", "SHOP", "shop:8888", "127.0.0.1:80", "[::1]", "[::1]:8888"] {
        ask("/", host, 200)?;
    }
    for host in ["evil", "shop.evil", "sho", "evil:80", "[::2]", "", ":80"] {
        ask("/", host, 421)?;
    }
    ask("http://evil/", "shop", 421)?;
    ask("http://shop/", "evil", 200)?;
    has_status(&server.exchange("GET / HTTP/1.0\r\n\r\n")?, 421)?;
    let open = bench.server()?; // Without HOSTS.
    has_status(&open.exchange("GET / HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n")?, 200)
}

pub(super) fn sends_the_part_that_was_asked_for(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let page = server.exchange(get("/"))?.body;
    let size = page.len();
    let ask = |method: &str, range: &str| server.exchange(bare(method, "/", &format!("Range: {range}\r\n")));
    for (range, first, last) in [
        ("bytes=0-4".to_owned(), 0, 4),
        ("bytes=0-0".to_owned(), 0, 0),
        ("bytes=7-".to_owned(), 7, size - 1),
        ("bytes=7-99999".to_owned(), 7, size - 1),
        (format!("bytes={0}-{0}", size - 1), size - 1, size - 1),
    ] {
        let response = ask("GET", &range)?;
        has_status(&response, 206)?;
        has_range(&response, &format!("bytes {first}-{last}/{size}"))?;
        let part = &page[first..=last];
        require(response.body == part, format!("the bytes {}", visible(part)), || visible(&response.body))?;
    }
    let response = ask("GET", &format!("bytes={size}-"))?;
    has_status(&response, 416)?;
    has_range(&response, &format!("bytes */{size}"))?;
    for range in ["bytes=4-0", "lines=0-4", "bytes=x-", "bytes"] {
        let response = ask("GET", range)?;
        has_status(&response, 200)?;
        has_body(&response, &page)?;
    }
    has_status(&ask("HEAD", "bytes=0-4")?, 200)
}

fn has_range(response: &Response, range: &str) -> Outcome {
    let came = response.field("Content-Range").unwrap_or("no such field");
    require(came == range, format!("Content-Range: {range}"), || came)
}
