//! Responses as bytes: the head and its limits, and the end of the body.

use super::{Allowed, Head, refusal};
use crate::http::parser::Parser;
use crate::http::refusal::Refusal;
use crate::http::request::Request;

fn request(method: &str, minor_version: u8) -> Request {
    let mut parser = Parser::new(1 << 24);
    parser.feed(format!("{method} / HTTP/1.{minor_version}\r\nHost: a\r\n\r\n").as_bytes());
    parser.next().expect("a valid request").expect("a complete request")
}

/// A response in bytes: its head without the line that ends it, and its body.
fn parts(bytes: &[u8]) -> (&str, &str) {
    str::from_utf8(bytes).expect("a response in UTF-8").split_once("\r\n\r\n").expect("a complete head")
}

const ALL: Allowed = Allowed { body: true, chunks: true };

fn ok() -> Head {
    Head::new("200 OK").expect("a good status")
}

/// The fields of a head that frame its body.
fn framing(head: &str) -> Vec<&str> {
    let is_framing = |line: &&str| line.starts_with("Content-Length") || line.starts_with("Transfer-Encoding");
    head.lines().filter(is_framing).collect()
}

/// A response whose body is `he` and `llo`, to `request`: the fields that frame it, and the framed body. `given` is its
/// Content-Length field; `known` is whether its length is known when it starts.
fn framed(status: &str, request: &Request, given: Option<&str>, known: bool) -> (Vec<String>, String) {
    let mut out = Vec::new();
    let mut head = Head::new(status).expect("a good status");
    if let Some(given) = given {
        head.field("Content-Length", given).expect("a good length");
    }
    let mut writer = head.finish(Allowed::by(request), known.then_some(5), true, &mut out);
    for block in ["he", "", "llo"] {
        writer.write(block.as_bytes(), &mut out).expect("a body that fits");
    }
    let _ = writer.end(&mut out);
    let (head, body) = parts(&out);
    assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
    let is_told = !framing(head).is_empty() || matches!(&status[..3], "204" | "304");
    assert!(head.ends_with(if is_told { "Connection: keep-alive" } else { "Connection: close" }), "{head}");
    let has_body = body.contains("he");
    assert_eq!(writer.count, if has_body { 5 } else { 0 });
    (framing(head).into_iter().map(str::to_owned).collect(), body.to_owned())
}

#[test]
fn a_status_is_a_final_code_and_a_reason() {
    for status in ["200 OK", "404 Not Found", "599 Anything (of this sort), 1"] {
        assert!(Head::new(status).is_ok(), "{status:?}");
    }
    let no_code = ["", "OK", "20 OK", "2000 OK", "2x0 OK", "+20 OK", " 200 OK", "200OK", "200\tOK", "\u{b2}00 OK"];
    let no_reason = ["200", "200 ", "200  ", "200  OK", "200 OK ", "200 O\0K", "200 O\rK", "200 OK\n", "200 O\x1bK"];
    let not_final = ["000 None", "100 Continue", "101 Switching Protocols", "199 Still"];
    for status in no_code.into_iter().chain(no_reason).chain(not_final) {
        assert!(Head::new(status).is_err(), "{status:?}");
    }
}

#[test]
fn no_field_can_end_and_start_another() {
    for byte in (0..32).chain([127]) {
        for text in [[byte, b'a', b'b'], [b'a', byte, b'b'], [b'a', b'b', byte]] {
            let text = str::from_utf8(&text).expect("ASCII");
            let (mut response, mut out) = (ok(), Vec::new());
            assert!(response.field("X", text).is_err(), "the value {text:?}");
            assert!(response.field(text, "x").is_err(), "the name {text:?}");
            assert!(response.field("Content-Length", text).is_err(), "the length {text:?}");
            response.finish(ALL, Some(0), false, &mut out);
            let (head, _) = parts(&out);
            assert_eq!(head.lines().count(), 5, "nothing of {text:?} stays: {head:?}");
        }
    }
}

#[test]
fn a_field_name_is_a_token() {
    let mut response = ok();
    for name in ["", " ", "X Y", "X:", ":", "X(", "\"X\"", "X/Y", "\u{e4}", "X\u{212a}"] {
        assert!(response.field(name, "x").is_err(), "{name:?}");
    }
    assert!(response.field("!#$%&'*+-.^_`|~09azAZ", "any: (text) \u{e4}").is_ok());
}

#[test]
fn a_content_length_is_one_number() {
    for value in ["", " 5", "5 ", "+5", "-5", "0x5", "5.0", "5, 5", "five", "18446744073709551616"] {
        let mut response = ok();
        assert!(response.field("content-LENGTH", value).is_err(), "{value:?}");
    }
    let mut response = ok();
    assert!(response.field("content-LENGTH", "5").is_ok());
    assert!(response.field("Content-Length", "5").is_err(), "a second one");
}

