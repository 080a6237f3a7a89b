//! What one client asks for, and what the others notice of it. One worker serves them all.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::clients::{answered, with_one_worker};
use super::keep_alive::goes_on;
use super::load::Flood;
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::client::Client;
use crate::request::{get, plain_get, plain_post, post};
use crate::server::Server;

/// The threads of a worker's pool.
const THREADS: usize = 4;

/// How many requests make a long pipeline.
const LONG: usize = 1000;

pub(crate) fn a_flood_of_requests_starves_nobody(bench: &Bench) -> Outcome {
    starves_nobody(bench, plain_get("/").repeat(1000).into_bytes())
}

/// Here there is more to be read all the time, and hardly anything to be answered.
pub(crate) fn a_flood_of_bodies_starves_nobody(bench: &Bench) -> Outcome {
    starves_nobody(bench, plain_post("/environ", &vec![b'x'; 8 << 20]))
}

fn starves_nobody(bench: &Bench, requests: Vec<u8>) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1").knob("LOG", "off"))?;
    let mut kept = answered(&server)?;
    let flood = Flood::start(&server, requests)?;
    for _ in 0..10 {
        goes_on(&mut kept)?;
        server.serves_the_next()?;
        flood.goes_on(server.patience())?;
    }
    Ok(())
}

/// The server is stopped while the requests come. Its own lines tell in which order it has answered them.
pub(crate) fn a_long_pipeline_waits_for_others(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    let (mut long, mut other) = (answered(&server)?, answered(&server)?);
    let processes: Vec<_> = server.processes().into_iter().map(|process| Pid::from_raw(process.pid)).collect();
    let signal = |signal| {
        for process in &processes {
            let _ = kill(*process, signal); // One that has gone is found by what follows.
        }
    };
    signal(Signal::SIGSTOP);
    server.wait_for_processes("all processes are stopped", |all| all.iter().all(|process| process.state == 'T'))?;
    long.send([plain_post("/echo?long", b"").repeat(LONG), post("/echo?end", b"")].concat())?;
    other.send(post("/echo?other", b""))?;
    signal(Signal::SIGCONT);
    for _ in 0..=LONG {
        long.status(200)?;
    }
    other.status(200)?;
    let place = |text: &str, word| text.find(word);
    let both = |text: &str| place(text, "/echo?end").is_some() && place(text, "/echo?other").is_some();
    let text = server.stderr().wait(server.patience(), both);
    let expected =
        format!("on stderr the line of another client's request before that of the last of {LONG} in a pipeline");
    require(both(&text) && place(&text, "/echo?other") < place(&text, "/echo?end"), expected, || "the other way round")
}

pub(crate) fn a_sleeping_application_leaves_its_worker_free(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    let mut kept = answered(&server)?;
    let mut slow = (0..8).map(|_| asks(&server, "/sleep/60000")).collect::<Outcome<Vec<_>>>()?;
    goes_on(&mut kept)?;
    server.serves_the_next()?;
    slow.iter_mut().try_for_each(waits)
}

pub(crate) fn a_computing_application_in_the_pool_holds_nobody(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    let mut kept = answered(&server)?;
    let mut computes = asks(&server, "/pool/60000")?;
    goes_on(&mut kept)?;
    server.serves_the_next()?;
    waits(&mut computes)?;
    let mut short = asks(&server, "/pool/1")?;
    short.status(200)?;
    short.closes()
}

pub(crate) fn a_full_pool_holds_only_its_clients(bench: &Bench) -> Outcome {
    let server = with_one_worker(bench)?;
    let mut kept = answered(&server)?;
    let mut full = (0..=THREADS).map(|_| asks(&server, "/pool/60000")).collect::<Outcome<Vec<_>>>()?;
    goes_on(&mut kept)?;
    server.serves_the_next()?;
    full.iter_mut().try_for_each(waits)?;
    drop(server);
    the_fifth_is_not_the_first(&with_one_worker(bench)?)
}

fn the_fifth_is_not_the_first(server: &Server) -> Outcome {
    let mut full = (0..THREADS).map(|_| asks(server, "/pool/1000")).collect::<Outcome<Vec<_>>>()?;
    let mut fifth = asks(server, "/pool/1")?;
    fifth.status(200)?;
    let mut is_free = false;
    for client in &mut full {
        is_free |= client.hears_within(Duration::ZERO)?;
    }
    let expected = format!("a fifth computation waits for one of the {THREADS} in the pool");
    require(is_free, expected, || "it is answered first")?;
    full.iter_mut().try_for_each(|client| client.status(200).map(drop))
}

/// A client whose request has reached its application.
fn asks(server: &Server, path: &str) -> Outcome<Client> {
    let mut client = server.connect()?;
    client.send(get(path))?;
    client.wait_until_read()?;
    Ok(client)
}

fn waits(client: &mut Client) -> Outcome {
    let answered = client.hears_within(Duration::ZERO)?;
    require(!answered, "a minute's work is not answered yet", || "an answer or an end")
}
