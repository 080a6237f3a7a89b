//! What is still wrong with v07, as the top of `main.rs` says: an application that computes keeps its worker from all others.
//! A better server would not do so, so this is no case of the suite.

use std::time::Duration;

use suite::bench::Bench;
use suite::case::{Outcome, Stop};
use suite::program::Program;
use suite::request::get;

/// Whether the answer to a client that asks for `path` has come when a later client gets its own. One worker serves both.
fn is_answered_before_the_next(path: &str) -> Outcome<bool> {
    let program = Program::new([env!("CARGO_BIN_EXE_v07")]);
    let bench = Bench::new(&program);
    let server = bench.start(&program.clone().knob("WORKERS", "1"))?;
    let (mut computes, mut next) = (server.connect()?, server.connect()?);
    computes.send(get(path))?;
    computes.wait_until_read()?;
    next.send(get("/environ"))?;
    next.status(200)?;
    computes.hears_within(Duration::ZERO)
}

#[test]
fn a_computation_holds_its_worker() -> Result<(), Stop> {
    assert!(is_answered_before_the_next("/spin/1000")?, "the next client is answered while the worker computes");
    Ok(())
}

#[test]
fn a_computation_in_the_pool_does_not() -> Result<(), Stop> {
    assert!(!is_answered_before_the_next("/pool/60000")?, "the next client waits for the pool");
    Ok(())
}
