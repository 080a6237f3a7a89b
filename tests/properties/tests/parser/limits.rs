//! The limits hold at the same byte however the bytes are cut, and they don't depend on each other's order.

use properties::outcome::{Outcome, bytewise, read, whole};

const LINE: usize = 8 * 1024;
const HEAD: usize = 64 * 1024;
const FIELDS: usize = 100;
const BODY: usize = 16 * 1024 * 1024;
const CHUNK_LINE: usize = 1024;

/// The status of a refusal, or `None` where the bytes are taken.
fn status(outcome: &Outcome) -> Option<&'static str> {
    outcome.refusal.map(|(status, _)| status.split(' ').next().unwrap_or_default())
}

/// The one status that `bytes` get, whole, one by one, in reads of a server's size, and cut once at each of `places`.
fn one_status(bytes: &[u8], places: impl IntoIterator<Item = usize>) -> Option<&'static str> {
    let expected = whole(bytes);
    assert_eq!(status(&bytewise(bytes)), status(&expected), "one by one, and whole");
    assert_eq!(bytewise(bytes), expected, "one by one, and whole");
    assert_eq!(read(bytes.chunks(LINE)).outcome, expected, "in reads of 8 KiB, and whole");
    for place in places {
        let (first, second) = bytes.split_at(place.min(bytes.len()));
        assert_eq!(read([first, second]).outcome, expected, "cut at {place}, and whole");
    }
    status(&expected)
}

/// A request line of `length` bytes, without its end.
fn line(length: usize) -> String {
    format!("GET /{} HTTP/1.1", "a".repeat(length - "GET / HTTP/1.1".len()))
}

#[test]
fn a_request_line_may_have_8_kib() {
    for (length, expected) in [(LINE - 1, None), (LINE, None), (LINE + 1, Some("414")), (LINE + 2, Some("414"))] {
        let bytes = format!("{}\r\nHost: a\r\n\r\n", line(length));
        assert_eq!(one_status(bytes.as_bytes(), length - 3..length + 6), expected, "{length} bytes");
    }
}

#[test]
fn a_request_line_without_an_end_is_refused_when_it_is_too_long() {
    assert_eq!(one_status(line(2 * LINE).as_bytes(), []), Some("414"));
    assert_eq!(one_status(&vec![b'a'; HEAD + 1], [LINE, HEAD]), Some("414"));
}

#[test]
fn a_long_request_line_is_refused_as_that_whatever_follows() {
    for count in [0, 1_000, HEAD] {
        let bytes = format!("{}\r\nHost: a\r\nX: {}\r\n\r\n", line(LINE + 100), "b".repeat(count));
        assert_eq!(one_status(bytes.as_bytes(), [LINE, LINE + 101, LINE + 102]), Some("414"), "{count} bytes follow");
    }
}

#[test]
fn a_head_may_have_64_kib() {
    let around = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n".len();
    for (length, expected) in [(HEAD - 1, None), (HEAD, None), (HEAD + 1, Some("431")), (HEAD + 9, Some("431"))] {
        let bytes = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "b".repeat(length - around));
        assert_eq!(one_status(bytes.as_bytes(), HEAD - 5..HEAD + 5), expected, "{length} bytes");
    }
}

#[test]
fn a_head_may_have_100_fields() {
    for (count, expected) in [(FIELDS, None), (FIELDS + 1, Some("431"))] {
        let bytes = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: b\r\n".repeat(count - 1));
        assert_eq!(one_status(bytes.as_bytes(), []), expected, "{count} fields");
    }
}

#[test]
fn a_trailer_section_has_the_limits_of_a_head() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    for (count, expected) in [(FIELDS, None), (FIELDS + 1, Some("431"))] {
        let bytes = format!("{head}{}\r\n", "X: b\r\n".repeat(count));
        assert_eq!(one_status(bytes.as_bytes(), []), expected, "{count} fields");
    }
    let around = "X: \r\n\r\n".len();
    for (length, expected) in [(HEAD, None), (HEAD + 1, Some("431"))] {
        let bytes = format!("{head}X: {}\r\n\r\n", "b".repeat(length - around));
        let end = head.len() + HEAD;
        assert_eq!(one_status(bytes.as_bytes(), end - 3..end + 3), expected, "{length} bytes");
    }
}

#[test]
fn a_line_with_a_chunk_size_has_a_limit() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (length, expected) in [(CHUNK_LINE, None), (CHUNK_LINE + 1, Some("400"))] {
        let line = format!("1;{}\r\n", "e".repeat(length - "1;\r\n".len()));
        let bytes = format!("{head}{line}a\r\n0\r\n\r\n");
        let end = head.len() + CHUNK_LINE;
        assert_eq!(one_status(bytes.as_bytes(), end - 5..end + 5), expected, "{length} bytes");
    }
    let endless = format!("{head}1;{}", "e".repeat(2 * CHUNK_LINE));
    assert_eq!(one_status(endless.as_bytes(), []), Some("400"));
}

#[test]
fn a_body_may_have_16_mib() {
    let by_length = |length: &str| format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    let by_chunks =
        |sizes: &str| format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{sizes}\r\n");
    for (announced, expected) in [(BODY.to_string(), None), ((BODY + 1).to_string(), Some("413"))] {
        assert_eq!(one_status(by_length(&announced).as_bytes(), []), expected);
    }
    assert_eq!(one_status(by_length(&"9".repeat(100)).as_bytes(), []), Some("413"));
    for (announced, expected) in [(format!("{BODY:x}"), None), (format!("{:x}", BODY + 1), Some("413"))] {
        assert_eq!(one_status(by_chunks(&announced).as_bytes(), []), expected);
    }
    // The chunks count together.
    assert_eq!(one_status(by_chunks(&format!("1\r\na\r\n{:x}", BODY - 1)).as_bytes(), []), None);
    assert_eq!(one_status(by_chunks(&format!("1\r\na\r\n{BODY:x}")).as_bytes(), []), Some("413"));
    assert_eq!(one_status(by_chunks(&"f".repeat(16)).as_bytes(), []), Some("413"));
    assert_eq!(one_status(by_chunks(&"f".repeat(17)).as_bytes(), []), Some("413"));
}
