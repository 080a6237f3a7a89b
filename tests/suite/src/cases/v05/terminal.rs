//! A server on a terminal.

use super::reaping::AtRest;
use crate::bench::Bench;
use crate::case::Outcome;
use crate::cases::v01::not_here;
use crate::terminal::Terminal;

/// More requests than there may be children, each of which writes its line to the terminal.
pub(crate) fn serves_on_a_terminal_with_tostop(bench: &Bench) -> Outcome {
    let terminal = Terminal::new().map_err(not_here)?;
    terminal.stops_background_output().map_err(not_here)?;
    let program = bench.program().knob("MAX_CHILDREN", "2").knob("WORKERS", "2").on_terminal(&terminal);
    let rest = AtRest::new(bench.start(&program)?);
    for _ in 0..8 {
        rest.server.serves_the_next()?;
    }
    rest.returns()
}
