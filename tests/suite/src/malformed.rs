//! The table of malformed requests: what is wrong with each, its bytes, and the statuses that are right for it.
//!
//! The rules are those of RFC 9112, with RFC 9110 for field names and RFC 3986 for targets. Some of them let a server guess
//! what was meant: a line feed alone as the end of a line, say (RFC 9112 2.2). The versions here don't, for servers that guess
//! differ from those that don't about where a request ends.

/// A malformed request.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is wrong with it.
    pub name: &'static str,
    /// The request.
    pub bytes: Vec<u8>,
    /// The statuses that are right.
    pub statuses: &'static [u16],
    /// Whether a rule lets a server guess what was meant, and serve it.
    pub may_be_guessed: bool,
}

const BAD: &[u16] = &[400];

fn guessable(row: Row) -> Row {
    Row { may_be_guessed: true, ..row }
}

/// Request lines that are none (RFC 9112 3).
pub fn request_lines() -> Vec<Row> {
    let line = |name, line: &[u8]| Row {
        name,
        bytes: [line, b"\r\nHost: localhost\r\n\r\n"].concat(),
        statuses: BAD,
        may_be_guessed: false,
    };
    vec![
        line("no version", b"GET /"),
        line("lower-case version", b"GET / http/1.1"),
        line("minor version of two digits", b"GET / HTTP/1.10"),
        line("no minor version", b"GET / HTTP/1"),
        guessable(line("two spaces before the target", b"GET  / HTTP/1.1")),
        guessable(line("two spaces before the version", b"GET /  HTTP/1.1")),
        guessable(line("tabs instead of spaces", b"GET\t/\tHTTP/1.1")),
        guessable(line("space after the version", b"GET / HTTP/1.1 ")),
        guessable(line("space before the method", b" GET / HTTP/1.1")),
        line("delimiter in the method", b"GE(T / HTTP/1.1"),
        line("target without a leading slash", b"GET echo HTTP/1.1"),
        line("space in the target", b"GET /a b HTTP/1.1"),
        line("byte above ASCII in the target", b"GET /\xc3\xa9 HTTP/1.1"),
        line("fragment in the target", b"GET /#part HTTP/1.1"),
        line("quotation mark in the target", b"GET /\" HTTP/1.1"),
        line("angle bracket in the query", b"GET /?a=<b HTTP/1.1"),
        guessable(line("LF without CR before the request line", b"\nGET / HTTP/1.1")),
        guessable(line("LF without CR after the request line", b"GET / HTTP/1.1\nX-A: a")),
        line("control byte in the target", b"GET /\x01 HTTP/1.1"),
        line("NUL in the target", b"GET /\0 HTTP/1.1"),
        line("DEL in the target", b"GET /\x7f HTTP/1.1"),
        line("asterisk with another method than OPTIONS", b"GET * HTTP/1.1"),
        line("absolute target with user information", b"GET http://user@localhost/ HTTP/1.1"),
        line("absolute target without a host", b"GET http:///path HTTP/1.1"),
    ]
}

/// Fields that are none, and Host (RFC 9112 3.2, 5).
pub fn fields() -> Vec<Row> {
    let all = |name, fields: &[u8]| Row {
        name,
        bytes: [b"GET / HTTP/1.1\r\n", fields, b"\r\n\r\n"].concat(),
        statuses: BAD,
        may_be_guessed: false,
    };
    let field = |name, field: &[u8]| all(name, &[b"Host: localhost\r\n", field].concat());
    vec![
        all("no Host", b"Accept: */*"),
        all("two Hosts", b"Host: localhost\r\nHost: localhost"),
        all("space in Host", b"Host: a b"),
        all("slash in Host", b"Host: a/b"),
        all("space before the first field", b" Host: localhost"),
        guessable(field("bare CR in a value", b"X-A: a\rb")),
        guessable(field("NUL in a value", b"X-A: a\0b")),
        guessable(field("control byte in a value", b"X-A: a\x01b")),
        guessable(field("LF without CR after a field", b"X-A: a\nX-B: b")),
        guessable(field("LF without CR in an empty value", b"X-A: \n\na")),
        guessable(field("LF without CR at the end of the head", b"X-A: a\r\n\n")),
        field("space before the colon", b"X-A : a"),
        guessable(field("value folded to a second line", b"X-A: a\r\n b")),
        field("empty name", b": a"),
        field("no colon", b"X-A"),
        field("space in a name", b"X A: a"),
        field("delimiter in a name", b"X(A): a"),
        field("byte above ASCII in a name", b"X-\xc3\xa9: a"),
    ]
}

/// Bodies whose end could be read in two ways (RFC 9112 6).
pub fn lengths() -> Vec<Row> {
    let head = |name, version: &str, fields: &str, body: &str, statuses| Row {
        name,
        bytes: format!("POST /echo {version}\r\nHost: localhost\r\n{fields}\r\n\r\n{body}").into_bytes(),
        statuses,
        may_be_guessed: false,
    };
    let length = |name, value: &str| head(name, "HTTP/1.1", &format!("Content-Length: {value}"), "hello", BAD);
    let coded = |name, fields: &str| head(name, "HTTP/1.1", fields, "5\r\nhello\r\n0\r\n\r\n", BAD);
    vec![
        guessable(coded(
            "both Content-Length and Transfer-Encoding",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
        )),
        head("chunked in HTTP/1.0", "HTTP/1.0", "Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n", BAD),
        coded("chunked twice in a list", "Transfer-Encoding: chunked, chunked"),
        coded("chunked twice in two fields", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        coded("chunked is not the last coding", "Transfer-Encoding: chunked, gzip"),
        head("a coding that nobody knows", "HTTP/1.1", "Transfer-Encoding: gzip, chunked", "", &[501]),
        length("two different Content-Lengths", "5\r\nContent-Length: 6"),
        guessable(length("the same Content-Length twice", "5\r\nContent-Length: 5")),
        guessable(length("a list of lengths", "5, 5")),
        length("a plus sign", "+5"),
        length("a minus sign", "-5"),
        length("a hexadecimal length", "0x5"),
        length("an empty length", ""),
        length("two numbers", "5 5"),
        length("a fraction", "5.0"),
    ]
}

/// Chunks that are none (RFC 9112 7.1).
pub fn chunks() -> Vec<Row> {
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = |name, chunks: &str| Row {
        name,
        bytes: format!("{head}{chunks}").into_bytes(),
        statuses: BAD,
        may_be_guessed: false,
    };
    let size = |name, size: &str| chunk(name, &format!("{size}\r\nhello\r\n0\r\n\r\n"));
    vec![
        size("size without hexadecimal digits", "xyz"),
        size("empty size", ""),
        size("minus sign", "-1"),
        size("plus sign", "+5"),
        size("0x before the size", "0x5"),
        size("space before the size", " 5"),
        Row { statuses: &[400, 413], ..size("size beyond 64 bits", "10000000000000005") },
        chunk("no CRLF after the data", "5\r\nhello0\r\n\r\n"),
        chunk("LF without CR after the size", "5\nhello\r\n0\r\n\r\n"),
        chunk("more data than the size says", "3\r\nhello\r\n0\r\n\r\n"),
        chunk("trailer without a colon", "5\r\nhello\r\n0\r\nno colon\r\n\r\n"),
        guessable(chunk("LF without CR after a trailer", "5\r\nhello\r\n0\r\nX-A: a\n\r\n")),
        guessable(chunk("NUL in a trailer", "5\r\nhello\r\n0\r\nX-A: \0\r\n\r\n")),
    ]
}
