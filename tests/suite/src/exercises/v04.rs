//! The exercise of the chapter v04.

use crate::bench::Bench;
use crate::case::Outcome;
use crate::cases::v01::refuses_to_start;
use crate::cases::v04::{hold_in_service, release, sleeper};

pub(super) fn ends_a_child_that_lives_too_long(bench: &Bench) -> Outcome {
    let program = bench.program().knob("TIMEOUT", "60");
    let mut server = bench.start(&program.clone().knob("LIFETIME", "1"))?;
    let mut held = hold_in_service(&server)?;
    let mut slow = (0..3).map(|_| sleeper(&server, 60_000)).collect::<Outcome<Vec<_>>>()?;
    server.serves_the_next()?;
    for client in &mut slow {
        client.end()?; // With no byte before it.
    }
    held.end()?;
    // The server itself lives on.
    server.serves_the_next()?;
    crate::case::require(server.is_running(), "the server goes on", || "it has ended")?;
    for value in ["soon", "-1", "1.5", ""] {
        refuses_to_start(bench, &bench.program().knob("LIFETIME", value), "LIFETIME")?;
    }
    let endless = bench.start(&program.knob("LIFETIME", "0"))?;
    release(&mut hold_in_service(&endless)?)
}
