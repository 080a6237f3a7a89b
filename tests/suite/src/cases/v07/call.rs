//! The call of an application: what it gets, and what becomes of what it returns.

use nix::sys::signal::Signal;

use super::{folder, program};
use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::cases::v02::has_body;
use crate::cases::v03::{has_status, start_with};
use crate::request::{bare, get, post};
use crate::transcript::visible;

pub(crate) fn serves_a_python_application(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let server = start_with(bench, program(bench, &folder), "suite_app:greeting")?;
    for (method, request) in [("GET", get("/?world").into_bytes()), ("POST", post("/", b"world"))] {
        let response = server.exchange(request)?;
        has_status(&response, 201)?;
        let field = response.field("X-Method").unwrap_or("none");
        require(field == method, format!("the field `X-Method: {method}` of the application"), || field)?;
        require(response.body == b"Hello, world!", "the body `Hello, world!`", || visible(&response.body))?;
    }
    Ok(())
}

/// What the validator finds is an exception, or if it finds it too late for that, a line on stderr.
pub(crate) fn satisfies_the_validator(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let mut server = start_with(bench, program(bench, &folder), "suite_app:validated")?;
    has_body(&server.exchange(get("/a/b?c=d"))?, b"written, ")?;
    has_body(&server.exchange(post("/", b"one\ntwo\nthree\n"))?, b"written, one\ntwo\nthree\n")?;
    let mut client = server.connect()?;
    client.send(bare("HEAD", "/", ""))?;
    client.status(200)?;
    client.closes()?;
    server.signal(Signal::SIGTERM);
    server.ends()?;
    let stderr = server.stderr().wait(server.patience(), |_| false);
    require(!stderr.contains("without being closed"), "each body is closed", || stderr)
}

pub(crate) fn describes_the_request_in_latin_1(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let server = start_with(bench, program(bench, &folder), "suite_app:variables")?;
    let head = "GET /a%20b%2Fc%E4%C3%BC?d=%20 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let fields =
        b"X-List: 1\r\nCookie: a=1\r\nX-Name: Andr\xe9\r\nX-Text: \xc3\xa9\r\nX-List: 2\r\nX_List: 3\r\nX_Other: 4\r\nCookie: b=2\r\n\r\n";
    let response = server.exchange([head.as_bytes(), fields].concat())?;
    let text = String::from_utf8_lossy(&response.body);
    for line in [
        r"PATH_INFO = '/a b/c\xe4\xc3\xbc'",
        "QUERY_STRING = 'd=%20'",
        r"HTTP_X_NAME = 'Andr\xe9'",
        r"HTTP_X_TEXT = '\xc3\xa9'",
        "HTTP_COOKIE = 'a=1; b=2'",
    ] {
        require(text.lines().any(|other| other == line), format!("the line {line}"), || &text)?;
    }
    let joined = ["HTTP_X_LIST = '1,2'", "HTTP_X_LIST = '1, 2'"];
    require(text.lines().any(|line| joined.contains(&line)), "the values of X-List joined, and not X_List's", || {
        &text
    })?;
    match text.contains("HTTP_X_OTHER") {
        true => Err(failed("no variable for X_Other", &text)),
        false => Ok(()),
    }
}
