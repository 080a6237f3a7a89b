//! What every response has.

use std::time::{Duration, SystemTime};

use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::request::get;
use crate::response::Response;

/// How far a server's clock may be from ours.
const TOLERANCE: Duration = Duration::from_secs(60);

/// A request for each sort of response: served, not found, not allowed, refused in each layer.
const OF_ALL_SORTS: [&str; 6] = [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /no/such/page HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
];

/// A body that is refused.
const TOO_LARGE: usize = 99_999_999;

/// The same and, of a server that limits bodies, one too large.
fn of_all_sorts(bench: &Bench) -> Vec<String> {
    let is_limited = bench.program().limits().body.is_some_and(|limit| limit < TOO_LARGE);
    let large = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {TOO_LARGE}\r\n\r\n");
    OF_ALL_SORTS.map(str::to_owned).into_iter().chain(is_limited.then_some(large)).collect()
}

pub(crate) fn dates_every_response(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for request in of_all_sorts(bench) {
        has_date(bench, &server.exchange(request)?)?;
    }
    Ok(())
}

pub(crate) fn names_its_software(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for request in of_all_sorts(bench) {
        let response = server.exchange(request)?;
        let name = response.field("Server").unwrap_or_default();
        require(!name.is_empty(), "a Server field with a name", || format!("none, on a {}", response.status))?;
    }
    Ok(())
}

pub(crate) fn says_that_it_closes_and_closes(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for request in of_all_sorts(bench) {
        let mut client = server.connect()?;
        client.send(request)?;
        let response = client.final_response()?;
        let says = response.field("Connection").unwrap_or("no Connection field");
        if says.eq_ignore_ascii_case("close") {
            client.closes()?;
            continue;
        }
        // One that says nothing keeps the connection, and answers the next request.
        client.send(get("/"))?;
        let next = client.final_response();
        let came = || format!("{says}, on a {}, and no answer to a second request", response.status);
        require(next.is_ok_and(|next| next.status == 200), "Connection: close, or a connection that goes on", came)?;
    }
    Ok(())
}

pub(crate) fn answers_head_like_get_without_a_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let get = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let to_get = server.exchange(get)?;
    let mut client = server.connect()?;
    client.send(get.replace("GET", "HEAD"))?;
    let to_head = client.final_response()?;
    client.closes()?; // With no byte more: a body would be seen here.
    require(to_head.status == to_get.status, format!("the status {} as for GET", to_get.status), || to_head.status)?;
    let fields = |response: &Response| {
        let but_date = response.fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("date"));
        but_date.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ")
    };
    let (expected, came) = (fields(&to_get), fields(&to_head));
    require(came == expected, format!("the fields as for GET: {expected}"), || came)
}

pub(crate) fn answers_a_refused_head_without_a_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for (request, status) in [("HEAD / HTTP/1.1\r\n\r\n", 400), ("HEAD / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505)] {
        let mut client = server.connect()?;
        client.send(request)?;
        let came = client.response()?.status;
        require(bench.right(&[status, 400]).contains(&came), format!("the status {status}"), || came)?;
        client.closes()?; // With no byte more: a body would be seen here.
    }
    Ok(())
}

/// A Date of now, in the one form that may be sent. A response of the 500s needs none (RFC 9110 6.6.1).
pub(crate) fn has_date(bench: &Bench, response: &Response) -> Outcome {
    if !bench.is_strict() && response.status >= 500 && response.field("Date").is_none() {
        return Ok(());
    }
    let expected = "a Date field with the time now, as in `Sun, 06 Nov 1994 08:49:37 GMT`";
    let Some(text) = response.field("Date") else {
        return Err(failed(expected, format!("no Date on a {}", response.status)));
    };
    let date = httpdate::parse_http_date(text).ok().filter(|date| httpdate::fmt_http_date(*date) == text);
    let now = SystemTime::now();
    let is_now = date.is_some_and(|date| now - TOLERANCE < date && date < now + TOLERANCE);
    require(is_now, expected, || format!("Date: {text}"))
}
