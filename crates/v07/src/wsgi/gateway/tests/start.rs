//! How a response begins: the status and the headers that start_response is given, its second call, and `write`.

use anyhow::{Result, anyhow, ensure};

use super::{Client, DETAIL, GET, HEAD, ask, blocks, exchange, get};
use crate::http::response::Head;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{Application, Body, BoxFuture, StartResponse, Write};

#[test]
fn a_status_is_a_final_code_and_a_reason() {
    assert_eq!(get("200 OK", &[]).status(), "200 OK");
    assert_eq!(get("599 A Reason: of (words)", &[]).status(), "599 A Reason: of (words)");
    let malformed = ["", "200", "200 ", "20 OK", "2000 OK", "200OK", "2x0 OK", " 200 OK", "200 OK ", "200  OK"];
    for status in malformed.into_iter().chain(["100 Continue", "200 O\nK", "200 OK\r\nX: y", "200 OK\0", "+20 OK"]) {
        get(status, &[]).is_500(status);
    }
}

#[test]
fn a_hop_by_hop_header_is_the_servers_business() {
    let names = ["Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Trailers"];
    for name in names.into_iter().chain(["Transfer-Encoding", "Upgrade"]) {
        get("200 OK", &[(name, "close")]).is_500(name);
        get("200 OK", &[("X-Before", "a"), (&name.to_uppercase(), "close")]).is_500(name);
        get("200 OK", &[(&name.to_lowercase(), "close")]).is_500(name);
    }
}

#[test]
fn a_header_can_not_smuggle_in_another() {
    for name in ["", "X Y", "X:", "X\r\nY", "X\n", "X\0", "\u{e4}"] {
        get("200 OK", &[(name, "a")]).is_500(name);
    }
    for value in ["a\r\nY: b", "a\nb", "a\r", "\n", "a\0", "a\x1b[2J", "a\x7f"] {
        get("200 OK", &[("X", value)]).is_500(value);
    }
}

#[test]
fn headers_are_sent_as_they_were_given() {
    let answer = get("200 OK", &[("X-One", "a b"), ("Set-Cookie", "c=d"), ("Set-Cookie", "e=f"), ("X-Empty", "")]);
    assert_eq!(answer.field("X-One"), ["a b"]);
    assert_eq!(answer.field("Set-Cookie"), ["c=d", "e=f"]);
    assert_eq!(answer.field("X-Empty"), [""]);
    assert_eq!(answer.field("Connection"), ["keep-alive"]);
}

#[test]
fn a_date_and_a_server_are_not_doubled() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let answer = get("200 OK", &[("date", date), ("SERVER", "mine")]);
    assert_eq!((answer.field("Date"), answer.field("Server")), (vec![date], vec!["mine"]));
    let answer = get("200 OK", &[]);
    assert_eq!((answer.field("Date").len(), answer.field("Server").len()), (1, 1));
}

#[test]
fn start_response_must_be_called() {
    ask(GET, async |_, _| Ok(Body::from("hello"))).is_500("a whole body");
    ask(GET, async |_, _| Ok(Body::from(""))).is_500("an empty body");
    ask(GET, async |_, _| Ok(blocks(&["hello"]))).is_500("a body of blocks");
    ask(GET, async |_, _| Ok(blocks(&[]))).is_500("a body without blocks");
    ask(HEAD, async |_, _| Ok(Body::from(""))).text.strip_suffix("\r\n\r\n").expect("a head alone");
}

#[test]
fn start_response_may_be_called_again_with_an_error_alone() {
    let again = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?;
        start_response.call("201 Created", &[], None)?;
        Ok(Body::from("hello"))
    });
    again.is_500("before the body");
    let after_write = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?.write(b"hello").await?;
        start_response.call("201 Created", &[], None)?;
        Ok(Body::from(""))
    });
    after_write.is_cut_after("hello\r\n");
}

