//! Failures of the application, and of the client.

use anyhow::bail;

use super::{Client, DETAIL, GET, HEAD, ask, asked_and_closed, blocks, exchange};
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{Body, StartResponse};

#[test]
fn an_application_that_fails_before_the_first_block_gets_a_500_page() {
    ask(GET, async |_, _| bail!(DETAIL)).is_500("at once");
    let after_start = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[("X-Secret", DETAIL), ("Content-Length", "9")], None)?;
        bail!(DETAIL)
    });
    after_start.is_500("after start_response");
    assert_eq!(after_start.field("X-Secret"), [""; 0]);
    let error = format!("{:#}", after_start.outcome.error.expect("an error"));
    assert!(error.contains(DETAIL), "the cause is for the log: {error}");
    for list in [&["!", "a"][..], &["", "!"]] {
        let in_body = ask(GET, async |_, start_response| {
            start_response.call("200 OK", &[], None)?;
            Ok(blocks(list))
        });
        in_body.is_500("in its body");
    }
}

#[test]
fn an_application_that_fails_later_has_its_connection_cut() {
    let written = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?.write(b"hello").await?;
        bail!(DETAIL)
    });
    written.is_cut_after("\r\n\r\n5\r\nhello\r\n");
    let in_body = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?;
        Ok(blocks(&["hello", "!"]))
    });
    in_body.is_cut_after("\r\n\r\n5\r\nhello\r\n");
    assert_eq!(in_body.outcome.count, 5);
}

#[test]
fn an_application_that_panics_is_one_that_fails() {
    ask(GET, async |_, _| panic!("{DETAIL}")).is_500("at once");
    ask(GET, async |environ, _| Ok(Body::from(environ["X_NONE"].to_vec()))).is_500("by a variable that is not there");
    let written = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?.write(b"hello").await?;
        panic!("{DETAIL}")
    });
    written.is_cut_after("\r\n\r\n5\r\nhello\r\n");
    let in_body = |list| {
        ask(GET, async move |_, start_response| {
            start_response.call("200 OK", &[], None)?;
            Ok(blocks(list))
        })
    };
    in_body(&["", "panic"]).is_500("in its body");
    in_body(&["hello", "panic"]).is_cut_after("\r\n\r\n5\r\nhello\r\n");
}

#[test]
fn a_client_that_is_gone_ends_the_response() {
    assert_eq!(asked_and_closed(GET, &["a", "b", "c"], 1), (2, 1));
    for room in [0, 1] {
        let client = Client::default();
        let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
            start_response.call("200 OK", &[], None)?;
            Ok(blocks(&["a", "b", "c"]))
        };
        let answer = exchange(&application, GET, &client, room);
        assert_eq!((client.sends(), client.tries.get()), (room, room + 1), "nothing is sent after what failed");
        assert!(!answer.outcome.complete);
        assert_eq!(answer.outcome.error.expect("an error").to_string(), "the client is gone");
    }
}

#[test]
fn a_head_request_that_fails_gets_the_head_of_a_500() {
    let answer = ask(HEAD, async |_, _| bail!(DETAIL));
    assert_eq!((answer.status(), answer.body()), ("500 Internal Server Error", ""));
    assert!(answer.outcome.complete);
}
