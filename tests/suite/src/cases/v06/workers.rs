//! Workers that die, and workers that are replaced.

use std::collections::BTreeMap;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::clients::answered;
use super::keep_alive::{ends_well, goes_on};
use super::load::under_load;
use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::cases::v02::{LARGE, has_body};
use crate::cases::v03::started;
use crate::cases::v04::{hold_in_service, release, sleeper};
use crate::cases::v05::{is_gone, unread};
use crate::client::Client;
use crate::proc::Process;
use crate::request::{get, plain_get, plain_post};
use crate::server::Server;

/// How many clients are tried until two workers have one each.
const TRIES: usize = 200;

/// How often the workers are replaced while clients are busy.
const TIMES: usize = 3;

fn with_two_workers(bench: &Bench) -> Outcome<Server> {
    let program = bench.program().needs("WORKERS", "2").knob("TIMEOUT", "60").knob("KEEP_ALIVE", "600");
    bench.start(&program.knob("GRACE", "60"))
}

/// Connections by the process that serves them: one of each of two workers.
pub(crate) fn one_of_each(server: &Server) -> Outcome<BTreeMap<i32, Client>> {
    let mut found = BTreeMap::new();
    for _ in 0..TRIES {
        let client = answered(server)?;
        if let Some(worker) = server.holder(&client)? {
            found.entry(worker).or_insert(client);
        }
        if found.len() == 2 {
            return Ok(found);
        }
    }
    Err(failed(format!("{TRIES} clients are shared by two workers (WORKERS=2)"), "one process has them all"))
}

pub(crate) fn a_killed_worker_takes_only_its_own_clients(bench: &Bench) -> Outcome {
    let server = with_two_workers(bench)?;
    let processes = server.processes().len();
    let mut clients = one_of_each(&server)?;
    let Some((worker, mut lost)) = clients.pop_first() else { return Ok(()) };
    require(worker != server.pid(), "the first process serves nobody, its workers do", || "it has a connection")?;
    let _ = kill(Pid::from_raw(worker), Signal::SIGKILL); // What becomes of it is what the case looks at.
    lost.end()?;
    for kept in clients.values_mut() {
        goes_on(kept)?;
    }
    let is_replaced =
        |all: &[Process]| all.len() == processes && all.iter().all(|one| one.pid != worker && !one.is_zombie());
    server.wait_for_processes("a new worker in the place of one that was killed", is_replaced)?;
    for _ in 0..20 {
        server.serves_the_next()?;
    }
    for kept in clients.values_mut() {
        ends_well(kept)?;
    }
    one_of_each(&server).map(drop) // The new one has its share.
}

pub(crate) fn a_kill_of_the_master_ends_the_workers(bench: &Bench) -> Outcome {
    let mut server = with_two_workers(bench)?;
    let clients = one_of_each(&server)?;
    let (running, held) = (sleeper(&server, 60_000)?, hold_in_service(&server)?);
    server.signal(Signal::SIGKILL);
    is_gone(&mut server)?;
    clients.into_values().chain([running, held]).for_each(Client::leave);
    Ok(())
}

pub(crate) fn sighup_replaces_the_workers(bench: &Bench) -> Outcome {
    let server = with_two_workers(bench)?;
    let (processes, old) = (server.processes().len(), server.others());
    let mut idle = one_of_each(&server)?;
    let mut held = hold_in_service(&server)?;
    let mut sleeps = sleeper(&server, 1000)?;
    server.signal(Signal::SIGHUP);
    let expected = "at SIGHUP new workers start";
    server.wait_for_processes(expected, |all| newer(all, &old, server.pid()) == old.len())?;
    for client in idle.values_mut() {
        says_that_it_closes(&server, client)?;
        client.closes()?;
    }
    release(&mut held)?;
    sleeps.status(200)?;
    sleeps.closes()?;
    are_replaced(&server, processes, &old)?;
    let mut fresh = answered(&server)?;
    ends_well(&mut fresh)
}

pub(crate) fn starts_a_worker_though_sigchld_was_blocked(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "2").signals_blocked())?;
    let (processes, old) = (server.processes().len(), server.others());
    for worker in &old {
        let _ = kill(Pid::from_raw(*worker), Signal::SIGKILL); // Whether there are new ones is what the case looks at.
    }
    are_replaced(&server, processes, &old)?;
    server.serves_the_next()
}

