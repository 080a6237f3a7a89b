//! What was put into a request comes out of it, and nothing else.

use properties::outcome::{bytewise, read, whole};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::bytes::Cuts;
use crate::message::{Message, concat};

proptest! {
    #[test]
    fn requests_come_out_as_they_were_put_in(messages in Message::pipeline(), cuts in Cuts::any()) {
        let bytes = concat(&messages);
        let outcome = read(cuts.pieces(&bytes)).outcome;
        prop_assert_eq!(outcome.refusal, None);
        let expected: Vec<_> = messages.into_iter().map(|message| message.seen).collect();
        prop_assert_eq!(outcome.requests, expected);
        prop_assert!(!outcome.is_midway);
        prop_assert_eq!(outcome.line, b"");
    }

    #[test]
    fn what_follows_a_request_stays_for_the_next(
        (first, second) in (Message::any(), Message::any()),
        place in any::<Index>(),
        cuts in Cuts::any(),
    ) {
        let cut = place.index(second.bytes.len());
        let bytes = [&first.bytes, &second.bytes[..cut]].concat();
        let outcome = read(cuts.pieces(&bytes)).outcome;
        prop_assert_eq!(outcome.refusal, None);
        prop_assert_eq!(outcome.requests, [first.seen.clone()]);
        let begun = second.bytes[..cut].iter().skip_while(|byte| b"\r\n".contains(byte)).count();
        let line = &second.seen.line[..begun.min(second.seen.line.len())];
        prop_assert_eq!(outcome.line, line);
        prop_assert!(outcome.is_midway || begun == 0);

        let whole = read([&bytes[..], &second.bytes[cut..]]).outcome;
        prop_assert_eq!(whole.requests, [first.seen, second.seen]);
    }

    /// A client that asks for it gets the one 100 once its head is there and before its body is.
    #[test]
    fn a_client_is_told_once_to_go_on(message in Message::any(), cuts in Cuts::any()) {
        let field = b"Expect: 100-Continue\r\n";
        let line = message.bytes.windows(message.seen.line.len()).position(|part| part == message.seen.line);
        let rest = message.bytes[line.unwrap_or(0)..].iter().position(|&byte| byte == b'\n').unwrap_or(0);
        let place = line.unwrap_or(0) + rest + 1;
        let bytes = [&message.bytes[..place], field, &message.bytes[place..]].concat();
        let head = message.head + field.len();
        let waits = bytes.len() > head && message.seen.minor_version == 1;

        let pieces = read([&bytes[..head], &bytes[head..]]);
        prop_assert_eq!(pieces.continues.len(), usize::from(waits));
        prop_assert_eq!(&pieces.outcome.requests[0].body, &message.seen.body);
        prop_assert_eq!(read([&bytes[..]]).continues.len(), 0);
        prop_assert!(read(cuts.pieces(&bytes)).continues.len() <= usize::from(waits));
        prop_assert_eq!(read(message.bytes.chunks(1)).continues.len(), 0);
    }
}

#[test]
fn every_byte_can_stand_percent_encoded_in_a_path() {
    for byte in 0..=255u8 {
        for encoded in [format!("%{byte:02x}"), format!("%{byte:02X}")] {
            let bytes = format!("GET /a{encoded}b HTTP/1.1\r\nHost: c\r\n\r\n");
            assert_eq!(whole(bytes.as_bytes()).requests[0].path, [b'/', b'a', byte, b'b'], "{encoded}");
        }
    }
}

#[test]
fn a_percent_sign_that_encodes_nothing_stands_for_itself() {
    for (sent, path) in [("/100%", "/100%"), ("/%4", "/%4"), ("/%zz", "/%zz"), ("/%%41", "/%A"), ("/%4%41", "/%4A")] {
        let bytes = format!("GET {sent} HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(whole(bytes.as_bytes()).requests[0].path, path.as_bytes(), "{sent}");
    }
}

#[test]
fn a_body_of_every_byte_comes_in_chunks_of_one_byte() {
    let body: Vec<u8> = (0..=255).collect();
    let mut bytes = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for byte in &body {
        bytes.extend([b'1', b'\r', b'\n', *byte, b'\r', b'\n']);
    }
    bytes.extend(b"0\r\n\r\n");
    assert_eq!(whole(&bytes).requests[0].body, body);
    assert_eq!(bytewise(&bytes).requests[0].body, body);
}

/// The log says which request was refused, also when others came behind it.
#[test]
fn a_refusal_shows_the_line_of_its_request() {
    let requests = [
        "GET /none HTTP/1.1\r\n\r\n",
        "GET /old HTTP/3.0\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n",
        "POST /odd HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n",
        "POST /chunk HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ];
    for request in requests {
        let line = request.split('\r').next().unwrap_or_default().as_bytes();
        let bytes = [request.as_bytes(), b"GET /next HTTP/1.1\r\n"].concat();
        for reading in [read([&bytes[..]]), read(bytes.chunks(1))] {
            assert!(reading.outcome.refusal.is_some(), "{request:?}");
            let shown = reading.refused_line.unwrap_or_default();
            assert_eq!(shown.escape_ascii().to_string(), line.escape_ascii().to_string(), "for {request:?}");
        }
    }
}
