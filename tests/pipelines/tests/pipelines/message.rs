//! Strategies for what a client sends: valid requests, and broken ones of the suite's table.

use std::fmt::{self, Debug, Formatter};
use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::select;
use suite::malformed::{self, Row};

#[derive(Clone, Debug)]
pub(crate) enum Message {
    Valid(Request),
    Broken(Broken),
}

/// A request that is refused, whatever follows.
#[derive(Clone)]
pub(crate) struct Broken(pub(crate) Row);

impl Debug for Broken {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        write!(to, "Broken({:?})", self.0.name)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// An empty line before the request (RFC 9112 2.2).
    pub(crate) empty: &'static str,
    pub(crate) method: &'static str,
    /// What stands before the path: nothing, or the rest of an absolute-form.
    authority: &'static str,
    pub(crate) path: &'static str,
    pub(crate) query: u16,
    pub(crate) minor: u8,
    pub(crate) connection: Vec<&'static str>,
    /// The values of fields whose names are and so on.
    pub(crate) fields: Vec<String>,
    pub(crate) expects: bool,
    pub(crate) body: Body,
}

#[derive(Clone)]
pub(crate) enum Body {
    None,
    Length(Vec<u8>),
    Chunked { chunks: Vec<Vec<u8>>, extension: &'static str, trailer: &'static str },
}

impl Debug for Body {
    fn fmt(&self, to: &mut Formatter) -> fmt::Result {
        match self {
            Body::None => write!(to, "None"),
            Body::Length(body) => write!(to, "Length({} bytes)", body.len()),
            Body::Chunked { chunks, extension, trailer } => {
                let sizes: Vec<_> = chunks.iter().map(Vec::len).collect();
                write!(to, "Chunked({sizes:?}, {extension:?}, {trailer:?})")
            }
        }
    }
}

/// What is asked for, and how often.
const PAGES: [(u32, &str, &str); 20] = [
    (160, "POST", "/echo"),
    (32, "GET", "/environ"),
    (32, "POST", "/environ"),
    (24, "GET", "/"),
    (24, "HEAD", "/"),
    (16, "GET", "/echo"),
    (16, "HEAD", "/echo"),
    (16, "PUT", "/echo"),
    (16, "OPTIONS", "/echo"),
    (16, "OPTIONS", "*"),
    (16, "GET", "/no/such/page"),
    (16, "DELETE", "/no/such/page"),
    (16, "BREW", "/"),
    (16, "GET", "/sleep/1"),
    (16, "HEAD", "/sleep/0"),
    (16, "GET", "/sleep/soon"),
    (16, "GET", "/pool/0"),
    (16, "GET", "/panic"),
    (16, "HEAD", "/panic"),
    (1, "GET", "/stream"),
];

const CONNECTION: [&str; 8] =
    ["close", "keep-alive", "Keep-Alive, X-A", "x-a , CLOSE", "upgrade", ",,close,", "closed", "close=1, not-close"];

impl Message {
    pub(crate) fn any() -> BoxedStrategy<Message> {
        let broken = select(broken()).prop_map(|row| Message::Broken(Broken(row)));
        prop_oneof![15 => Request::any().prop_map(Message::Valid), 1 => broken].boxed()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Message::Valid(request) => [request.head(), request.body.sent()].concat(),
            Message::Broken(Broken(row)) => row.bytes.clone(),
        }
    }

    /// How long the head is, as far as that is known.
    pub(crate) fn head_length(&self) -> usize {
        match self {
            Message::Valid(request) => request.head().len(),
            Message::Broken(_) => 0,
        }
    }
}

impl Request {
    fn any() -> BoxedStrategy<Request> {
        let pages = PAGES.into_iter().map(|(weight, method, path)| (weight, Just((method, path)).boxed()));
        let page = prop::strategy::Union::new_weighted(pages.collect());
        let minor = prop_oneof![9 => Just(1u8), 1 => Just(0)];
        let connection = prop_oneof![
            6 => Just(Vec::new()),
            1 => prop::collection::vec(select(&CONNECTION[..]), 1..3),
            1 => Just(vec!["keep-alive"]),
        ];
        let fields = prop::collection::vec("[a-z]{0,5}", 0..4);
        let empty = select(&["", "", "", "\r\n"][..]);
        let authority = select(&["", "", "", "http://other:80"][..]);
        let parts =
            (page, any::<u16>(), minor, connection, fields, prop::bool::weighted(0.1), Body::any(), empty, authority);
        let request = parts.prop_map(|(page, query, minor, connection, fields, expects, body, empty, authority)| {
            let (method, path) = page;
            let authority = if path == "*" { "" } else { authority };
            let body = if minor == 0 { body.without_chunks() } else { body };
            Request { empty, method, authority, path, query, minor, connection, fields, expects, body }
        });
        request.boxed()
    }

