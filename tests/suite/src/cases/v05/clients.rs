//! Clients that would keep a process for ever.

use super::reaping::AtRest;
use crate::bench::Bench;
use crate::case::Outcome;
use crate::request::{get, post};

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
    let rest = AtRest::new(bench.start(&bench.program().knob("TIMEOUT", "1"))?);
    let mut client = rest.server.connect()?;
    client.send(post("/echo", &vec![b'x'; 8 << 20]))?;
    rest.returns()?;
    client.leave();
    rest.server.serves_the_next()
}