/// A worker that gets SIGTERM finishes; a new one takes its place meanwhile, not afterwards.
pub(crate) fn a_worker_finishes_at_a_sigterm_of_its_own(bench: &Bench) -> Outcome {
    let program =
        bench.program().knob("WORKERS", "1").knob("GRACE", "60").knob("TIMEOUT", "60").knob("SEND_TIMEOUT", "60");
    let server = bench.start(&program)?;
    let (processes, old) = (server.processes().len(), server.others());
    let mut idle = answered(&server)?;
    let body = vec![b'x'; LARGE];
    let mut reads = unread(&server, &body)?;
    for worker in &old {
        let _ = kill(Pid::from_raw(*worker), Signal::SIGTERM); // It is there: it has connections.
    }
    idle.closes()?;
    server.serves_the_next()?;
    has_body(&reads.final_response()?, &body)?;
    reads.closes()?;
    are_replaced(&server, processes, &old)
}

pub(crate) fn ends_the_replaced_workers_after_grace(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1").needs("GRACE", "1"))?;
    let (processes, old) = (server.processes().len(), server.others());
    let mut running = sleeper(&server, 60_000)?;
    server.signal(Signal::SIGHUP);
    server.wait_for_processes("at SIGHUP a new worker starts", |all| newer(all, &old, server.pid()) == 1)?;
    running.end()?;
    are_replaced(&server, processes, &old)?;
    // One that computes hears nothing: its master ends it.
    let mut computes = server.connect()?;
    computes.send(plain_get("/spin/60000"))?;
    computes.wait_until_read()?;
    let old = server.others();
    server.signal(Signal::SIGHUP);
    are_replaced(&server, processes, &old)
}

pub(crate) fn ends_what_a_worker_started_with_it(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1"))?;
    let (processes, old) = (server.processes().len(), server.others());
    let mut client = server.connect()?;
    client.send(get("/orphan"))?;
    let number = started(&client.status(200)?)?;
    server.signal(Signal::SIGHUP);
    let expected = format!("process {number}, which an application started, ends with its worker");
    server.wait_for_processes(&expected, |all| all.iter().all(|one| one.pid != number))?;
    are_replaced(&server, processes, &old)
}

/// How many of these processes are neither the first nor among the old ones.
pub(super) fn newer(all: &[Process], old: &[i32], first: i32) -> usize {
    all.iter().filter(|one| one.pid != first && !one.is_zombie() && !old.contains(&one.pid)).count()
}

/// Asks until a response says that the connection ends. The worker may not know of the signal yet.
fn says_that_it_closes(server: &Server, client: &mut Client) -> Outcome {
    for number in 0.. {
        let body = format!("after the signal: {number}");
        client.send(plain_post("/echo", body.as_bytes()))?;
        let response = client.response()?;
        has_body(&response, body.as_bytes())?;
        if response.field("Connection").is_some_and(|word| word.eq_ignore_ascii_case("close")) {
            return Ok(());
        }
        if number > 1000 {
            break;
        }
        server.serves_the_next()?; // Meanwhile the worker gets its turn.
    }
    Err(failed("an old worker says `Connection: close` with the next response", "1000 times `keep-alive`"))
}

pub(crate) fn are_replaced(server: &Server, processes: usize, old: &[i32]) -> Outcome {
    let expected = format!("{processes} processes as at the start, and no old worker among them");
    let replaced = |all: &[Process]| all.len() == processes && all.iter().all(|one| !old.contains(&one.pid));
    server.wait_for_processes(&expected, replaced).map(drop)
}

pub(crate) fn sighup_fails_no_request(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "2").knob("LOG", "off"))?;
    let processes = server.processes().len();
    under_load(&server, || {
        for _ in 0..TIMES {
            let old = server.others();
            server.signal(Signal::SIGHUP);
            are_replaced(&server, processes, &old)?;
        }
        Ok(())
    })?;
    let mut last = server.connect()?;
    last.send(plain_get("/"))?;
    last.status(200).map(drop)
}
