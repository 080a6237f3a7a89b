//! The exercise of the chapter v02.

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v02::has_body;
use crate::cases::v03::has_status;
use crate::request::{bare, get};
use crate::response::Response;
use crate::transcript::visible;

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