#[test]
fn the_framing_fits_status_method_and_version() {
    let length = "Content-Length: 5";
    let chunked = ("Transfer-Encoding: chunked", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
    // (method, minor version, status, length given, length known), the field that frames, the body
    let rows = [
        (("GET", 1, "200 OK", None, true), length, "hello"),
        (("GET", 1, "200 OK", Some("5"), false), length, "hello"),
        (("GET", 1, "200 OK", Some("5"), true), length, "hello"),
        (("GET", 1, "200 OK", None, false), chunked.0, chunked.1),
        (("POST", 1, "500 Internal Server Error", None, false), chunked.0, chunked.1),
        (("GET", 0, "200 OK", None, true), length, "hello"),
        (("GET", 0, "200 OK", Some("5"), false), length, "hello"),
        (("GET", 0, "200 OK", None, false), "", "hello"),
        (("HEAD", 1, "200 OK", None, true), length, ""),
        (("HEAD", 1, "200 OK", Some("5"), false), length, ""),
        (("HEAD", 1, "200 OK", Some("999"), false), "Content-Length: 999", ""),
        (("HEAD", 1, "200 OK", None, false), chunked.0, ""),
        (("HEAD", 0, "200 OK", None, false), "", ""),
        (("head", 1, "200 OK", None, true), length, "hello"),
        (("GET", 1, "204 No Content", None, true), "", ""),
        (("GET", 1, "204 No Content", Some("5"), false), "", ""),
        (("GET", 0, "204 No Content", None, false), "", ""),
        (("GET", 1, "304 Not Modified", None, true), "", ""),
        (("GET", 1, "304 Not Modified", Some("5"), false), "", ""),
        (("HEAD", 1, "304 Not Modified", None, false), "", ""),
    ];
    for ((method, minor_version, status, given, known), field, body) in rows {
        let (fields, sent) = framed(status, &request(method, minor_version), given, known);
        let row = format!("{method} HTTP/1.{minor_version}, {status}, {given:?}, {known}");
        assert_eq!(fields, Vec::from_iter((!field.is_empty()).then_some(field)), "{row}");
        assert_eq!(sent, body, "{row}");
    }
}

#[test]
fn a_body_is_held_to_its_content_length() {
    let mut out = Vec::new();
    let mut writer = ok().finish(ALL, Some(4), false, &mut out);
    let head = out.len();
    assert!(writer.end(&mut out).is_err(), "nothing of 4 bytes came");
    assert!(writer.write(b"abc", &mut out).is_ok());
    assert!(writer.end(&mut out).is_err(), "3 of 4 bytes came");
    assert_eq!(writer.room(), Some(1));
    assert!(writer.write(b"de", &mut out).is_err(), "5 of 4 bytes came");
    assert_eq!((&out[head..], writer.count), (&b"abc"[..], 3), "the block that is too long left nothing");
    assert!(writer.write(b"d", &mut out).is_ok());
    assert!(writer.write(b"", &mut out).is_ok());
    assert!(writer.end(&mut out).is_ok());
    assert!(writer.write(b"e", &mut out).is_err(), "5 of 4 bytes came");
}

#[test]
fn a_character_of_a_header_is_a_byte() {
    let (mut head, mut out) = (Head::new("200 Tr\u{e8}s bien").expect("a good status"), Vec::new());
    head.field("X", "caf\u{e9}").expect("latin-1");
    assert!(head.field("X", "\u{20ac}").is_err(), "a character beyond latin-1");
    assert!(Head::new("200 \u{20ac}").is_err(), "a character beyond latin-1");
    head.finish(ALL, Some(0), false, &mut out);
    assert!(out.starts_with(b"HTTP/1.1 200 Tr\xe8s bien\r\nX: caf\xe9\r\n"), "{}", out.escape_ascii());
}

#[test]
fn every_head_has_one_date_one_server_and_the_end_of_the_connection() {
    let date = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
    for given in [&[][..], &[date], &[("Server", "mine")], &[("DATE", date.1), ("server", "mine")]] {
        let (mut response, mut out) = (ok(), Vec::new());
        for (name, value) in given {
            response.field(name, value).expect("a good field");
        }
        response.finish(ALL, Some(0), false, &mut out);
        let (head, _) = parts(&out);
        for name in ["date", "server", "connection", "content-length"] {
            let count = head.lines().filter(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:"))).count();
            assert_eq!(count, 1, "{name} in {head}");
        }
        for (name, value) in given {
            assert!(head.lines().any(|line| line == format!("{name}: {value}")), "{name} in {head}");
        }
        assert!(head.lines().any(|line| line == "Connection: close"));
    }
}

#[test]
fn a_refusal_is_a_whole_response() {
    const TOO_MANY: Refusal =
        Refusal { status: "431 Request Header Fields Too Large", reason: "there are more than 100 fields" };
    let (bytes, count) = refusal(TOO_MANY, false).expect("a response");
    let (head, body) = parts(&bytes);
    assert!(head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
    assert_eq!(body, "431 Request Header Fields Too Large: there are more than 100 fields\n");
    assert_eq!(framing(head), [format!("Content-Length: {}", body.len())]);
    assert_eq!(count, body.len() as u64);
    assert!(head.contains("\r\nDate: ") && head.ends_with("\r\nConnection: close"));

    let (to_head, count) = refusal(TOO_MANY, true).expect("a response");
    let (head, nothing) = parts(&to_head);
    assert_eq!(framing(head), [format!("Content-Length: {}", body.len())]);
    assert_eq!((nothing, count), ("", 0));
}
