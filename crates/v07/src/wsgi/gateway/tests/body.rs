//! The body: when it is sent, in which framing, and how it ends.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::ensure;

use super::{Answer, Client, GET, GET_1_0, HEAD, ask, asked_and_closed, asked_and_closed_with, blocks, exchange, get};
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{Body, StartResponse};

#[test]
fn a_content_length_is_used_once() {
    for headers in [&[][..], &[("Content-Length", "5")], &[("content-length", "5")]] {
        let answer = get("200 OK", headers);
        assert_eq!((answer.field("Content-Length"), answer.body()), (vec!["5"], "hello"));
        assert_eq!(answer.field("Transfer-Encoding"), [""; 0]);
        assert_eq!((answer.is_complete(), answer.outcome.count), (true, 5));
    }
    get("200 OK", &[("Content-Length", "5"), ("Content-Length", "5")]).is_500("given twice");
    for value in ["", "five", "+5", "-5", "5, 5", "0x5", "99999999999999999999"] {
        get("200 OK", &[("Content-Length", value)]).is_500(value);
    }
    let answer = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[("Content-Length", "5")], None)?;
        Ok(blocks(&["he", "", "llo"]))
    });
    assert_eq!((answer.field("Content-Length"), answer.body()), (vec!["5"], "hello"));
    assert_eq!((answer.is_complete(), answer.outcome.count), (true, 5));
}

#[test]
fn more_bytes_than_content_length_are_never_sent() {
    let is_cut = |answer: Answer| {
        assert_eq!((answer.field("Content-Length"), answer.body()), (vec!["4"], "hell"));
        assert!(answer.outcome.complete && answer.outcome.error.is_some(), "complete, but something for the log");
    };
    is_cut(get("200 OK", &[("Content-Length", "4")]));
    for list in [&["hello"][..], &["he", "llo"], &["", "hel", "lo", "!"]] {
        is_cut(ask(GET, async move |_, start_response| {
            start_response.call("200 OK", &[("Content-Length", "4")], None)?;
            Ok(blocks(list))
        }));
    }
    assert_eq!(asked_and_closed_with(&[("Content-Length", "4")], &["he", "ll", "o", "!"]), (2, 1), "enough is sent");
    let written = ask(GET, async |_, start_response| {
        let write = start_response.call("200 OK", &[("Content-Length", "4")], None)?;
        write.write(b"hell").await?;
        ensure!(write.write(b"o").await.is_err(), "the fifth byte was taken");
        Ok(Body::from(""))
    });
    assert_eq!((written.body(), written.is_complete()), ("hell", true));
}

#[test]
fn fewer_bytes_than_content_length_cut_the_connection() {
    get("200 OK", &[("Content-Length", "6")]).is_cut_after("\r\n\r\nhello");
    for (list, end) in [(&["he", "llo"][..], "\r\n\r\nhello"), (&[], "\r\n\r\n"), (&[""], "\r\n\r\n")] {
        let answer = ask(GET, async |_, start_response| {
            start_response.call("200 OK", &[("Content-Length", "6")], None)?;
            Ok(blocks(list))
        });
        answer.is_cut_after(end);
    }
}

#[test]
fn nothing_is_sent_before_the_first_block_that_is_not_empty() {
    let client = Client::default();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        let write = start_response.call("200 OK", &[], None)?;
        write.write(b"").await?;
        let (client, seen) = (client.clone(), seen.clone());
        let mut blocks = ["", "", "one", "two", ""].into_iter();
        Ok(Body::Blocks(Box::new(async move || {
            let block = blocks.next()?;
            seen.borrow_mut().push(client.sends());
            Some(Ok(block.as_bytes().to_vec()))
        })))
    };
    let answer = exchange(&application, GET, &client, usize::MAX);
    assert_eq!(*seen.borrow(), [0, 0, 0, 1, 2], "sends before each block");
    assert_eq!(answer.body(), "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
}

#[test]
fn an_empty_block_is_no_chunk() {
    let answer = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?;
        Ok(blocks(&["", "a", "", "0123456789abcdef", ""]))
    });
    assert_eq!(answer.field("Transfer-Encoding"), ["chunked"]);
    assert_eq!(answer.field("Content-Length"), [""; 0]);
    assert_eq!(answer.body(), "1\r\na\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
    assert_eq!((answer.is_complete(), answer.outcome.count), (true, 17));
}

#[test]
fn a_body_without_blocks_is_empty() {
    for list in [&[][..], &["", ""]] {
        let answer = ask(GET, async |_, start_response| {
            start_response.call("200 OK", &[], None)?;
            Ok(blocks(list))
        });
        assert_eq!((answer.field("Content-Length"), answer.body()), (vec!["0"], ""));
        assert!(answer.is_complete());
    }
}

#[test]
fn an_http_1_0_client_gets_no_chunks() {
    let answer = ask(GET_1_0, async |_, start_response| {
        start_response.call("200 OK", &[], None)?;
        Ok(blocks(&["he", "llo"]))
    });
    assert_eq!(answer.body(), "hello");
    assert_eq!((answer.field("Transfer-Encoding"), answer.field("Content-Length")), (vec![], vec![]));
    assert_eq!(answer.field("Connection"), ["close"]);
    assert!(answer.is_complete() && answer.outcome.closes);
}

#[test]
fn a_body_is_closed_however_it_ends() {
    let lists: [&[&str]; 7] = [&[], &["a"], &["a", "b"], &["!"], &["a", "!"], &["panic"], &["a", "panic"]];
    for list in lists {
        for request in [GET, HEAD, GET_1_0] {
            for room in [0, 1, 2, usize::MAX] {
                let (_, closed) = asked_and_closed(request, list, room);
                assert_eq!(closed, 1, "{list:?} for {request:?}, {room} sends");
            }
        }
    }
}

#[test]
fn head_gets_the_head_of_get_and_no_body() {
    for headers in [&[][..], &[("Content-Length", "5")]] {
        let answer = ask(HEAD, async |_, start_response| {
            start_response.call("200 OK", headers, None)?;
            Ok(Body::from("hello"))
        });
        assert_eq!((answer.field("Content-Length"), answer.body()), (vec!["5"], ""));
        assert_eq!((answer.is_complete(), answer.outcome.count), (true, 0));
    }
    let written = ask(HEAD, async |_, start_response| {
        start_response.call("200 OK", &[], None)?.write(b"hello").await?;
        Ok(Body::from("hello"))
    });
    assert_eq!((written.field("Transfer-Encoding"), written.body()), (vec!["chunked"], ""));
    assert!(written.is_complete());
}

#[test]
fn head_asks_for_no_more_blocks_than_it_needs() {
    assert_eq!(asked_and_closed(HEAD, &["", "a", "b", "c"], usize::MAX), (2, 1));
    assert_eq!(asked_and_closed(HEAD, &["a", "panic"], usize::MAX), (1, 1));
}

#[test]
fn statuses_without_a_body_have_none() {
    for status in ["204 No Content", "304 Not Modified"] {
        for headers in [&[][..], &[("Content-Length", "5")]] {
            let answer = get(status, headers);
            assert_eq!((answer.status(), answer.body()), (status, ""));
            assert_eq!((answer.field("Content-Length"), answer.field("Transfer-Encoding")), (vec![], vec![]));
            assert_eq!((answer.is_complete(), answer.outcome.count), (true, 0));
        }
        let answer = ask(GET, async |_, start_response| {
            start_response.call(status, &[], None)?.write(b"hello").await?;
            Ok(blocks(&["hello"]))
        });
        assert_eq!((answer.body(), answer.is_complete()), ("", true));
    }
}