    pub(crate) fn head(&self) -> Vec<u8> {
        let Request { method, authority, path, minor, .. } = self;
        let query = if *path == "*" { String::new() } else { format!("?{}", self.query) };
        let mut lines = vec![format!("{method} {authority}{path}{query} HTTP/1.{minor}"), "Host: localhost".to_owned()];
        lines.extend(self.connection.iter().map(|value| format!("Connection: {value}")));
        lines.extend(self.fields.iter().enumerate().map(|(number, value)| format!("X-{number}: {value}")));
        lines.extend(self.expects.then(|| "Expect: 100-continue".to_owned()));
        match &self.body {
            Body::None => {}
            Body::Length(body) => lines.push(format!("Content-Length: {}", body.len())),
            Body::Chunked { .. } => lines.push("Transfer-Encoding: chunked".to_owned()),
        }
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        format!("{}{lines}\r\n", self.empty).into_bytes()
    }
}

impl Body {
    fn any() -> BoxedStrategy<Body> {
        let chunks = prop::collection::vec(content(), 0..4).prop_map(|mut chunks| {
            chunks.retain(|chunk| !chunk.is_empty());
            chunks
        });
        let extension = select(&["", ";a", " ; a=\"b\""][..]);
        let trailer = select(&["", "X-T: a\r\n", "X-T: a\r\nContent-Length: 5\r\n"][..]);
        let chunked = (chunks, extension, trailer);
        prop_oneof![
            2 => Just(Body::None),
            2 => content().prop_map(Body::Length),
            1 => chunked.prop_map(|(chunks, extension, trailer)| Body::Chunked { chunks, extension, trailer }),
        ]
        .boxed()
    }

    fn without_chunks(self) -> Body {
        match self {
            Body::Chunked { .. } => Body::Length(self.content()),
            other => other,
        }
    }

    /// What it is once decoded.
    pub(crate) fn content(&self) -> Vec<u8> {
        match self {
            Body::None => Vec::new(),
            Body::Length(body) => body.clone(),
            Body::Chunked { chunks, .. } => chunks.concat(),
        }
    }

    fn sent(&self) -> Vec<u8> {
        let Body::Chunked { chunks, extension, trailer } = self else { return self.content() };
        let mut sent = Vec::new();
        for chunk in chunks {
            sent.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
            sent.extend([chunk, &b"\r\n"[..]].concat());
        }
        sent.extend(format!("0{extension}\r\n{trailer}\r\n").bytes());
        sent
    }
}

/// What bodies are made of: few bytes, what looks like a request, more than a read or a batch takes, and more than the
/// kernel keeps for a client that does not read.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let bait = select(&["0\r\n\r\n", "\r\n", "GET / HTTP/1.1\r\nHost: bait\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n"][..]);
    prop_oneof![
        80 => prop::collection::vec(any::<u8>(), 0..20),
        40 => bait.prop_map(|bait| bait.as_bytes().to_vec()),
        10 => long(1000..150_000),
        1 => long(3_000_000..5_000_000),
    ]
}

fn long(length: Range<u32>) -> impl Strategy<Value = Vec<u8>> {
    (length, any::<u8>()).prop_map(|(length, seed)| (0..length).map(|number| (number % 251) as u8 ^ seed).collect())
}

/// The suite's malformed requests, and those that are too large, or ask for what this server does not do.
fn broken() -> Vec<Row> {
    let row = |name, bytes: String, statuses| Row { name, bytes: bytes.into_bytes(), statuses, may_be_guessed: false };
    let get = |fields: &str| format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let others = [
        row("no HTTP at all", "\x16\x03\x01".into(), &[400]),
        row("long request line", format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(9000)), &[414]),
        row("many fields", get(&"X: a\r\n".repeat(101)), &[431]),
        row("large fields", get(&format!("X: {}\r\n", "a".repeat(70_000))), &[431]),
        row("large body", get("Content-Length: 99999999\r\n"), &[413]),
        row("large chunk", get("Transfer-Encoding: chunked\r\n") + "9999999\r\n", &[413]),
        row("another expectation", get("Expect: more\r\n"), &[417]),
        row("another version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n".into(), &[505]),
        row("another method", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n".into(), &[501]),
    ];
    let tables = [malformed::request_lines(), malformed::fields(), malformed::lengths(), malformed::chunks()];
    tables.into_iter().flatten().chain(others).collect()
}
