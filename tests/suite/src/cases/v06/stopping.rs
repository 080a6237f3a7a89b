//! The graceful stop of a server whose connections stay open.

use nix::sys::signal::Signal;

use super::clients::answered;
use super::keep_alive::says;
use super::workers::newer;
use crate::bench::Bench;
use crate::case::{Outcome, failed};
use crate::cases::v01::not_here;
use crate::cases::v04::sleeper;
use crate::cases::v05::{has_stopped, is_gone};
use crate::request::plain_get;
use crate::server::Server;
use crate::terminal::Terminal;

/// A GRACE that no case will see the end of.
const LONG: &str = "60";

/// How often the worker is replaced before the stop.
const TIMES: usize = 2;

/// How many clients are tried until one comes to the new worker.
const TRIES: usize = 200;

pub(crate) fn a_stop_closes_idle_connections(bench: &Bench) -> Outcome {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = bench.start(&bench.program().knob("GRACE", LONG))?;
        let mut idle = (0..8).map(|_| answered(&server)).collect::<Outcome<Vec<_>>>()?;
        server.signal(signal);
        for client in &mut idle {
            client.closes()?;
        }
        has_stopped(&mut server)?;
    }
    Ok(())
}

pub(crate) fn a_stop_tells_running_requests_to_close(bench: &Bench) -> Outcome {
    let mut server = bench.start(&bench.program().knob("GRACE", LONG))?;
    let mut running = (0..4).map(|_| answered(&server)).collect::<Outcome<Vec<_>>>()?;
    for client in &mut running {
        client.send(plain_get("/sleep/1500"))?;
        client.wait_until_read()?;
    }
    server.signal(Signal::SIGTERM);
    for client in &mut running {
        says(&client.status(200)?, "close")?;
        client.closes()?;
    }
    has_stopped(&mut server)
}

/// The terminal of its session is closed, and the kernel sends SIGHUP.
pub(crate) fn stops_when_its_terminal_is_closed(bench: &Bench) -> Outcome {
    let terminal = Terminal::new().map_err(not_here)?;
    let mut server = bench.start(&bench.program().knob("LOG", "off").on_terminal(&terminal))?;
    let mut idle = answered(&server)?;
    drop(terminal);
    idle.closes()?;
    is_gone(&mut server)
}

/// The old worker is told to stop by nobody if the ones that came after it hold its channel open.
pub(crate) fn a_stop_reaches_the_workers_that_were_replaced(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1").knob("GRACE", LONG))?;
    let mut idle = Vec::new();
    for _ in 0..TIMES {
        let old = server.others();
        idle.push(answered(&server)?);
        server.signal(Signal::SIGHUP);
        let expected = "at SIGHUP a new worker starts";
        server.wait_for_processes(expected, |all| newer(all, &old, server.pid()) == 1)?;
        at_a_new_worker(&server, &old)?;
    }
    // The newest one has to go on after the signal.
    let running = sleeper(&server, 60_000)?;
    server.signal(Signal::SIGTERM);
    for client in &mut idle {
        client.closes()?;
    }
    running.leave();
    Ok(())
}

/// Waits until a client comes to another worker than these. Its request is left half sent: an old worker may answer the
/// last of its clients, and close.
fn at_a_new_worker(server: &Server, old: &[i32]) -> Outcome {
    for _ in 0..TRIES {
        let mut client = server.connect()?;
        client.send("GET / HTTP/1.1\r\nHost: a")?;
        client.wait_until_read()?;
        if server.holder(&client)?.is_some_and(|holder| !old.contains(&holder)) {
            return Ok(());
        }
    }
    Err(failed("at SIGHUP a new worker takes the clients that come", format!("{TRIES} came to the old one")))
}
