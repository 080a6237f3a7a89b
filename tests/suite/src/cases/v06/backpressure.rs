//! Clients that take nothing of what they asked for, or take it slowly.

use std::time::{Duration, Instant};

use super::clients::answered;
use super::deadlines::too_busy;
use super::keep_alive::goes_on;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::client::Client;
use crate::request::{get, plain_get, plain_post};

/// How much is asked for, and how much of that may be in the server's memory. The kernel's own buffers take some too.
const FLOOD: usize = 128 << 20;
const MEMORY: u64 = 32 << 20;

/// How much a slow reader takes at a time, and how often. That is four times as fast as it has to be (SEND_TIMEOUT).
const PIECE: usize = 64 << 10;
const TIMES: usize = 12;
const A_TIMEOUT: u32 = 4;

/// The seconds of SEND_TIMEOUT: more, if this machine was too busy to read in time.
const SEND_TIMEOUTS: [u32; 2] = [1, 5];

/// How long a server that reads no more is waited for, in case it does.
const WATCH: Duration = Duration::from_millis(500);

pub(crate) fn stops_reading_while_nobody_takes_its_answers(bench: &Bench) -> Outcome {
    // The answer is as large as the request, or many times larger.
    for request in [plain_post("/echo", &vec![b'x'; 1 << 20]), plain_get("/environ").repeat(1000).into_bytes()] {
        let program = bench.program().knob("WORKERS", "1").knob("SEND_TIMEOUT", "60").knob("LOG", "off");
        let server = bench.start(&program.knob("TIMEOUT", "60").knob("KEEP_ALIVE", "600"))?;
        let (mut kept, request) = (answered(&server)?, server.placed(&request)?);
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
    let program = bench.program().knob("WORKERS", "1").needs("MAX_CONNECTIONS", "1").needs("SEND_TIMEOUT", "1");
    let server = bench.start(&program.knob("TIMEOUT", "60"))?;
    let mut stopped = answered(&server)?;
    let requests = server.placed(&plain_post("/echo", &vec![b'x'; 1 << 20]).repeat(32))?;
    stopped.send_unread(&requests, WATCH)?;
    // There is room for one connection: the next client is served when the server has let go of this one.
    let mut next = server.connect()?;
    next.send(get("/"))?;
    next.status(200)?;
    next.closes()?;
    stopped.leave();
    Ok(())
}

pub(crate) fn keeps_a_client_that_reads_just_fast_enough(bench: &Bench) -> Outcome {
    for seconds in SEND_TIMEOUTS {
        let program = bench.program().knob("WORKERS", "1").knob("TIMEOUT", "60");
        let server = bench.start(&program.needs("SEND_TIMEOUT", &seconds.to_string()))?;
        let mut slow = server.connect_narrow()?;
        slow.send(plain_post("/echo", &vec![b'x'; 8 << 20]))?;
        slow.wait_for_an_answer()?;
        let timeout = Duration::from_secs(seconds.into());
        let longest = takes_pieces(&mut slow, timeout / A_TIMEOUT)?;
        let read = slow.status(200).and_then(|_| goes_on(&mut slow));
        if read.is_ok() || longest < timeout / 2 {
            return read;
        }
    }
    Err(too_busy())
}

/// Takes a piece now and then, unless the server lets go meanwhile. Gives the longest time that one has taken.
fn takes_pieces(client: &mut Client, pause: Duration) -> Outcome<Duration> {
    let mut longest = Duration::ZERO;
    for _ in 0..TIMES {
        let start = Instant::now();
        // The look at the server's end is the pause between two pieces.
        if client.is_let_go_within(pause)? {
            break;
        }
        client.take_all(PIECE)?;
        longest = longest.max(start.elapsed());
    }
    Ok(longest)
}
