//! Clients that would keep a process forever.

use super::reaping::AtRest;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::request::{get, post};
use crate::transcript::visible;

/// The TIMEOUT for a client that never reads. A machine that is too busy to take 8 MiB in so many seconds gets more.
/// The server may need it twice, for two writes.
const TIMEOUTS: [&str; 2] = ["1", "3"];

pub(crate) fn lets_go_of_a_client_that_never_closes(bench: &Bench) -> Outcome {
    let rest = AtRest::new(bench.server()?);
    let mut clients = Vec::new();
    let refused = "GET / HTTP/1.1\r\nHost: two\r\nHost: hosts\r\n\r\n".to_owned();
    for request in [get("/"), get("/stream"), get("/panic"), refused] {
        let mut client = rest.server.connect()?;
        client.send(request)?;
        client.final_response()?;
        clients.push(client);
    }
    rest.returns()?;
    rest.server.serves_the_next()
}

pub(crate) fn lets_go_of_a_client_that_never_reads(bench: &Bench) -> Outcome {
    let mut came = String::new();
    for timeout in TIMEOUTS {
        let rest = AtRest::new(bench.start(&bench.program().knob("TIMEOUT", timeout).needs("SEND_TIMEOUT", timeout))?);
        let mut client = rest.server.connect()?;
        client.send(post("/echo", &vec![b'x'; 8 << 20]))?;
        rest.returns()?;
        // What the server could send before it gave up tells whether it had 8 MiB to send: a 408 is soon sent.
        client.hears_within(rest.server.patience())?;
        came = visible(client.received().get(..12).unwrap_or_else(|| client.received()));
        client.leave();
        rest.server.serves_the_next()?;
        if came.ends_with(" 200") {
            break;
        }
    }
    require(came.ends_with(" 200"), "the start of a 200 to a body of 8 MiB", || came)
}
