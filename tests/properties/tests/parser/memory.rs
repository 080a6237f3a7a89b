//! Memory grows only with what has come, and by a fixed number of bytes for each byte. Counted, not timed.

use allocation_counter::{AllocationInfo, measure};
use properties::outcome::{Reading, read};

const KIB: u64 = 1024;

/// What reading the pieces takes: `bytes_max` at one time, `bytes_total` all in all, what was freed again included.
fn cost<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, holds: impl FnOnce(Reading) -> bool) -> AllocationInfo {
    let mut held = false;
    let info = measure(|| held = holds(read(pieces)));
    assert!(held);
    info
}

fn is_midway(reading: Reading) -> bool {
    reading.outcome.is_midway && reading.outcome.requests.is_empty()
}

#[test]
fn what_is_only_announced_takes_no_memory() {
    let announced: [&[u8]; 4] = [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777216\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777216\r\n\r\nand a few bytes",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1000000\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1000000\r\nand a few bytes",
    ];
    for bytes in announced {
        let info = cost([bytes], is_midway);
        assert!(info.bytes_total < 64 * KIB, "{} bytes for {}", info.bytes_total, bytes.escape_ascii());
    }
}

#[test]
fn a_body_that_comes_byte_by_byte_takes_no_more_than_its_growth() {
    let size = 1024 * KIB;
    let mut bytes = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n").into_bytes();
    bytes.resize(bytes.len() + size as usize - 1, b'x');
    let info = cost(bytes.chunks(1), is_midway);
    assert!(info.bytes_max < 4 * size, "{} bytes at one time", info.bytes_max);
    assert!(info.bytes_total < 4 * size, "{} bytes all in all", info.bytes_total);
}

#[test]
fn a_body_in_chunks_of_a_byte_takes_no_more_than_its_growth() {
    let count = 256 * KIB;
    let mut bytes = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    bytes.extend(b"1\r\nx\r\n".repeat(count as usize));
    let info = cost(bytes.chunks(1), is_midway);
    assert!(info.bytes_max < 4 * count, "{} bytes at one time", info.bytes_max);
    assert!(info.bytes_total < 4 * count, "{} bytes all in all", info.bytes_total);
}

#[test]
fn a_head_that_comes_byte_by_byte_takes_no_more_than_its_growth() {
    let size = 60 * KIB;
    let bytes = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "b".repeat(size as usize));
    let info = cost(bytes.as_bytes().chunks(1), is_midway);
    assert!(info.bytes_total < 8 * size, "{} bytes all in all", info.bytes_total);
}

#[test]
fn requests_that_are_answered_leave_nothing_behind() {
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";
    let request = [&request[..], &[b'x'; 1000]].concat();
    let held = |count: usize| {
        let mut parsed = 0;
        let mut last = Reading::default();
        let info = measure(|| {
            last = read(std::iter::repeat_n(&request[..], count));
            parsed = last.outcome.requests.len();
            last.outcome.requests.clear();
            last.outcome.requests.shrink_to_fit();
        });
        assert_eq!(parsed, count);
        info.bytes_current
    };
    assert_eq!(held(1), held(1_000));
}

#[test]
fn empty_lines_take_no_memory() {
    let info = cost(std::iter::repeat_n(&b"\r\n"[..], 100_000), |reading| !reading.outcome.is_midway);
    assert!(info.bytes_total < 64 * KIB, "{} bytes all in all", info.bytes_total);
}
