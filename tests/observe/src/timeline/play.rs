//! Plays the drama to a server, and looks at it meanwhile.
//!
//! One thread does all of it in turns: it lets the clients do what is due, takes what they got, and looks at the
//! kernel. What a look finds gets the time of its end, after the clients took once more what was there: so an answer
//! that was sent before another client was accepted is never noted as later.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use suite::bench::Bench;
use suite::case::Stop;
use suite::program::Program;
use suite::server::Server;

use super::client::{Client, Notes};
use super::drama::{Drama, PAGE};
use super::kernel::{self, Place, Seen, Sockets};

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(2);

/// What is looked at more seldom than this is played again, for then a quick answer can be missed.
pub const TOO_SELDOM: Duration = Duration::from_millis(PAGE.as_millis() as u64 / 2);

/// How often it is played at most.
const ATTEMPTS: usize = 5;

/// How long the server has after the last client to reap the last child. v04 never does.
const AFTERWARDS: Duration = Duration::from_millis(400);

/// By when the last answer must be there. It only bounds a failure.
const LATEST: Duration = Duration::from_secs(20);

/// One look at everything.
#[derive(Clone, Debug)]
pub struct Look {
    pub time: Duration,
    pub processes: Vec<Seen>,
    /// Where the connection of each client is; None before it connects and when it has ended.
    pub places: Vec<Option<Place>>,
}

/// All that was seen.
#[derive(Clone, Debug)]
pub struct Record {
    /// The number of the server's first process.
    pub server: i32,
    pub notes: Vec<Notes>,
    pub looks: Vec<Look>,
}

impl Record {
    /// The longest time without a look.
    pub fn blind(&self) -> Duration {
        self.looks.windows(2).map(|pair| pair[1].time - pair[0].time).max().unwrap_or_default()
    }
}

/// Starts the program and plays the drama to it, again if the machine was too busy for it to be watched.
pub fn play(program: &Program, drama: &Drama) -> Result<Record> {
    let mut best: Option<Record> = None;
    for _ in 0..ATTEMPTS {
        let record = once(program, drama)?;
        if best.as_ref().is_none_or(|best| record.blind() < best.blind()) {
            best = Some(record);
        }
        if best.as_ref().is_some_and(|best| best.blind() < TOO_SELDOM) {
            break;
        }
    }
    best.context("nothing was played")
}

fn once(program: &Program, drama: &Drama) -> Result<Record> {
    let bench = Bench::new(program);
    let server = bench.server().map_err(words)?;
    let clients = drama.parts.iter().map(Client::new).collect();
    let mut play = Play { server, sockets: Sockets::new()?, start: Instant::now(), clients, looks: Vec::new() };
    play.look()?; // Who is there before the first client comes.
    play.run(drama.watched)?;
    let notes = play.clients.into_iter().map(|client| client.notes).collect();
    Ok(Record { server: play.server.pid(), notes, looks: play.looks })
}

/// Why a server did not start, for people.
fn words(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Failed(failure) => anyhow!("{}; instead: {}", failure.expected, failure.came),
        Stop::NotStarted(why) | Stop::Skipped(why) => anyhow!("it did not start: {why}"),
    }
}

struct Play<'a> {
    server: Server,
    sockets: Sockets,
    start: Instant,
    clients: Vec<Client<'a>>,
    looks: Vec<Look>,
}

impl Play<'_> {
    fn run(&mut self, watched: Duration) -> Result<()> {
        let mut done = None;
        loop {
            self.clients_act()?;
            self.look()?;
            if !self.server.is_running() {
                bail!("it died in the middle of the drama{}", self.last_words());
            }
            let now = self.start.elapsed();
            if done.is_none() && self.clients.iter().all(Client::is_done) {
                done = Some(now);
            }
            if now >= watched && done.is_some_and(|done| now > done + AFTERWARDS || self.is_tidy()) {
                return Ok(());
            }
            if now > LATEST {
                bail!("{} got no answer within {} s", self.unanswered(), LATEST.as_secs());
            }
            self.wait()?;
        }
    }

    /// Whether there are only the processes that were there in the beginning.
    fn is_tidy(&self) -> bool {
        let Some(look) = self.looks.last() else { return false };
        let first = self.looks.first().map(|look| look.processes.clone()).unwrap_or_default();
        look.processes.iter().all(|process| first.contains(process))
    }

    fn clients_act(&mut self) -> Result<()> {
        for client in &mut self.clients {
            client.take(self.start.elapsed());
            client.act(self.server.address(), self.start.elapsed())?;
        }
        Ok(())
    }

    fn look(&mut self) -> Result<()> {
        let processes = kernel::processes(self.server.pid());
        let mut places = Vec::with_capacity(self.clients.len());
        for client in &self.clients {
            let address = client.address.filter(|_| !client.is_done());
            let place = |address| self.sockets.place(&processes, address, self.server.address());
            places.push(address.map(place).transpose()?);
        }
        for client in &mut self.clients {
            client.take(self.start.elapsed());
        }
        self.looks.push(Look { time: self.start.elapsed(), processes, places });
        Ok(())
    }

    /// Waits for an answer, or until a client has something to do, or it is time for another look.
    fn wait(&self) -> Result<()> {
        let now = self.start.elapsed();
        let due = self.clients.iter().filter_map(Client::next).map(|time| time.saturating_sub(now)).min();
        let pause = due.unwrap_or(PAUSE).clamp(Duration::from_millis(1), PAUSE);
        let streams = self.clients.iter().filter_map(|client| client.stream.as_ref());
        let mut ready: Vec<_> = streams.map(|stream| PollFd::new(stream.as_fd(), PollFlags::POLLIN)).collect();
        poll(&mut ready, PollTimeout::try_from(pause)?)?;
        Ok(())
    }

    fn unanswered(&self) -> String {
        let left = self.clients.iter().filter(|client| !client.is_done());
        left.map(|client| client.part.name).collect::<Vec<_>>().join(", ")
    }

    fn last_words(&self) -> String {
        let stderr = self.server.stderr().text();
        stderr.lines().last().map_or(String::new(), |line| format!("; its last line on stderr: {line}"))
    }
}
