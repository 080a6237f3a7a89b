//! The programs that an application starts.

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use procfs::process::Process;

use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::request::get;
use crate::response::Response;

/// The number of the process that /orphan started.
pub(crate) fn started(response: &Response) -> Outcome<i32> {
    let text = String::from_utf8_lossy(&response.body);
    let digits = text.split(|letter: char| !letter.is_ascii_digit()).find(|word| !word.is_empty());
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| failed("a body with the number of the process that /orphan started", &text))
}

/// The connection stays open, so that a server that ends what a request started does not do so yet.
pub(crate) fn starts_programs_with_default_signals(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().signals_blocked().knob("WORKERS", "1"))?;
    let mut client = server.connect()?;
    client.send(get("/orphan") + "GET / HT")?;
    let number = started(&client.status(200)?)?;
    let status = Process::new(number).and_then(|process| process.status());
    let status = status.map_err(|error| failed(format!("process {number} runs"), error))?;
    let _ = kill(Pid::from_raw(number), Signal::SIGKILL); // It was only to be looked at.
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGCHLD] {
        let bit = 1 << (signal - 1);
        require(status.sigblk & bit == 0, "a program of an application has no signal blocked", || {
            format!("signal {signal} is blocked in process {number}")
        })?;
        require(status.sigign & bit == 0, "a program of an application ignores no signal", || {
            format!("signal {signal} is ignored in process {number}")
        })?;
    }
    Ok(())
}
