//! How the parser's work grows with what comes: each kind of input is read in three sizes, each twice the one before.
//! Where the work is linear, the time doubles too; where a byte is looked at again with each piece, it quadruples.
//!
//! Run by `cargo bench -p properties`. No test holds a time, so nothing fails here: read the last columns.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use properties::outcome::read;

/// How often each size is read; the quickest counts, because others only add to it.
const ROUNDS: usize = 15;

/// A kind of input: its name, its bytes for a number of units, the smallest number, and how many bytes come at a time.
struct Kind {
    name: &'static str,
    bytes: fn(usize) -> Vec<u8>,
    units: usize,
    piece: usize,
}

const KINDS: [Kind; 6] = [
    Kind { name: "a body by length, byte by byte", bytes: body, units: 1 << 20, piece: 1 },
    Kind { name: "chunks of one byte, in one piece", bytes: chunks, units: 1 << 18, piece: usize::MAX },
    Kind { name: "chunks of one byte, byte by byte", bytes: chunks, units: 1 << 18, piece: 1 },
    Kind { name: "a head without an end, byte by byte", bytes: head, units: 15 << 10, piece: 1 },
    Kind { name: "a head of short lines, byte by byte", bytes: lines, units: 1 << 11, piece: 1 },
    Kind { name: "requests at once, in one piece", bytes: pipeline, units: 2_000, piece: usize::MAX },
];

fn body(length: usize) -> Vec<u8> {
    let head = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), &vec![b'x'; length]].concat()
}

fn chunks(count: usize) -> Vec<u8> {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    [&head[..], &b"1\r\nx\r\n".repeat(count), b"0\r\n\r\n"].concat()
}

fn head(length: usize) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "b".repeat(length)).into_bytes()
}

fn lines(count: usize) -> Vec<u8> {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{}", "X: b\r\n".repeat(count)).into_bytes()
}

fn pipeline(count: usize) -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(count)
}

/// The time that this thread has spent on a processor.
fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("a clock that Linux has").into()
}

fn time(bytes: &[u8], piece: usize) -> Duration {
    let once = |_| {
        let start = now();
        let reading = read(bytes.chunks(piece.min(bytes.len())));
        let end = now();
        assert_eq!(reading.outcome.refusal, None);
        end.saturating_sub(start)
    };
    (0..ROUNDS).map(once).min().unwrap_or_default()
}

fn main() {
    println!("{:<37}{:>10}{:>10}{:>10}{:>8}{:>8}", "µs for", "n", "2n", "4n", "2n/n", "4n/2n");
    for Kind { name, bytes, units, piece } in KINDS {
        let times = [1, 2, 4].map(|factor| time(&bytes(units * factor), piece).as_secs_f64() * 1e6);
        let [one, two, four] = times;
        println!("{name:<37}{one:>10.0}{two:>10.0}{four:>10.0}{:>8.2}{:>8.2}", two / one, four / two);
    }
}
