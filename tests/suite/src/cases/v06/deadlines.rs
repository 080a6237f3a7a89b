//! How long a connection may be silent, and a request may take.

use std::time::{Duration, Instant};

use super::clients::answered;
use super::keep_alive::{does_not_close, ends_well, goes_on, says};
use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed};
use crate::cases::v02::{is_too_slow, past_a_deadline};
use crate::cases::v04::hold;
use crate::client::Client;
use crate::request::{plain, plain_get, plain_post};
use crate::server::Server;

/// More connections than a server looks at in one go.
const MANY: usize = 600;

/// The seconds of TIMEOUT and KEEP_ALIVE: more, if this machine was too busy to send in time.
const TIMEOUTS: [u64; 2] = [2, 6];

pub(crate) fn is_not_impatient_with_an_idle_connection(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().needs("TIMEOUT", "1").knob("KEEP_ALIVE", "60"))?;
    let mut idle = answered(&server)?;
    let mut slow = hold(&server)?;
    is_too_slow(bench, &mut slow)?; // So TIMEOUT has passed since the idle one was answered.
    goes_on(&mut idle)?;
    ends_well(&mut idle)
}

/// Its next request has arrived in time, but is seen late.
pub(crate) fn serves_an_idle_connection_after_a_stop(bench: &Bench) -> Outcome {
    let (server, mut idle) = past_a_deadline(bench, "KEEP_ALIVE", answered, &plain_post("/echo", b"in time"))?;
    if !idle.hears_within(server.patience())? || idle.received().is_empty() {
        return Err(failed("an answer to what came while the server was stopped", "the end of the connection"));
    }
    idle.status(200).map(drop)
}

pub(crate) fn closes_an_idle_connection(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().needs("KEEP_ALIVE", "1").knob("TIMEOUT", "60"))?;
    let mut idle = answered(&server)?;
    let mut old = server.connect()?;
    old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")?;
    says(&old.status(200)?, "keep-alive")?;
    let mut pipelined = server.connect()?;
    pipelined.send(plain_get("/").repeat(3))?;
    for _ in 0..3 {
        pipelined.status(200)?;
    }
    for client in [&mut idle, &mut old, &mut pipelined] {
        client.closes()?; // With no byte before the end: nothing was asked.
    }
    server.serves_the_next()
}

pub(crate) fn empty_lines_keep_no_connection_open(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().needs("KEEP_ALIVE", "1").knob("TIMEOUT", "60"))?;
    let mut client = answered(&server)?;
    let deadline = Instant::now() + server.patience();
    while !client.hears_within(Duration::from_millis(100))? {
        if Instant::now() > deadline {
            let found = "the connection is kept for a client that sends nothing but empty lines";
            return Err(failed("the end of an idle connection after a second (KEEP_ALIVE=1)", found));
        }
        if client.send("\r\n").is_err() {
            break; // It has just been closed.
        }
    }
    server.serves_the_next()
}

pub(crate) fn limits_the_time_for_each_request(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().needs("TIMEOUT", "1").knob("KEEP_ALIVE", "60"))?;
    let chunked = plain("POST", "/echo", "Transfer-Encoding: chunked\r\n");
    let announced = plain("POST", "/echo", "Content-Length: 1000\r\n");
    let mut clients = Vec::new();
    for start in ["GET / HT".to_owned(), announced, chunked] {
        // One comes after an answer, the other one with the request before it.
        let (mut after, mut together) = (answered(&server)?, server.connect()?);
        after.send(&start)?;
        together.send([plain_post("/echo", b"before"), start.into_bytes()].concat())?;
        together.status(200)?;
        clients.extend([after, together]);
    }
    now_and_then_a_byte(bench, answered(&server)?, server.patience())?;
    for client in &mut clients {
        is_too_slow(bench, client)?;
        client.closes()?;
    }
    server.serves_the_next()
}

/// Sees that it does not help to send a byte now and then.
fn now_and_then_a_byte(bench: &Bench, mut client: Client, patience: Duration) -> Outcome {
    let deadline = Instant::now() + patience;
    client.send(plain("GET", "/", "X-Long: ").trim_end())?;
    while !client.hears_within(Duration::from_millis(100))? {
        if Instant::now() > deadline {
            return Err(failed("a 408 after a second (TIMEOUT=1)", "the server goes on reading a byte now and then"));
        }
        client.send("x")?;
    }
    is_too_slow(bench, &mut client)
}

/// What comes while the one worker computes has come in time, though it is seen late.
pub(crate) fn a_computation_takes_no_time_from_others(bench: &Bench) -> Outcome {
    for timeout in TIMEOUTS {
        let seconds = timeout.to_string();
        let program = bench.program().knob("WORKERS", "1").knob("TIMEOUT", &seconds).knob("KEEP_ALIVE", &seconds);
        let server = bench.start(&program.knob("LOG", "off"))?;
        let mut silence = Silence::default();
        let heard = asks_during_a_computation(&server, timeout, &mut silence);
        if heard.is_ok() || silence.longest() < Duration::from_secs(timeout) / 2 {
            return heard;
        }
    }
    Err(too_busy())
}

/// Why a client that was late itself proves nothing.
pub(crate) fn too_busy() -> Stop {
    Stop::Skipped("this machine is too busy for a client to be in time".into())
}

/// How long clients were silent at the most, where the server waits for them: so far, if they still are.
#[derive(Default)]
struct Silence {
    start: Option<Instant>,
    longest: Duration,
}

impl Silence {
    fn begin(&mut self) {
        self.start = Some(Instant::now());
    }

    fn end(&mut self) {
        self.longest = self.longest();
        self.start = None;
    }

    fn longest(&self) -> Duration {
        self.longest.max(self.start.map_or(Duration::ZERO, |start| start.elapsed()))
    }
}

fn asks_during_a_computation(server: &Server, timeout: u64, silence: &mut Silence) -> Outcome {
    let ask = plain_post("/echo", b"");
    silence.begin();
    let mut computes = answered(server)?;
    let mut kept = (0..=MANY).map(|_| server.connect()).collect::<Outcome<Vec<_>>>()?;
    let Some((fresh, used)) = kept.split_first_mut() else { return Ok(()) };
    used.iter_mut().try_for_each(|client| client.send(&ask))?;
    used.iter_mut().try_for_each(|client| client.status(200).map(drop))?;
    computes.send(plain_get(&format!("/spin/{}", 1000 * timeout + 500)))?;
    computes.wait_until_read()?;
    used.iter_mut().chain([&mut *fresh]).try_for_each(|client| client.send(&ask))?;
    silence.end();
    computes.status(200)?;
    silence.begin();
    server.serves_the_next()?; // So the server has looked at its clock since.
    computes.send(&ask)?;
    silence.end();
    for client in kept.iter_mut().chain([&mut computes]) {
        does_not_close(&client.status(200)?)?;
    }
    Ok(())
}