#[test]
fn an_error_replaces_what_is_not_sent() {
    let answer = ask(GET, async |_, start_response| {
        start_response
            .call("200 OK", &[("Content-Length", "1000"), ("X-Old", "a"), ("Date", "never")], None)?
            .write(b"")
            .await?;
        start_response.call("503 Service Unavailable", &[("X-New", "b")], Some(anyhow!(DETAIL)))?;
        Ok(Body::from("sorry"))
    });
    assert_eq!((answer.status(), answer.body()), ("503 Service Unavailable", "sorry"));
    assert_eq!((answer.field("X-Old"), answer.field("X-New")), (vec![], vec!["b"]));
    assert_eq!(answer.field("Content-Length"), ["5"]);
    assert_eq!(answer.field("Date").len(), 1);
    assert_eq!(answer.outcome.status, 503);
    assert!(answer.is_complete());
}

#[test]
fn an_error_comes_back_when_the_head_is_sent() {
    let answer = ask(GET, async |_, start_response| {
        start_response.call("200 OK", &[], None)?.write(b"hello").await?;
        let back = start_response.call("500 Oh", &[], Some(anyhow!(DETAIL))).err().expect("the error");
        assert_eq!(back.to_string(), DETAIL);
        Err(back)
    });
    answer.is_cut_after("hello\r\n");
    assert!(format!("{:#}", answer.outcome.error.expect("an error")).contains(DETAIL));
}

#[test]
fn write_sends_at_once_and_before_the_body() {
    let client = Client::default();
    let application = async |_: &mut Environ, start_response: &mut dyn StartResponse| {
        let write = start_response.call("200 OK", &[], None)?;
        for (block, sent) in [("one", "3\r\none\r\n"), ("three", "5\r\nthree\r\n")] {
            write.write(block.as_bytes()).await?;
            ensure!(client.text().ends_with(sent), "{block} is not sent");
        }
        Ok(blocks(&["", "body"]))
    };
    let answer = exchange(&application, GET, &client, usize::MAX);
    assert_eq!(answer.body(), "3\r\none\r\n5\r\nthree\r\n4\r\nbody\r\n0\r\n\r\n");
    assert_eq!((answer.is_complete(), answer.outcome.count), (true, 12));
}

/// Middleware: it contains another application, adds a header, and replaces the body.
struct Loud<A>(A);

/// The start_response that it passes on.
struct AddHeader<'a>(&'a mut dyn StartResponse);

impl StartResponse for AddHeader<'_> {
    fn begin(&mut self, mut head: Head, error: Option<anyhow::Error>) -> Result<&mut dyn Write> {
        head.field("X-Loud", "yes")?;
        self.0.begin(head, error)
    }
}

impl<A: Application> Application for Loud<A> {
    fn call<'a>(
        &'a self,
        environ: &'a mut Environ,
        start_response: &'a mut dyn StartResponse,
    ) -> BoxFuture<'a, Result<Body>> {
        Box::pin(async move {
            let mut adding = AddHeader(start_response);
            Ok(match self.0.call(environ, &mut adding).await? {
                Body::Whole(bytes) => Body::from(bytes.to_ascii_uppercase()),
                Body::Blocks(mut blocks) => Body::Blocks(Box::new(async move || {
                    Some(blocks.next().await?.map(|bytes| bytes.to_ascii_uppercase()))
                })),
            })
        })
    }
}

#[test]
fn middleware_holds_another_application() {
    let inner = |list: &'static [&'static str]| {
        async move |_: &mut Environ, start_response: &mut dyn StartResponse| {
            let write = start_response.call("200 OK", &[("X-Inner", "a")], None)?;
            if list.is_empty() {
                return Ok(Body::from("hello"));
            }
            write.write(b"w").await?;
            Ok(blocks(list))
        }
    };
    let client = Client::default();
    let answer = exchange(&Loud(inner(&[])), GET, &client, usize::MAX);
    assert_eq!((answer.field("X-Inner"), answer.field("X-Loud")), (vec!["a"], vec!["yes"]));
    assert_eq!((answer.field("Content-Length"), answer.body()), (vec!["5"], "HELLO"));

    let twice = exchange(&Loud(Loud(inner(&["a", "b"]))), GET, &Client::default(), usize::MAX);
    assert_eq!(twice.field("X-Loud"), ["yes", "yes"]);
    assert_eq!(twice.body(), "1\r\nw\r\n1\r\nA\r\n1\r\nB\r\n0\r\n\r\n");
}
