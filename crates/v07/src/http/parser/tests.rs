//! A head that arrives in one piece is read by httparse, one in several pieces line by line. Both ways have to agree.

use suite::malformed;

use super::Parser;
use crate::http::refusal::Refusal;
use crate::http::request::Request;

/// The requests that the pieces contain, and the refusal that ends them.
fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Seen>, Option<Refusal>) {
    let (mut parser, mut requests) = (Parser::new(1 << 24), Vec::new());
    for piece in pieces {
        parser.feed(piece);
        loop {
            match parser.next() {
                Ok(Some(request)) => {
                    requests.push(Seen::new(&request));
                    parser.recycle(request);
                }
                Ok(None) => break,
                Err(refusal) => return (requests, Some(refusal)),
            }
        }
    }
    (requests, None)
}

#[derive(Debug, PartialEq)]
struct Seen {
    line: Vec<u8>,
    parts: [String; 3],
    minor_version: u8,
    persists: bool,
    fields: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Seen {
    fn new(request: &Request) -> Seen {
        let method = String::from_utf8_lossy(request.method()).into_owned();
        Seen {
            line: request.line().to_vec(),
            parts: [method, request.path().to_owned(), request.query().to_owned()],
            minor_version: request.minor_version,
            persists: request.persists(),
            fields: request.fields().map(|(name, value)| (name.to_owned(), value.to_vec())).collect(),
            body: request.body.clone(),
        }
    }
}

/// Holds the two ways to agree about `bytes`, and returns how many requests they found.
fn agree(bytes: &[u8]) -> usize {
    let whole = read([bytes].into_iter());
    assert_eq!(whole, read(bytes.chunks(1)), "{}", bytes.escape_ascii());
    whole.0.len()
}

const REQUESTS: [&str; 8] = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /a%20b?c=d HTTP/1.0\r\nConnection: keep-alive\r\nX-Empty:\r\n\r\n",
    "GET http://other:80/path HTTP/1.1\r\nhost: a\r\nX:  spaced \t\r\n\r\n",
    "GET http://other?query HTTP/1.0\r\n\r\n",
    "POST /echo HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\n\r\nhello",
    "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-T: b\r\n\r\n",
    "OPTIONS * HTTP/1.7\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close, X\r\n\r\n",
    "\r\nHEAD /x HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n",
];

#[test]
fn a_head_in_one_piece_is_read_like_one_in_many() {
    for one in REQUESTS {
        assert_eq!(agree(one.as_bytes()), 1, "{one}");
        for two in REQUESTS {
            assert_eq!(agree(format!("{one}{two}").as_bytes()), 2, "{one}{two}");
        }
    }
    let rows = [malformed::request_lines(), malformed::fields(), malformed::lengths(), malformed::chunks()];
    for row in rows.into_iter().flatten() {
        assert_eq!(agree(&row.bytes), 0, "{}", row.name);
    }
    let fields = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: b\r\n".repeat(count - 1));
    assert_eq!((agree(fields(100).as_bytes()), agree(fields(101).as_bytes())), (1, 0));
    for (length, count) in [(8 * 1024, 1), (8 * 1024 + 1, 0)] {
        let target = "a".repeat(length - "GET / HTTP/1.1".len());
        assert_eq!(agree(format!("GET /{target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()), count, "{length}");
    }
    let around = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len();
    for (length, count) in [(64 * 1024, 1), (64 * 1024 + 1, 0)] {
        let value = "b".repeat(length - around);
        assert_eq!(agree(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {value}\r\n\r\n").as_bytes()), count, "{length}");
    }
}

/// Bytes that mean something to a parser of requests.
const WORDS: [&[u8]; 20] = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b",",
    b"0",
    b"%",
    b"\"",
    b"?",
    b"#",
    b"\xff",
    b"\x7f",
    b"\r\n folded",
    b"\r\nHost: b",
    b"HTTP/1.1",
    b"\r\nContent-Length: 3",
];

#[test]
fn both_ways_agree_about_requests_that_were_spoilt() {
    let mut state = 1u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for _ in 0..20_000 {
        let mut bytes = REQUESTS[random(REQUESTS.len())].as_bytes().to_vec();
        for _ in 0..=random(2) {
            let at = random(bytes.len());
            match random(3) {
                0 => drop(bytes.splice(at..at, WORDS[random(WORDS.len())].iter().copied())),
                1 => bytes[at] = random(256) as u8,
                _ => drop(bytes.remove(at)),
            }
        }
        agree(&bytes);
    }
}
