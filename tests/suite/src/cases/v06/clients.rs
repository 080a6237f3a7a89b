//! Many clients, more than there are places for, and none that costs a process.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::keep_alive::goes_on;
use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::cases::v01::{in_need, is_in_need, is_served_or_turned_away, not_here, out_of_descriptors};
use crate::client::Client;
use crate::request::{get, plain_get};
use crate::server::Server;

/// The silent clients of the motive, and how many processes the server may have for them.
const SILENT: usize = 300;
const PROCESSES: usize = 16;

/// The idle connections, and the descriptors that this takes on each side.
const IDLE: usize = 5000;
const DESCRIPTORS: u64 = IDLE as u64 + 500;

/// How long a client is watched that must not be answered yet. It can let a fault slip, not find one that is not there.
const WATCH: Duration = Duration::from_millis(300);

/// A server with one worker, so that all its clients are that worker's.
pub(crate) fn with_one_worker(bench: &Bench) -> Outcome<Server> {
    bench.start(&bench.program().knob("WORKERS", "1").knob("TIMEOUT", "60").knob("KEEP_ALIVE", "600"))
}

/// A client that was answered, and whose connection goes on.
pub(crate) fn answered(server: &Server) -> Outcome<Client> {
    let mut client = server.connect()?;
    goes_on(&mut client)?;
    Ok(client)
}

pub(crate) fn answers_a_client_while_three_hundred_are_silent(bench: &Bench) -> Outcome {
    let program = bench.program().knob("MAX_CHILDREN", "8").knob("WORKERS", "4").knob("TIMEOUT", "60");
    let server = bench.start(&program)?;
    let mut silent = (0..SILENT).map(|_| server.connect()).collect::<Outcome<Vec<_>>>()?;
    server.serves_the_next()?;
    let processes = server.processes().len();
    require(processes <= PROCESSES, format!("at most {PROCESSES} processes for {SILENT} silent clients"), || {
        processes
    })?;
    for client in &mut silent {
        let left = client.hears_within(Duration::ZERO)?;
        require(
            !left,
            "the silent clients are still connected (TIMEOUT=60)",
            || "an answer or an end for one of them",
        )?;
    }
    Ok(())
}

pub(crate) fn holds_five_thousand_idle_connections(bench: &Bench) -> Outcome {
    raise_the_limit_of_descriptors()?;
    let program = bench.program().knob("MAX_CONNECTIONS", "10000").knob("TIMEOUT", "60").knob("LOG", "off");
    let server = bench.start(&program.knob("KEEP_ALIVE", "3600"))?;
    let processes = server.processes().len();
    let mut idle = (0..IDLE).map(|_| answered(&server)).collect::<Outcome<Vec<_>>>()?;
    server.serves_the_next()?;
    let now = server.processes().len();
    require(now <= processes, format!("the {processes} processes that there were after the start"), || now)?;
    idle.iter_mut().step_by(50).try_for_each(goes_on)
}

/// A test that has not so many descriptors skips the case. What is raised here, the server inherits.
fn raise_the_limit_of_descriptors() -> Outcome {
    let limit = getrlimit(Resource::Nofile);
    let has = |limit: Option<u64>| limit.is_none_or(|limit| limit >= DESCRIPTORS);
    if has(limit.current) {
        return Ok(());
    }
    let too_low = |hard: u64| {
        Stop::Skipped(format!("{IDLE} connections need {DESCRIPTORS} descriptors, the hard limit is {hard}"))
    };
    match limit.maximum {
        Some(hard) if hard < DESCRIPTORS => Err(too_low(hard)),
        hard => setrlimit(Resource::Nofile, Rlimit { current: hard.or(Some(DESCRIPTORS)), maximum: hard })
            .map_err(|error| not_here(error.into())),
    }
}

pub(crate) fn a_client_above_the_limit_of_connections_waits(bench: &Bench) -> Outcome {
    let program = bench.program().knob("WORKERS", "1").needs("MAX_CONNECTIONS", "2").knob("TIMEOUT", "60");
    let server = bench.start(&program)?;
    let first = answered(&server)?;
    let mut second = answered(&server)?;
    let mut third = server.connect()?;
    third.send(get("/"))?;
    if third.hears_within(WATCH)? {
        return Err(failed("a third client waits while MAX_CONNECTIONS=2 are open", "it is answered, or turned away"));
    }
    goes_on(&mut second)?;
    first.leave();
    third.status(200)?;
    third.closes()?;
    goes_on(&mut second)
}

/// There is one place, and an application that would hold it for a minute.
pub(crate) fn drops_a_request_whose_client_has_left(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1").needs("MAX_CONNECTIONS", "1"))?;
    for leaves in [Client::leave, |client: Client| drop(client.reset())] {
        let mut client = server.connect()?;
        client.send(plain_get("/sleep/60000"))?;
        client.wait_until_read()?;
        leaves(client);
        server.serves_the_next()?;
    }
    Ok(())
}

pub(crate) fn serves_whom_it_has_in_a_shortage_of_descriptors(bench: &Bench) -> Outcome {
    let server = bench.start(&in_need(bench.program().knob("WORKERS", "1")))?;
    let mut kept = answered(&server)?;
    let limits = out_of_descriptors(&server)?;
    let mut client = server.connect()?;
    client.send(get("/"))?;
    is_in_need(bench, &server)?;
    for _ in 0..3 {
        goes_on(&mut kept)?;
    }
    drop(limits);
    is_served_or_turned_away(bench, &mut client)?;
    goes_on(&mut kept)?;
    server.serves_the_next()
}

pub(crate) fn starts_as_many_workers_as_told(bench: &Bench) -> Outcome {
    let workers = |count: &str| -> Outcome<(Server, usize)> {
        let server = bench.start(&bench.program().needs("WORKERS", count).knob("TIMEOUT", "60"))?;
        let processes = server.processes().len();
        Ok((server, processes))
    };
    let (one, few) = workers("1")?;
    drop(one);
    let (server, processes) = workers("3")?;
    let expected = format!("two processes more with WORKERS=3 than the {few} with WORKERS=1");
    require(processes == few + 2, expected, || format!("{processes} processes"))?;
    let clients = (0..20).map(|_| {
        let mut client = server.connect()?;
        client.send(plain_get("/sleep/60000"))?;
        client.wait_until_read()?;
        Ok(client)
    });
    let clients = clients.collect::<Outcome<Vec<_>>>()?;
    let now = server.processes().len();
    require(now == processes, format!("the {processes} processes of the start serve {} clients", clients.len()), || now)
}
