//! Descriptors run out, and come back.

use std::io;
use std::time::Duration;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, require};
use crate::client::Client;
use crate::limit::Limit;
use crate::proc;
use crate::program::Program;
use crate::request::get;
use crate::server::Server;

/// How long a server in need is watched, and how many lines it may write meanwhile. A flood is found at once.
const WATCH: Duration = Duration::from_millis(500);
const LINES: usize = 50;
/// How long a server's processes may take until all of them wait. One that never waits is tried all the same.
const SETTLED: Duration = Duration::from_secs(2);

pub(crate) fn rests_when_it_can_not_accept(bench: &Bench) -> Outcome {
    let server = bench.start(&in_need(bench.program()))?;
    let limits = out_of_descriptors(&server)?;
    let mut client = server.connect()?;
    client.send(get("/"))?;
    is_in_need(bench, &server)?;
    rests(&server)?;
    drop(limits);
    is_served_or_turned_away(bench, &mut client)?;
    server.serves_the_next()
}

/// The client that came in the shortage has waited for its end, was told to come again, or has lost its connection: some
/// servers accept with a descriptor that they keep for this, and close, so that the queue gets no longer.
pub(crate) fn is_served_or_turned_away(bench: &Bench, client: &mut Client) -> Outcome {
    if !bench.is_strict() && client.hears_within(client.patience())? && client.received().is_empty() {
        return Ok(());
    }
    let response = client.final_response()?;
    let came = || format!("{} {}", response.status, response.reason);
    require([200, 503].contains(&response.status), "a 503 in the shortage, or a 200 after it", came)
}

pub(crate) fn says_what_has_run_out(bench: &Bench) -> Outcome {
    let server = bench.start(&in_need(bench.program()))?;
    let limits = out_of_descriptors(&server)?;
    let mut client = server.connect()?;
    client.send(get("/"))?; // An accept(2) that waits has its descriptor already: it is the next one that fails.
    complains(&server)?;
    drop(limits);
    client.leave();
    server.serves_the_next()
}

/// No process of the server can open one more, until the limits are dropped.
pub(crate) fn out_of_descriptors(server: &Server) -> Outcome<Vec<Limit>> {
    // A process that is still starting may close some that it has inherited, and then open others in their place.
    proc::until(SETTLED, || server.processes().iter().all(|process| proc::is_waiting(process.pid)));
    let limits: io::Result<_> = server.processes().iter().map(|process| Limit::of_descriptors(process.pid)).collect();
    limits.map_err(not_here)
}

/// Requests write no line, so that every line is about the shortage; and no held client is too slow.
pub(crate) fn in_need(program: Program) -> Program {
    program.knob("LOG", "off").knob("TIMEOUT", "60")
}

fn complains(server: &Server) -> Outcome {
    let stderr = server.stderr().wait(server.patience(), |text| text.contains('\n'));
    require(stderr.contains('\n'), "a line on stderr that tells what has run out (LOG=off)", || format!("{stderr:?}"))
}

/// Waits until it has said that something has run out; a program that need not say so has as long as for a rest.
pub(crate) fn is_in_need(bench: &Bench, server: &Server) -> Outcome {
    if bench.is_strict() {
        return complains(server); // It shows too that the limit binds.
    }
    server.stderr().wait(WATCH, |text| text.contains('\n'));
    Ok(())
}

pub(crate) fn rests(server: &Server) -> Outcome {
    let stderr = server.stderr().wait(WATCH, |text| text.lines().count() > LINES);
    let count = stderr.lines().count();
    require(count <= LINES, "a rest after accept() has failed, not a flood of lines", || format!("{count} lines"))
}

pub(crate) fn not_here(error: io::Error) -> Stop {
    Stop::Skipped(format!("this can't be tried here: {error}"))
}
