//! The graceful stop of a server whose connections stay open.

use nix::sys::signal::Signal;

use super::clients::answered;
use super::keep_alive::says;
use crate::bench::Bench;
use crate::case::Outcome;
use crate::cases::v05::has_stopped;
use crate::request::plain_get;

/// A GRACE that no case will see the end of.
const LONG: &str = "60";

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
