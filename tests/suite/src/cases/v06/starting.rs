//! Servers that are started at the same time.

use std::net::TcpListener;
use std::process;

use rustix::process::geteuid;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::cases::v05::owned_by;
use crate::problem::Problem;
use crate::server::Server;

/// How many servers are started at once, and how often.
const SERVERS: usize = 2;
const RACES: usize = 5;

/// If neither gets the port, the kernel let each see the other come, or somebody else got it: such a race proves nothing.
pub(crate) fn of_two_started_at_once_one_gets_the_port(bench: &Bench) -> Outcome {
    if bench.program().fixed.is_some() || bench.program().adapter().is_some() {
        return Err(Stop::Skipped("needs an announcement: who listens can't be seen otherwise".into()));
    }
    let mut winners = 0;
    for _ in 0..RACES {
        let address = free_address()?;
        let started = bench.start_at_once(&bench.program().address(&address), SERVERS);
        let (running, ended): (Vec<_>, Vec<_>) = started.into_iter().partition(Result::is_ok);
        require(running.len() < 2, format!("one of two servers gets {address}"), || "both announce it")?;
        ended.into_iter().try_for_each(|problem| says_that_it_is_taken(problem, &address))?;
        if let Some(Ok(server)) = running.first() {
            server.serves_the_next()?;
            winners += 1;
        }
    }
    require(winners > 0, "one of two servers that are started at once gets the port", || format!("none, {RACES} times"))
}

/// A user of its own, who may have one process: the server's first one.
pub(crate) fn ends_when_it_can_start_no_worker(bench: &Bench) -> Outcome {
    let user = geteuid().is_root().then_some(60_000 + process::id() % 5_000);
    let (program, _folder) = owned_by(user, bench)?;
    let ended = bench.run(&program.max_processes(1))?;
    require(ended.status.code() == Some(1), "the exit code 1", || ended.status)?;
    require(ended.stdout.is_empty(), "no announcement of a server without workers", || format!("{:?}", ended.stdout))?;
    require(ended.stderr.contains("worker"), "a line on stderr that says so", || format!("{:?}", ended.stderr))
}

/// An address where nobody listens for now.
fn free_address() -> Outcome<String> {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    address.map(|address| address.to_string()).map_err(|error| failed("this machine has a free port", error))
}

fn says_that_it_is_taken(started: Result<Server, Problem>, address: &str) -> Outcome {
    match started {
        Err(Problem::Ended { status, stderr }) => {
            require(status.code() == Some(1), "the exit code 1 where the port is taken", || status)?;
            let right = stderr.lines().count() == 1 && stderr.contains(address);
            require(right, format!("one line on stderr that names {address}"), || format!("{stderr:?}"))
        }
        Err(problem) => Err(failed("a server whose port is taken ends", problem)),
        Ok(_) => Ok(()),
    }
}
