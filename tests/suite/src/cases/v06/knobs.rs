//! The knobs.

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v01::refuses_to_start;

pub(crate) fn names_a_knob_of_workers_that_it_can_not_read(bench: &Bench) -> Outcome {
    for knob in ["WORKERS", "MAX_CONNECTIONS", "MAX_BODIES"] {
        for value in ["0", "x", "-1", "1.5", ""] {
            refuses_to_start(bench, &bench.program().needs(knob, value), knob)?;
        }
    }
    for knob in ["KEEP_ALIVE", "SEND_TIMEOUT"] {
        for value in ["x", "-1", ""] {
            refuses_to_start(bench, &bench.program().needs(knob, value), knob)?;
        }
    }
    Ok(())
}

pub(crate) fn tells_the_knobs_of_workers(bench: &Bench) -> Outcome {
    let ended = bench.run(&bench.program().arguments(&["--help"]))?;
    for knob in ["WORKERS", "MAX_CONNECTIONS", "MAX_BODIES", "TIMEOUT", "KEEP_ALIVE", "SEND_TIMEOUT", "GRACE", "LOG"] {
        let expected = format!("a usage on stdout that names the knob {knob}");
        require(ended.stdout.contains(knob), expected, || format!("{:?}", ended.stdout))?;
    }
    Ok(())
}
