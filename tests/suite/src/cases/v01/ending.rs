//! How a server ends, and that it can start again.

use nix::sys::signal::Signal;

use crate::bench::Bench;
use crate::case::{Outcome, require};

pub(crate) fn ends_at_sigterm(bench: &Bench) -> Outcome {
    ends_at(bench, Signal::SIGTERM)
}

pub(crate) fn ends_at_sigint(bench: &Bench) -> Outcome {
    ends_at(bench, Signal::SIGINT)
}

pub(crate) fn gets_its_port_again_at_once(bench: &Bench) -> Outcome {
    bench.with_a_second_start(starts_at_its_port_again)
}

fn starts_at_its_port_again(bench: &Bench) -> Outcome {
    let mut first = bench.server()?;
    let address = first.address();
    // The server closes first, so its side of this connection stays in TIME_WAIT.
    let mut client = first.connect()?;
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    client.final_response()?;
    client.end()?;
    first.signal(Signal::SIGTERM);
    first.ends()?;
    let second = bench.start(&bench.program().address(&address.to_string()))?;
    let expected = format!("the second server listens on {address} too");
    require(second.address() == address, expected, || second.address())?;
    second.serves_the_next()
}

fn ends_at(bench: &Bench, signal: Signal) -> Outcome {
    let mut server = bench.server()?;
    server.serves_the_next()?;
    server.signal(signal);
    server.ends()?;
    Ok(())
}
