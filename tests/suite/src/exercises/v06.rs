//! The exercises of the chapters v06-readiness, v06-futures, v06-reactor and v06-workers.

use std::time::Duration;

use nix::sys::signal::Signal;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::cases::v02::has_body;
use crate::cases::v03::has_status;
use crate::cases::v05::has_stopped;
use crate::cases::v06::{answered, are_replaced, goes_on, one_of_each, says, with_one_worker};
use crate::client::Client;
use crate::proc::Process;
use crate::request::{get, plain_get, post};
use crate::server::Server;
use crate::transcript::visible;

/// How many programs run at the same time: more than the pool has threads.
const PROGRAMS: usize = 8;

pub(super) fn waits_for_a_program_and_for_clients(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    let mut kept = answered(&server)?;
    has_body(&server.exchange(get("/run/0"))?, b"slept\n")?;
    let mut slow = (0..PROGRAMS).map(|_| asks(&server, "/run/60000")).collect::<Outcome<Vec<_>>>()?;
    let expected = format!("{PROGRAMS} programs `sleep` run at the same time");
    let sleeping = |all: &[Process]| all.iter().filter(|one| one.name == "sleep").count();
    server.wait_for_processes(&expected, |all| sleeping(all) == PROGRAMS)?;
    goes_on(&mut kept)?;
    server.serves_the_next()?;
    has_body(&server.exchange(get("/run/10"))?, b"slept\n")?;
    slow.iter_mut().try_for_each(|client| waits(client, "a program that sleeps for a minute"))?;
    has_status(&server.exchange(get("/run/soon"))?, 404)
}

pub(super) fn lets_two_clients_meet(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    let mut kept = answered(&server)?;
    for _ in 0..3 {
        let mut first = asks(&server, "/meet")?;
        goes_on(&mut kept)?;
        server.serves_the_next()?;
        waits(&mut first, "who is alone at /meet")?;
        let mut second = asks(&server, "/meet")?;
        tells_of(&mut first, &second)?;
        tells_of(&mut second, &first)?;
    }
    has_status(&server.exchange(post("/meet", b""))?, 405)
}

/// Sees that the answer is the other client's address.
fn tells_of(client: &mut Client, other: &Client) -> Outcome {
    let (response, other) = (client.status(200)?, other.address()?.to_string());
    let body = String::from_utf8_lossy(&response.body);
    require(body.trim_end() == other, format!("the address of the other client, {other}"), || visible(&response.body))
}

pub(super) fn drops_an_application_that_takes_too_long(bench: &Bench) -> Outcome {
    let program = bench.program().knob("WORKERS", "1").application("brisk");
    let mut server = bench.start(&program.knob("GRACE", "60")).map_err(|stop| match stop {
        Stop::NotStarted(problem) => failed("the program starts with the application `brisk`", problem),
        other => other,
    })?;
    let mut slow = (0..4).map(|_| asks(&server, "/sleep/60000")).collect::<Outcome<Vec<_>>>()?;
    has_status(&server.exchange(get("/sleep/0"))?, 200)?;
    has_body(&server.exchange(post("/echo", b"hello"))?, b"hello")?;
    for client in &mut slow {
        client.status(503)?;
    }
    has_status(&server.exchange(get("/stream"))?, 200)?;
    // Nothing is left of them that the server would have to wait for.
    server.signal(Signal::SIGTERM);
    has_stopped(&mut server)?;
    let site = with_one_worker(bench)?;
    let mut patient = asks(&site, "/sleep/1500")?;
    patient.status(200).map(drop)
}

pub(super) fn closes_after_its_last_request(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1").knob("MAX_REQUESTS", "3"))?;
    let mut client = server.connect()?;
    for word in ["keep-alive", "keep-alive", "close"] {
        client.send(plain_get("/"))?;
        says(&client.status(200)?, word)?;
    }
    client.closes()?;
    // Of more requests at once the first three are answered, and the rest doesn't cost the client their responses.
    let mut client = server.connect()?;
    client.send(plain_get("/").repeat(1000))?;
    for word in ["keep-alive", "keep-alive", "close"] {
        says(&client.status(200)?, word)?;
    }
    client.closes()?;
    server.serves_the_next()
}

pub(super) fn starts_one_more_worker_at_sigttin(bench: &Bench) -> Outcome {
    let mut server = with_one_worker(bench)?;
    let before = server.processes().len();
    server.signal(Signal::SIGTTIN);
    let grown = |all: &[Process]| all.len() == before + 1 && !all.iter().any(|one| "TZ".contains(one.state));
    server.wait_for_processes("one worker more after SIGTTIN, and none that is stopped", grown)?;
    one_of_each(&server)?.into_values().for_each(Client::leave);
    // The new one is a worker like the others: SIGHUP replaces it too.
    let old = server.others();
    server.signal(Signal::SIGHUP);
    are_replaced(&server, before + 1, &old)?;
    one_of_each(&server)?.into_values().for_each(Client::leave);
    server.signal(Signal::SIGTERM);
    has_stopped(&mut server)
}

/// A client whose request has reached its application.
fn asks(server: &Server, path: &str) -> Outcome<Client> {
    let mut client = server.connect()?;
    client.send(get(path))?;
    client.wait_until_read()?;
    Ok(client)
}

fn waits(client: &mut Client, who: &str) -> Outcome {
    let answered = client.hears_within(Duration::ZERO)?;
    require(!answered, format!("{who} is not answered yet"), || "an answer or an end")
}
