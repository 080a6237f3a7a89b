//! The bound on the processes, and the knobs.

use std::time::Duration;

use super::reaping::AtRest;
use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::cases::v01::refuses_to_start;
use crate::cases::v04::{hold, hold_in_service, release};
use crate::request::get;

/// How long a client is watched that must not be answered yet. It can let a fault slip, not find one that is not there.
const WATCH: Duration = Duration::from_millis(300);

/// A server with at most two children.
fn limited(bench: &Bench) -> Outcome<AtRest> {
    let program = bench.program().needs("MAX_CHILDREN", "2").knob("TIMEOUT", "60");
    Ok(AtRest::new(bench.start(&program)?))
}

fn is_within_limit(rest: &AtRest) -> Outcome {
    let (now, most) = (rest.server.processes().len(), rest.processes + 2);
    require(now <= most, format!("at most {most} processes (MAX_CHILDREN=2)"), || now)
}

pub(crate) fn keeps_to_its_limit_of_children(bench: &Bench) -> Outcome {
    let rest = limited(bench)?;
    let mut clients = (0..8).map(|_| hold(&rest.server)).collect::<Outcome<Vec<_>>>()?;
    for client in clients.iter_mut().take(2) {
        client.wait_until_read()?;
    }
    // The others wait in the listener's queue; a server that takes more would do so now.
    if let Some(last) = clients.last_mut() {
        last.hears_within(WATCH)?;
    }
    is_within_limit(&rest)?;
    for client in &mut clients {
        release(client)?;
        is_within_limit(&rest)?;
    }
    rest.returns()
}

pub(crate) fn a_client_above_the_limit_waits(bench: &Bench) -> Outcome {
    let rest = limited(bench)?;
    let mut first = hold_in_service(&rest.server)?;
    let mut second = hold_in_service(&rest.server)?;
    let mut third = rest.server.connect()?;
    third.send(get("/"))?;
    if third.hears_within(WATCH)? {
        return Err(failed("a third client waits while MAX_CHILDREN=2 are held", "it is answered"));
    }
    is_within_limit(&rest)?;
    release(&mut first)?;
    third.status(200)?;
    third.closes()?;
    release(&mut second)?;
    rest.returns()
}

pub(crate) fn names_a_limit_that_it_can_not_read(bench: &Bench) -> Outcome {
    for value in ["0", "x", "-1", "1.5", ""] {
        refuses_to_start(bench, &bench.program().needs("MAX_CHILDREN", value), "MAX_CHILDREN")?;
    }
    Ok(())
}

pub(crate) fn names_a_grace_that_it_can_not_read(bench: &Bench) -> Outcome {
    for value in ["x", "-1", ""] {
        refuses_to_start(bench, &bench.program().needs("GRACE", value), "GRACE")?;
    }
    Ok(())
}

pub(crate) fn tells_its_knobs(bench: &Bench) -> Outcome {
    let ended = bench.run(&bench.program().arguments(&["--help"]))?;
    for knob in ["MAX_CHILDREN", "TIMEOUT", "GRACE", "LOG"] {
        let expected = format!("a usage on stdout that names the knob {knob}");
        require(ended.stdout.contains(knob), expected, || format!("{:?}", ended.stdout))?;
    }
    Ok(())
}
