//! The exercise of the chapter v03.

use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::cases::v02::has_body;
use crate::cases::v03::has_status;
use crate::request::{bare, get, plain};
use crate::response::Response;

/// `zepper:secret`, `zepper:wrong` and `other:secret` in Base64.
const RIGHT: &str = "Authorization: Basic emVwcGVyOnNlY3JldA==\r\n";
const WRONG: [&str; 4] = [
    "",
    "Authorization: Basic emVwcGVyOndyb25n\r\n",
    "Authorization: Basic b3RoZXI6c2VjcmV0\r\n",
    "Authorization: Bearer emVwcGVyOnNlY3JldA==\r\n",
];

pub(super) fn asks_for_a_password_before_the_site(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().application("private")).map_err(|stop| match stop {
        Stop::NotStarted(problem) => failed("the program starts with the application `private`", problem),
        other => other,
    })?;
    for fields in WRONG {
        for (method, path) in [("GET", "/"), ("GET", "/no/such/page"), ("DELETE", "/echo")] {
            let response = server.exchange(bare(method, path, fields))?;
            has_status(&response, 401)?;
            let challenge = response.field("WWW-Authenticate").unwrap_or("no such field");
            require(challenge.starts_with("Basic realm="), "WWW-Authenticate: Basic realm=\"…\"", || challenge)?;
        }
    }
    for (path, status) in [("/", 200), ("/environ", 200), ("/no/such/page", 404)] {
        let response = server.exchange(bare("GET", path, RIGHT))?;
        has_status(&response, status)?;
        is_private(&response)?;
    }
    let mut client = server.connect()?;
    client.send(plain("POST", "/echo", &format!("{RIGHT}Connection: close\r\nContent-Length: 5\r\n")) + "hello")?;
    has_body(&client.final_response()?, b"hello")?;
    let open = bench.server()?;
    let response = open.exchange(get("/"))?;
    has_status(&response, 200)?;
    require(
        response.field("Cache-Control").is_none(),
        "the application `site` is as it was",
        || "a Cache-Control field",
    )
}

fn is_private(response: &Response) -> Outcome {
    let came = response.field("Cache-Control").unwrap_or("no such field");
    require(came == "private", "Cache-Control: private", || came)
}
