//! What a client can cost in memory.

use std::iter;

use super::clients::with_one_worker;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::client::Client;
use crate::request::{plain, plain_post};
use crate::server::Server;

/// How many clients send large heads, of how many fields, and of which length these are.
const CLIENTS: usize = 32;
const FIELDS: usize = 98;
const LENGTH: usize = 600;

/// How many requests each of them sends before the one that lasts.
const TIMES: usize = 4;

/// How many bytes each of them may cost.
const MEMORY: u64 = 1 << 20;

/// A large body, how many requests have one, and how much memory may stay.
const BODY: usize = 8 << 20;
const PANICS: usize = 8;
const LEFT: u64 = 32 << 20;

/// Of bodies of this length two don't fit into MAX_BODIES=1.
const HALF: usize = 600_000;
/// A body of this length fills it, but for less than a request has.
const FULL: usize = (1 << 20) - 10;

pub(crate) fn keeps_no_body_of_a_request_that_failed(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    server.serves_the_next()?;
    let before = server.memory();
    let request =
        [plain("GET", "/panic", &format!("Content-Length: {BODY}\r\n")).as_bytes(), &vec![b'x'; BODY]].concat();
    let clients = (0..PANICS).map(|_| {
        let mut client = server.connect()?;
        client.send(&request[..BODY])?;
        client.wait_until_read()?;
        Ok(client)
    });
    let mut clients = clients.collect::<Outcome<Vec<_>>>()?; // All at once, so that each needs memory of its own.
    for client in &mut clients {
        client.send(&request[BODY..])?;
        client.status(500)?;
    }
    let grown = server.memory().saturating_sub(before);
    let expected = format!("{PANICS} requests of {} MiB that have failed leave at most {} MiB", BODY >> 20, LEFT >> 20);
    require(grown <= LEFT, expected, || format!("{} MiB stay", grown >> 20))
}

pub(crate) fn bounds_the_bodies_of_a_worker(bench: &Bench) -> Outcome {
    let program = bench.program().knob("WORKERS", "1").knob("TIMEOUT", "60").needs("MAX_BODIES", "1");
    let server = bench.start(&program)?;
    let mut first = sent_in_part(&server, HALF)?;
    let mut second = server.connect()?;
    second.send(plain_post("/echo", &[b'y'; HALF]))?;
    second.status(503)?;
    second.leave();
    first.send([b'x'; 10])?;
    first.status(200)?;
    let mut third = sent_in_part(&server, FULL)?; // What was answered takes no room any more.
    server.serves_the_next()?; // Requests without a body are small, and served all the same.
    third.send([b'x'; 10])?;
    third.status(200).map(drop)
}

/// A client whose body, of `length` bytes, is there but for ten of them.
fn sent_in_part(server: &Server, length: usize) -> Outcome<Client> {
    let mut client = server.connect()?;
    let request = plain_post("/echo", &vec![b'x'; length]);
    client.send(&request[..request.len() - 10])?;
    client.wait_until_read()?;
    Ok(client)
}

pub(crate) fn a_field_sent_often_costs_what_it_is_long(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    server.serves_the_next()?;
    let before = server.memory();
    let fields: String = iter::repeat_n(format!("X-Often: {}\r\n", "x".repeat(LENGTH)), FIELDS).collect();
    let request = plain("GET", "/sleep/1", &fields).repeat(TIMES) + &plain("GET", "/sleep/60000", &fields);
    let clients = (0..CLIENTS).map(|_| {
        let mut client = server.connect()?;
        client.send(&request)?;
        for _ in 0..TIMES {
            client.status(200)?;
        }
        client.wait_until_read()?;
        Ok(client)
    });
    let clients = clients.collect::<Outcome<Vec<_>>>()?;
    let grown = server.memory().saturating_sub(before) / clients.len() as u64;
    let expected = format!(
        "at most {} KiB more for each of {CLIENTS} clients whose heads have {} KiB, in {FIELDS} fields of one name",
        MEMORY >> 10,
        fields.len() >> 10
    );
    require(grown <= MEMORY, expected, || format!("{} KiB more for each", grown >> 10))
}
