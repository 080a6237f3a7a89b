//! What a client can cost in memory.

use std::iter;

use super::clients::with_one_worker;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::request::plain;

/// How many clients send large heads, of how many fields, and of which length these are.
const CLIENTS: usize = 32;
const FIELDS: usize = 98;
const LENGTH: usize = 600;

/// How many requests each of them sends before the one that lasts.
const TIMES: usize = 4;

/// How many bytes each of them may cost.
const MEMORY: u64 = 1 << 20;

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
