//! The graceful stop.

use nix::sys::signal::Signal;

use super::orphans::orphan;
use super::reaping::is_gone;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v04::sleeper;
use crate::client::Client;
use crate::proc;
use crate::request::get;
use crate::server::Server;

/// A GRACE that no case will see the end of.
const LONG: &str = "60";

pub(crate) fn finishes_running_requests_at_sigterm(bench: &Bench) -> Outcome {
    finishes_running_requests_at(bench, Signal::SIGTERM)
}

pub(crate) fn finishes_running_requests_at_sigint(bench: &Bench) -> Outcome {
    finishes_running_requests_at(bench, Signal::SIGINT)
}

fn finishes_running_requests_at(bench: &Bench, signal: Signal) -> Outcome {
    let mut server = bench.start(&bench.program().knob("GRACE", LONG))?;
    let mut sleeps = sleeper(&server, 500)?;
    let mut streams = server.connect()?;
    streams.send(get("/stream"))?;
    streams.hears_within(server.patience())?; // The answer has begun.
    server.signal(signal);
    for client in [&mut streams, &mut sleeps] {
        client.status(200)?;
        client.closes()?;
    }
    has_stopped(&mut server)
}

pub(crate) fn takes_no_new_clients_once_it_stops(bench: &Bench) -> Outcome {
    let (mut server, running) = stopping(bench)?;
    require(server.connect().is_err(), "no connection to a server that stops", || "one")?;
    require(server.is_running(), "the server waits for a running request (GRACE=60)", || "it has ended")?;
    running.leave();
    Ok(())
}

pub(crate) fn ends_at_a_second_signal(bench: &Bench) -> Outcome {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (mut server, running) = stopping(bench)?;
        server.signal(signal);
        is_gone(&mut server)?;
        running.leave();
    }
    Ok(())
}

/// A server that has a request running for longer than any case, and was told to stop. That its listener is closed shows
/// that it knows.
fn stopping(bench: &Bench) -> Outcome<(Server, Client)> {
    let server = bench.start(&bench.program().knob("GRACE", LONG))?;
    let running = sleeper(&server, 60_000)?;
    server.signal(Signal::SIGTERM);
    let closed = proc::until(server.patience(), || !proc::is_listening(server.address().port()));
    require(closed, "a server that stops closes its listener", || "it listens still")?;
    Ok((server, running))
}

pub(crate) fn ends_what_exceeds_its_grace(bench: &Bench) -> Outcome {
    let mut server = bench.start(&bench.program().knob("GRACE", "1"))?;
    let mut running = sleeper(&server, 60_000)?;
    let orphaned = orphan(&server)?;
    server.signal(Signal::SIGTERM);
    running.end()?;
    has_stopped(&mut server)?;
    orphaned.leave();
    Ok(())
}

/// Waits for the end: exit code 0, and no process left.
fn has_stopped(server: &mut Server) -> Outcome {
    let status = server.ends()?;
    require(status.code() == Some(0), "the exit code 0 after a graceful stop", || status)?;
    is_gone(server)
}
