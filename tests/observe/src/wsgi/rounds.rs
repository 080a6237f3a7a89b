//! The rounds of a comparison: both servers run all the time, and the same load is put on one and then on the other.

use anyhow::{Result, ensure};

use crate::costs::load::Load;
use crate::costs::row::Speed;
use crate::wsgi::Plan;
use crate::wsgi::comparison::{self, Comparison};

/// v07's speed and the other server's, with a figure from each round.
#[derive(Clone, Default)]
pub struct Rounds {
    pub v07: Speed,
    pub other: Speed,
}

pub(super) fn measure(plan: &Plan, comparison: &Comparison) -> Result<Rounds> {
    let Comparison { connections, kept, fields, .. } = *comparison;
    let load = Load { connections, duration: plan.duration, kept, fields };
    let mut v07 = comparison::start_v07(plan, comparison)?;
    let mut other = comparison::start_other(plan, comparison)?;
    for server in [&v07, &other] {
        load.run(server.address())?; // All workers have imported the application after that, and their caches are warm.
    }
    let mut rounds = Rounds::default();
    for round in 0..plan.rounds {
        let mut turns = [(&v07, &mut rounds.v07), (&other, &mut rounds.other)];
        if round % 2 == 1 {
            turns.reverse(); // So neither always comes second.
        }
        for (server, speed) in turns {
            let (seen, cpu) = load.measure(server)?;
            speed.cpu.push(cpu);
            speed.per_second.push(seen.per_second);
            speed.failures += seen.failures;
        }
        plan.bar.inc(1);
    }
    ensure!(v07.is_running() && other.is_running(), "a server ended in the middle of the load");
    Ok(rounds)
}
