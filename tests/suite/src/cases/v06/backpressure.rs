//! Clients that take nothing of what they asked for.

use std::time::Duration;

use super::clients::answered;
use super::keep_alive::goes_on;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::request::{get, plain_get, plain_post};

/// How much is asked for, and how much of that may be in the server's memory. The kernel's own buffers take some too.
const FLOOD: usize = 128 << 20;
const MEMORY: u64 = 32 << 20;

/// How long a server that reads no more is waited for, in case it does.
const WATCH: Duration = Duration::from_millis(500);

pub(crate) fn stops_reading_while_nobody_takes_its_answers(bench: &Bench) -> Outcome {
    // The answer is as large as the request, or many times larger.
    for request in [plain_post("/echo", &vec![b'x'; 1 << 20]), plain_get("/environ").repeat(1000).into_bytes()] {
        let program = bench.program().knob("WORKERS", "1").knob("SEND_TIMEOUT", "60").knob("LOG", "off");
        let server = bench.start(&program.knob("TIMEOUT", "60"))?;
        let mut kept = answered(&server)?;
        let before = server.memory();
        let (mut client, mut sent) = (server.connect()?, 0);
        while sent < FLOOD {
            let more = client.send_unread(&request, WATCH)?;
            sent += more;
            if more < request.len() || server.memory() > before + MEMORY {
                break;
            }
        }
        let grown = server.memory().saturating_sub(before) >> 20;
        require(
            grown <= MEMORY >> 20,
            format!("at most {} MiB more for a client that does not read", MEMORY >> 20),
            || format!("{grown} MiB more, when {} MiB were sent", sent >> 20),
        )?;
        require(sent < FLOOD, "the server reads no more until its answers are taken", || {
            format!("it has read {} MiB of requests", sent >> 20)
        })?;
        goes_on(&mut kept)?;
        client.leave();
        server.serves_the_next()?;
    }
    Ok(())
}

pub(crate) fn lets_go_of_a_client_that_stops_reading(bench: &Bench) -> Outcome {
    let program = bench.program().knob("WORKERS", "1").knob("MAX_CONNECTIONS", "1").knob("SEND_TIMEOUT", "1");
    let server = bench.start(&program.knob("TIMEOUT", "60"))?;
    let mut stopped = answered(&server)?;
    stopped.send_unread(&plain_post("/echo", &vec![b'x'; 1 << 20]).repeat(32), WATCH)?;
    // There is room for one connection: the next client is served when the server has let go of this one.
    let mut next = server.connect()?;
    next.send(get("/"))?;
    next.status(200)?;
    next.closes()?;
    stopped.leave();
    Ok(())
}
