//! start_response and write: what is accepted, and what is an error where the application can see it.

use suite::case::Outcome;
use suite::request::get;
use suite::response::Framing;
use suite::server::Server;

use crate::server::{all, both, says, text};

both! { "probes:app":
    is_called_once_without_an_error replaces_a_head_that_is_not_sent raises_when_the_head_is_sent must_be_called
    refuses_wrong_heads answers_wrong_heads_with_500 sends_latin1 returns_write limits_write_to_content_length
}

fn is_called_once_without_an_error(server: &Server) -> Outcome {
    assert_eq!(text(server, "/twice")?, "AssertionError: start_response was called again without exc_info");
    Ok(())
}

fn replaces_a_head_that_is_not_sent(server: &Server) -> Outcome {
    let response = server.exchange(get("/replace"))?;
    assert_eq!((response.status, response.field("X-First"), &*response.body), (503, None, &b"replaced"[..]));
    Ok(())
}

fn raises_when_the_head_is_sent(server: &Server) -> Outcome {
    let response = server.exchange(get("/replace_late"))?;
    assert_eq!((response.status, &*response.body), (200, &b"first, second"[..]));
    says(server, "raised: ZeroDivisionError: division by zero")
}

fn must_be_called(server: &Server) -> Outcome {
    assert_eq!(server.exchange(get("/never"))?.status, 500);
    says(server, "the application did not call start_response")
}

/// The wrong calls, and what each raises.
const WRONG: [(&str, &str); 18] = [
    ("status", "ValueError: the status \"200\" is not a final code"),
    ("status-bytes", "TypeError: the status must be a str, not bytes"),
    ("status-lines", "ValueError: bad reason"),
    ("status-number", "TypeError: the status must be a str, not int"),
    ("headers-tuple", "TypeError: the headers must be a list, not tuple"),
    ("headers-none", "TypeError: the headers must be a list, not NoneType"),
    ("header-list", "TypeError: a header must be a tuple of a name and a value"),
    ("header-single", "TypeError: a header must be a tuple of a name and a value"),
    ("name-bytes", "TypeError: a header's name must be a str, not bytes"),
    ("name-space", "ValueError: the field name \"X Y\" is not a token"),
    ("value-number", "TypeError: a header's value must be a str, not int"),
    ("value-lines", "ValueError: bad value of X-Lines"),
    ("value-euro", "ValueError: bad value of X-Price"),
    ("value-surrogate", "UnicodeEncodeError"),
    ("connection", "ValueError: the field Connection is the server's business"),
    ("coding", "ValueError: the field transfer-encoding is the server's business"),
    ("length", "ValueError: Content-Length is not a number"),
    ("lengths", "ValueError: Content-Length is given twice"),
];

fn refuses_wrong_heads(server: &Server) -> Outcome {
    for (name, expected) in WRONG {
        let said = text(server, &format!("/wrong?{name}"));
        // The application has called it again after that, which is no second call: the first one failed.
        assert!(said.as_ref().is_ok_and(|said| said.starts_with(expected)), "{name}: {said:?}");
    }
    Ok(())
}

fn answers_wrong_heads_with_500(server: &Server) -> Outcome {
    for (name, _) in WRONG {
        let response = server.exchange(get(&format!("/wrong_unseen?{name}")))?;
        assert_eq!((response.status, response.field("X-Injected")), (500, None), "{name}");
        assert_eq!(response.body, b"500 Internal Server Error\n", "{name}");
    }
    Ok(())
}

fn sends_latin1(server: &Server) -> Outcome {
    let (received, _) = all(server, get("/latin1"))?;
    let has = |part: &[u8]| received.windows(part.len()).any(|window| window == part);
    assert!(has(b"X-Name: Andr\xe9\r\n") && has(b"HTTP/1.1 200 Tr\xe8s bien\r\n"), "{}", received.escape_ascii());
    Ok(())
}

fn returns_write(server: &Server) -> Outcome {
    assert_eq!(text(server, "/write")?, "one two three");
    let response = server.exchange(get("/write_only"))?;
    assert_eq!((&*response.body, response.framing), (&b"done"[..], Framing::Length));
    assert_eq!(text(server, "/write_text")?, "TypeError: a block of the body must be bytes, not str");
    Ok(())
}

fn limits_write_to_content_length(server: &Server) -> Outcome {
    assert_eq!(server.exchange(get("/write_too_much"))?.body, b"1234");
    says(server, "raised: ValueError: more bytes than Content-Length says")
}
