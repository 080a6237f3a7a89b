//! The graceful stop.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::orphans::orphan;
use super::reaping::is_gone;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v01::{in_need, out_of_descriptors};
use crate::cases::v02::{LARGE, has_body};
use crate::cases::v04::sleeper;
use crate::client::Client;
use crate::proc;
use crate::request::{get, post};
use crate::server::Server;

/// A GRACE that no case will see the end of.
const LONG: &str = "60";

/// How long a server may take until it is stuck. One that never is gets its signals then, and has them to obey too.
const WATCH: Duration = Duration::from_secs(1);

pub(crate) fn finishes_running_requests_at_sigterm(bench: &Bench) -> Outcome {
    finishes_running_requests_at(bench, Signal::SIGTERM)
}

pub(crate) fn finishes_running_requests_at_sigint(bench: &Bench) -> Outcome {
    finishes_running_requests_at(bench, Signal::SIGINT)
}

/// As killall(1) and service managers do it: the signal goes to all processes of the server.
pub(crate) fn finishes_running_requests_when_all_get_sigterm(bench: &Bench) -> Outcome {
    finishes_running_requests(bench, |server| {
        for process in server.processes() {
            let _ = kill(Pid::from_raw(process.pid), Signal::SIGTERM); // It may have ended since.
        }
    })
}

fn finishes_running_requests_at(bench: &Bench, signal: Signal) -> Outcome {
    finishes_running_requests(bench, |server| server.signal(signal))
}

/// One request sleeps and one streams while the server is told to stop, if this machine is quick enough; one surely runs,
/// because its client takes no more of the answer.
fn finishes_running_requests(bench: &Bench, stop: impl FnOnce(&Server)) -> Outcome {
    let program = bench.program().knob("GRACE", LONG).knob("TIMEOUT", LONG).knob("SEND_TIMEOUT", LONG);
    let mut server = bench.start(&program)?;
    let body = vec![b'x'; LARGE];
    let mut reads = unread(&server, &body)?;
    let mut sleeps = sleeper(&server, 500)?;
    let mut streams = server.connect()?;
    streams.send(get("/stream"))?;
    streams.hears_within(server.patience())?; // The answer has begun.
    stop(&server);
    for client in [&mut streams, &mut sleeps] {
        client.status(200)?;
        client.closes()?;
    }
    has_body(&reads.final_response()?, &body)?;
    reads.closes()?;
    has_stopped(&mut server)
}

/// A client whose answer has begun, and is larger than what the kernel takes while nobody reads it.
pub(crate) fn unread(server: &Server, body: &[u8]) -> Outcome<Client> {
    let mut client = server.connect_narrow()?;
    client.send(post("/echo", body))?;
    client.wait_for_an_answer()?;
    Ok(client)
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

pub(crate) fn ends_at_a_second_signal_while_it_can_not_write(bench: &Bench) -> Outcome {
    let mut server = bench.start(&in_need(bench.program()).stderr_full())?;
    let limits = out_of_descriptors(&server)?;
    let client = server.connect()?;
    // It can't be accepted, and the line that says so has no room.
    proc::until(WATCH, || proc::is_stuck_at_stderr(server.pid()));
    server.signal(Signal::SIGTERM);
    server.signal(Signal::SIGINT); // A second SIGTERM could come so soon that the two were one.
    is_gone(&mut server)?;
    drop(limits);
    client.leave();
    Ok(())
}

/// A server that has a request running for longer than any case, and was told to stop. That its listener is closed shows
/// that it knows.
fn stopping(bench: &Bench) -> Outcome<(Server, Client)> {
    let server = bench.start(&bench.program().knob("GRACE", LONG))?;
    let running = sleeper(&server, 60_000)?;
    server.signal(Signal::SIGTERM);
    let closed = proc::until(server.patience(), || !proc::is_listening(server.address()));
    require(closed, "a server that stops closes its listener", || "it listens still")?;
    Ok((server, running))
}

pub(crate) fn ends_what_exceeds_its_grace(bench: &Bench) -> Outcome {
    let mut server = bench.start(&bench.program().needs("GRACE", "1"))?;
    let mut running = sleeper(&server, 60_000)?;
    let orphaned = orphan(&server)?;
    server.signal(Signal::SIGTERM);
    running.end()?;
    has_stopped(&mut server)?;
    orphaned.leave();
    Ok(())
}

/// Waits for the end: exit code 0, and no process left.
pub(crate) fn has_stopped(server: &mut Server) -> Outcome {
    let status = server.ends()?;
    require(status.code() == Some(0), "the exit code 0 after a graceful stop", || status)?;
    is_gone(server)
}
