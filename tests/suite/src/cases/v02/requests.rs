//! The forms that a request can take, and those that it can't.

use std::time::Instant;

use super::body::has_body;
use super::responses::has_date;
use crate::bench::Bench;
use crate::case::{Failure, Outcome, Stop, require};
use crate::malformed::{self, Row};
use crate::server::Server;
use crate::transcript::visible;

pub(crate) fn serves_http_1_0_without_host(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    answers(&server, "GET / HTTP/1.0\r\n\r\n", 200)?;
    has_body(&server.exchange("POST /echo HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello")?, b"hello")
}

pub(crate) fn serves_a_higher_minor_version(bench: &Bench) -> Outcome {
    let response = bench.server()?.exchange("GET / HTTP/1.2\r\nHost: localhost\r\n\r\n")?;
    require(response.status == 200, "the status 200", || response.status)?;
    require(response.version == "HTTP/1.1", "a response that says HTTP/1.1", || response.version)
}

pub(crate) fn serves_an_absolute_target(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for target in ["http://localhost/", "http://localhost:8888/?a=b", "HTTP://localhost", "http://[::1]/"] {
        answers(&server, &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200)?;
    }
    let echo = server.echo()?;
    let post = format!("POST http://localhost{echo} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    has_body(&server.exchange(post)?, b"hello")
}

pub(crate) fn answers_options_for_the_whole_server(bench: &Bench) -> Outcome {
    let response = bench.server()?.exchange("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let came = || format!("{} {}", response.status, response.reason);
    // A server need not know OPTIONS, and then says so.
    let may_not_know = !bench.is_strict() && [405, 501].contains(&response.status);
    let right = may_not_know || (200..300).contains(&response.status);
    require(right, "a status of the 200s, or 405 or 501", came)
}

pub(crate) fn decodes_a_path(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let echo = server.echo()?;
    let encoded = |at: usize, digits: String| format!("{}%{digits}{}", &echo[..at], &echo[at + 1..]);
    let (second, last) = (echo.as_bytes()[1], echo.as_bytes()[echo.len() - 1]);
    let paths = [
        (1, format!("{second:02x}")),
        (echo.len() - 1, format!("{last:02x}")),
        (echo.len() - 1, format!("{last:02X}")),
    ];
    for (at, digits) in paths {
        let path = encoded(at, digits);
        let request = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
        has_body(&server.exchange(request)?, b"hello")?;
    }
    Ok(())
}

pub(crate) fn serves_what_browsers_send(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut targets: Vec<_> = ["a[]=1", "a=b|c", "a={x}", "a=^", "a=`", "a=b\\c", "q=100%", "q=%zz", "q=%4", "a?b/c'd"]
        .iter()
        .map(|query| (format!("/?{query}"), 200))
        .collect();
    targets.extend(["/a|b", "/a[b]", "/a^{b}`\\"].map(|path| (path.to_owned(), 404)));
    for (target, status) in targets {
        answers(&server, &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"), status)?;
    }
    // In a path, which has to be decoded, some servers refuse a `%` that encodes nothing.
    let response = server.exchange("GET /100% HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let came = || format!("{} {}", response.status, response.reason);
    require(bench.right(&[404, 400]).contains(&response.status), "the status 404, or 400", came)
}

pub(crate) fn ignores_empty_lines_before_a_request(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    answers(&server, "\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)?;
    answers(&server, "\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200)
}

pub(crate) fn knows_no_other_path(bench: &Bench) -> Outcome {
    answers(&bench.server()?, "GET /no/such/page HTTP/1.1\r\nHost: localhost\r\n\r\n", 404)
}

pub(crate) fn tells_which_methods_are_allowed(bench: &Bench) -> Outcome {
    let response = bench.server()?.exchange("DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    require(response.status == 405, "the status 405", || response.status)?;
    let allow = response.field("Allow").unwrap_or("no Allow field");
    require(allow.split(',').any(|method| method.trim() == "POST"), "an Allow field with POST in it", || allow)
}

pub(crate) fn implements_no_unknown_method(bench: &Bench) -> Outcome {
    answers(&bench.server()?, "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501)
}

pub(crate) fn refuses_another_major_version(bench: &Bench) -> Outcome {
    let response = bench.server()?.exchange("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n")?;
    let came = || format!("{} {}", response.status, response.reason);
    require(bench.right(&[505, 400]).contains(&response.status), "the status 505, or 400", came)
}

pub(crate) fn refuses_malformed_request_lines(bench: &Bench) -> Outcome {
    refuses(bench, &strict(malformed::request_lines()))
}

pub(crate) fn refuses_malformed_fields(bench: &Bench) -> Outcome {
    refuses(bench, &strict(malformed::fields()))
}

pub(crate) fn refuses_doubtful_lengths(bench: &Bench) -> Outcome {
    refuses(bench, &strict(malformed::lengths()))
}

pub(crate) fn refuses_malformed_chunks(bench: &Bench) -> Outcome {
    refuses(bench, &strict(malformed::chunks()))
}

pub(crate) fn refuses_to_guess(bench: &Bench) -> Outcome {
    let tables = [malformed::request_lines(), malformed::fields(), malformed::lengths(), malformed::chunks()];
    refuses(bench, &tables.into_iter().flatten().filter(|row| row.may_be_guessed).collect::<Vec<_>>())
}

/// The rows that no rule lets a server serve.
fn strict(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter().filter(|row| !row.may_be_guessed).collect()
}

/// Every row gets its status, its connection is closed, and the next client is served. All rows that fail
/// are told, and the connection of the first is shown. A server that is silent is not asked for all of them.
fn refuses(bench: &Bench, rows: &[Row]) -> Outcome {
    let server = bench.server()?;
    let (mut faults, mut untried, deadline) = (Vec::new(), rows.iter(), Instant::now() + server.patience());
    for row in untried.by_ref() {
        match refuses_one(bench, &server, row) {
            Ok(()) => continue,
            Err(Stop::Failed(failure)) => faults.push(fault(row, &failure)),
            Err(other) => return Err(other),
        }
        server.pins_the_evidence();
        if Instant::now() > deadline || !server.is_listening() {
            break;
        }
    }
    let (tried, untried) = (rows.len() - untried.len(), untried.len());
    let expected = "each of these requests is refused, its connection is closed, and the next client is served";
    require(faults.is_empty(), expected, || {
        let count = faults.len();
        if untried > 0 {
            faults.push(format!("({untried} more were not tried: the server was silent for too long, or has gone)"));
        }
        format!("something else for {count} of {tried} requests; the first is shown below\n{}", faults.join("\n"))
    })
}

fn fault(row: &Row, failure: &Failure) -> String {
    format!("{}: `{}`: expected {}; came {}", row.name, visible(&row.bytes), failure.expected, failure.came)
}

fn refuses_one(bench: &Bench, server: &Server, row: &Row) -> Outcome {
    let mut client = server.connect()?;
    client.send(&row.bytes)?;
    let response = client.response()?;
    let statuses: Vec<_> = row.statuses.iter().map(u16::to_string).collect();
    let came = || format!("{} {}", response.status, response.reason);
    require(row.statuses.contains(&response.status), format!("the status {}", statuses.join(" or ")), came)?;
    if bench.is_strict() {
        has_date(bench, &response)?; // Another program that dates no refusal would fail each row for it.
    }
    client.closes()?;
    client.leave();
    server.serves_the_next()
}

fn answers(server: &Server, request: &str, status: u16) -> Outcome {
    let response = server.exchange(request)?;
    require(response.status == status, format!("the status {status}"), || {
        format!("{} {}", response.status, response.reason)
    })
}
