//! How a server ends, and that it can start again.

use std::process::Command;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::proc;

pub(crate) fn ends_at_sigterm(bench: &Bench) -> Outcome {
    ends_at(bench, Signal::SIGTERM)
}

pub(crate) fn ends_at_sigint(bench: &Bench) -> Outcome {
    ends_at(bench, Signal::SIGINT)
}

pub(crate) fn ends_at_a_signal_that_was_blocked(bench: &Bench) -> Outcome {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = bench.start(&bench.program().signals_blocked())?;
        server.serves_the_next()?;
        server.signal(signal);
        server.ends()?;
    }
    Ok(())
}

/// A process 1 of a pid namespace, as the first one of a container is.
pub(crate) fn ends_as_process_1(bench: &Bench) -> Outcome {
    const LAUNCHER: [&str; 4] = ["unshare", "--pid", "--fork", "--kill-child"];
    let can = Command::new(LAUNCHER[0]).args(&LAUNCHER[1..]).arg("true").output();
    if !can.is_ok_and(|output| output.status.success()) {
        return Err(Stop::Skipped("this user can make no pid namespace (unshare --pid)".into()));
    }
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = bench.start(&bench.program().launched_by(LAUNCHER))?;
        server.serves_the_next()?;
        let first = server.processes().into_iter().find(|process| process.parent == server.pid());
        let first = first.ok_or_else(|| failed("process 1 of the namespace", "there is none"))?;
        let _ = kill(Pid::from_raw(first.pid), signal); // It fails if the server has gone, and then that is found.
        let is_over = || server.processes().iter().all(|process| process.pid != first.pid || process.is_zombie());
        require(proc::until(server.patience(), is_over), "the server ends", || format!("it goes on after {signal}"))?;
        server.ends()?;
    }
    Ok(())
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
