//! The model: what the application `site` must answer to each message, in order, and where the answers end.

use crate::message::{Body, Broken, Message, Request};

/// What must come.
#[derive(Debug)]
pub(crate) struct Answer {
    /// It answers a HEAD.
    pub(crate) is_head: bool,
    /// How many bytes the client has to have sent, for the answer to come. None: it has to say that no more comes.
    pub(crate) due: Option<usize>,
    /// After how many bytes a 100 may come before it.
    pub(crate) interim: Option<usize>,
    pub(crate) statuses: Vec<u16>,
    pub(crate) body: Expected,
    /// Whether the connection ends with it.
    pub(crate) closes: bool,
}

#[derive(Debug)]
pub(crate) enum Expected {
    Exactly(Vec<u8>),
    /// What stands before it is the worker's number.
    EndsWith(&'static str),
    /// A page of these lines among others. No other one may begin as one of `TELLING` says.
    Lines(Vec<String>),
    /// A refusal's, which only says why.
    Any,
}

impl Answer {
    /// Its size in bytes, at most about.
    pub(crate) fn size(&self) -> usize {
        match &self.body {
            Expected::Exactly(body) => 200 + body.len(),
            Expected::EndsWith(_) | Expected::Lines(_) | Expected::Any => 1000,
        }
    }
}

/// How the lines of /environ begin that depend on the request alone.
pub(crate) const TELLING: [&str; 6] =
    ["CONTENT_LENGTH:", "HTTP_X_", "PATH_INFO:", "QUERY_STRING:", "REQUEST_METHOD:", "SERVER_PROTOCOL:"];

/// The answers to `messages`, of which the client sends the first `length` bytes, before it says that no more comes.
pub(crate) fn answers(messages: &[Message], length: usize) -> Vec<Answer> {
    let (mut answers, mut start) = (Vec::new(), 0);
    for message in messages {
        let end = start + message.bytes().len();
        let answer = match message {
            _ if start >= length => break,
            Message::Valid(request) if end <= length => answer_to(request, start, end),
            Message::Broken(Broken(row)) if end <= length => refusal(row.statuses, end),
            Message::Broken(_) => break, // `Conversation` cuts only valid ones.
            Message::Valid(request) => {
                let Some(answer) = cut(request, start, length) else { break };
                answer
            }
        };
        let closes = answer.closes;
        answers.push(answer);
        if closes {
            break;
        }
        start = end;
    }
    answers
}

fn refusal(statuses: &[u16], due: usize) -> Answer {
    let statuses = statuses.to_vec();
    Answer { is_head: false, due: Some(due), interim: None, statuses, body: Expected::Any, closes: true }
}

/// The answer to a request of which only a part comes: none, if that is the empty line before it.
fn cut(request: &Request, start: usize, length: usize) -> Option<Answer> {
    let (sent, empty) = (length - start, request.empty.len());
    if sent == empty {
        return None;
    }
    let is_head = request.method == "HEAD" && sent >= empty + "HEAD ".len();
    Some(Answer { is_head, due: None, interim: interim(request, start), ..refusal(&[400], 0) })
}

/// After how many bytes the client may be told to send the body (RFC 9110 10.1.1).
fn interim(request: &Request, start: usize) -> Option<usize> {
    (request.expects && request.minor > 0).then_some(start + request.head().len())
}

fn answer_to(request: &Request, start: usize, end: usize) -> Answer {
    let (status, body) = site(request);
    let is_head = request.method == "HEAD";
    Answer {
        is_head,
        due: Some(end),
        interim: interim(request, start),
        statuses: vec![status],
        body: if is_head { Expected::Exactly(Vec::new()) } else { body },
        closes: is_unbounded(request) || !persists(request),
    }
}

/// Whether only the end of the connection tells the end of the answer's body: HTTP/1.0 has no chunks.
pub(crate) fn is_unbounded(request: &Request) -> bool {
    request.minor == 0 && request.path == "/stream"
}

/// Whether the connection ends with the answer.
pub(crate) fn closes(message: &Message) -> bool {
    match message {
        Message::Valid(request) => is_unbounded(request) || !persists(request),
        Message::Broken(_) => true,
    }
}

/// RFC 9112 9.3. The option "close" is stronger than any other.
fn persists(request: &Request) -> bool {
    let options: Vec<_> = request.connection.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
    let has = |option: &str| options.iter().any(|other| other.eq_ignore_ascii_case(option));
    !has("close") && (request.minor > 0 || has("keep-alive"))
}

fn site(request: &Request) -> (u16, Expected) {
    let text = |text: &str| Expected::Exactly(text.as_bytes().to_vec());
    let methods: &[&str] = match request.path {
        "/echo" => &["POST"],
        "/environ" | "*" => &["GET", "HEAD", "POST"],
        "/no/such/page" => return (404, text("404 Not Found")),
        _ => &["GET", "HEAD"],
    };
    if request.method == "OPTIONS" {
        return (204, text(""));
    }
    if request.method == "BREW" {
        return (501, text("501 Not Implemented"));
    }
    if !methods.contains(&request.method) {
        return (405, text("405 Method Not Allowed"));
    }
    match request.path {
        "/echo" => (200, Expected::Exactly(request.body.content())),
        "/environ" => (200, Expected::Lines(environ(request))),
        "/panic" => (500, text("500 Internal Server Error\n")),
        "/pool/0" => (200, Expected::EndsWith(" computed for 0 ms\n")),
        "/sleep/0" => (200, Expected::EndsWith(" slept for 0 ms\n")),
        "/sleep/1" => (200, Expected::EndsWith(" slept for 1 ms\n")),
        "/sleep/soon" => (404, text("the last part of the path is not a number of milliseconds, up to a minute\n")),
        "/stream" => (200, Expected::Exactly((1..=5).flat_map(|n| format!("block {n} of 5\n").into_bytes()).collect())),
        _ => (200, text(include_str!("../../../../crates/v06/src/app/index.html"))),
    }
}

/// The lines of /environ that this request makes.
fn environ(request: &Request) -> Vec<String> {
    let length = match request.body {
        Body::None => None,
        _ => Some(format!("CONTENT_LENGTH: {}", request.body.content().len())),
    };
    let fields = request.fields.iter().enumerate().map(|(number, value)| format!("HTTP_X_{number}: {value}"));
    let mut lines = vec![
        format!("PATH_INFO: {}", request.path),
        format!("QUERY_STRING: {}", request.query),
        format!("REQUEST_METHOD: {}", request.method),
        format!("SERVER_PROTOCOL: HTTP/1.{}", request.minor),
    ];
    lines.extend(length.into_iter().chain(fields));
    lines.sort();
    lines
}
