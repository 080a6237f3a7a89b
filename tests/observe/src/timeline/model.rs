//! What was seen, put in order: the life of each process, and what each client went through.
//!
//! A client's time has up to four phases. *Queue*: connected and not accepted yet. *Client*: accepted, and the server
//! waits for the rest of the request. *Work*: the request is whole and accepted, until the last byte of the answer.
//! *Idle*: answered, and the connection is kept. Of the answer, the first byte at the latest begins the work: v01
//! answers what is no whole request yet.
//!
//! The clients' own times are exact. When a connection was accepted, and a process born or ended, is known from the
//! looks alone: to some 3 ms, and `blind` says how exactly at worst.

use std::time::Duration;

use suite::stage::Stage;

use super::client::Notes;
use super::drama::{Drama, Kind, Part};
use super::kernel::Place;
use super::play::{Look, Record};

/// What a client, or who serves it, does for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Queue,
    Client,
    Work,
    Idle,
}

impl Phase {
    pub const ALL: [Phase; 4] = [Phase::Queue, Phase::Client, Phase::Work, Phase::Idle];

    /// The word for it in the picture's data.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Queue => "queue",
            Phase::Client => "client",
            Phase::Work => "work",
            Phase::Idle => "idle",
        }
    }
}

/// A phase with its beginning and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub phase: Phase,
    pub start: Duration,
    pub end: Duration,
}

impl Span {
    pub fn length(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }
}

/// What became of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub name: String,
    pub kind: Kind,
    pub asks: String,
    pub connected: Duration,
    /// When pieces of its request were sent.
    pub pieces: Vec<Duration>,
    pub accepted: Option<Duration>,
    /// Who served it: a place in `Timeline::processes`.
    pub process: Option<usize>,
    /// When all of its request was sent.
    pub whole: Option<Duration>,
    /// When the first and the last byte of the answer came.
    pub answer: Option<(Duration, Duration)>,
    pub ended: Duration,
}

/// The life of a process. It is a zombie from its end until it is reaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub name: String,
    /// None: before the drama.
    pub born: Option<Duration>,
    /// None: it lives on.
    pub ended: Option<Duration>,
    /// None: not while the drama was watched.
    pub reaped: Option<Duration>,
}

impl Process {
    pub fn is_zombie_in_the_end(&self) -> bool {
        self.ended.is_some() && self.reaped.is_none()
    }
}

/// What happened to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub stage: Stage,
    /// The first is the server, or in v06 the master.
    pub processes: Vec<Process>,
    pub clients: Vec<Client>,
    /// When it was watched no longer.
    pub end: Duration,
    /// The longest time without a look.
    pub blind: Duration,
}

impl Client {
    /// Its phases, one after another. Those that no look could see are left out, but for the work.
    pub fn spans(&self) -> Vec<Span> {
        let accepted = self.accepted.unwrap_or(self.ended);
        let (begun, answered) = self.work().unwrap_or((self.ended, self.ended));
        let spans = [
            Span { phase: Phase::Queue, start: self.connected, end: accepted },
            Span { phase: Phase::Client, start: accepted, end: begun },
            Span { phase: Phase::Work, start: begun, end: answered },
            Span { phase: Phase::Idle, start: answered, end: self.ended },
        ];
        let is_seen = |span: &Span| match span.phase {
            Phase::Work => self.answer.is_some(),
            _ => span.length() >= SHORTEST,
        };
        spans.into_iter().filter(is_seen).collect()
    }

    /// When the work for it began, and when it ended.
    pub fn work(&self) -> Option<(Duration, Duration)> {
        let (first, last) = self.answer?;
        let known = self.whole.map_or(first, |whole| whole.min(first));
        Some((known.max(self.accepted?), last))
    }

    /// How long it waited to be accepted.
    pub fn queued(&self) -> Duration {
        self.accepted.unwrap_or(self.ended).saturating_sub(self.connected)
    }
}

/// A wait that is shorter is not drawn: a busy machine makes such by chance.
pub const SHORTEST: Duration = Duration::from_millis(10);

impl Timeline {
    pub fn new(stage: Stage, drama: &Drama, record: &Record) -> Timeline {
        let mut lives = lives(record);
        let parts = drama.parts.iter().zip(&record.notes).enumerate();
        let held: Vec<_> = parts.clone().map(|(place, _)| Held::of(place, &record.looks)).collect();
        // A process so short-lived that no look saw it is known from the answer that tells of it.
        for (_, (_, notes)) in parts.clone() {
            if let (Some((pid, slept)), Some((_, last))) = (notes.told, notes.answer)
                && lives.iter().all(|life| life.pid != pid)
            {
                lives.push(Life { pid, born: Some(last.saturating_sub(slept)), ended: Some(last), reaped: Some(last) });
            }
        }
        lives.sort_by_key(|life| (life.pid != record.server, life.born, life.pid));
        // No look sees who gives an answer at once; where there is one process, it did.
        let only = (lives.len() == 1).then_some(record.server);
        let place = |pid: i32| lives.iter().position(|life| life.pid == pid);
        let clients =
            parts.zip(&held).map(|((_, (part, notes)), held)| client(part, notes, held, only, place)).collect();
        let processes =
            lives.iter().enumerate().map(|(number, life)| life.process(name(stage, number, lives.len()))).collect();
        let end = record.looks.last().map(|look| look.time).unwrap_or_default();
        Timeline { stage, processes, clients, end, blind: record.blind() }
    }
}

fn client(part: &Part, notes: &Notes, held: &Held, only: Option<i32>, place: impl Fn(i32) -> Option<usize>) -> Client {
    let whole = notes.pieces.last().filter(|_| notes.pieces.len() == part.sends.len()).copied();
    Client {
        name: part.name.to_owned(),
        kind: part.kind,
        asks: part.asks.clone(),
        connected: notes.connected,
        pieces: notes.pieces.clone(),
        accepted: accepted(notes, whole, held),
        process: notes.told.map(|(pid, _)| pid).or(held.by).or(only.filter(|_| notes.answer.is_some())).and_then(place),
        whole,
        answer: notes.answer,
        ended: notes.ended.unwrap_or_default(),
    }
}

/// When it was accepted: the first look that saw it held. No look may have seen it while a short answer was made: then
/// it was accepted when its request was whole, or if it was seen waiting then, when the application began to sleep that
/// the answer tells of.
fn accepted(notes: &Notes, whole: Option<Duration>, held: &Held) -> Option<Duration> {
    let slept = notes.told.map_or(Duration::ZERO, |(_, slept)| slept);
    let latest = notes.answer.map(|(first, _)| first.saturating_sub(slept));
    let unseen = || match held.queued_until {
        Some(until) => latest.map(|latest| latest.max(until)),
        None => latest.map(|latest| whole.map_or(latest, |whole| whole.min(latest))),
    };
    let accepted = match (held.since, latest) {
        (Some(since), Some(latest)) => Some(since.min(latest)),
        (since, _) => since.or_else(unseen),
    };
    accepted.map(|time| time.max(notes.connected))
}

/// What the looks saw of a connection.
struct Held {
    queued_until: Option<Duration>,
    since: Option<Duration>,
    by: Option<i32>,
}

impl Held {
    fn of(client: usize, looks: &[Look]) -> Held {
        let places = looks.iter().filter_map(|look| Some((look.time, (*look.places.get(client)?)?)));
        let mut held = Held { queued_until: None, since: None, by: None };
        for (time, place) in places {
            match place {
                // A server that has closed its end gives back the inode too.
                Place::Queue if held.since.is_none() => held.queued_until = Some(time),
                Place::Held(pid) => {
                    held.since.get_or_insert(time);
                    held.by = Some(pid);
                }
                _ => {}
            }
        }
        held
    }
}

/// The life of a process as the looks saw it.
struct Life {
    pid: i32,
    born: Option<Duration>,
    ended: Option<Duration>,
    reaped: Option<Duration>,
}

impl Life {
    fn process(&self, name: String) -> Process {
        Process { name, born: self.born, ended: self.ended, reaped: self.reaped }
    }
}

/// A look can miss a process while another ends (proc(5)): what counts is the first look that saw it, and the last.
fn lives(record: &Record) -> Vec<Life> {
    let mut lives: Vec<Life> = Vec::new();
    for (number, look) in record.looks.iter().enumerate() {
        for seen in &look.processes {
            if lives.iter().all(|life| life.pid != seen.pid) {
                let born = (number > 0).then_some(look.time);
                lives.push(Life { pid: seen.pid, born, ended: None, reaped: None });
            }
        }
    }
    for life in &mut lives {
        let seen = |look: &Look| look.processes.iter().find(|seen| seen.pid == life.pid).cloned();
        let last = record.looks.iter().rposition(|look| seen(look).is_some());
        life.reaped = last.and_then(|last| record.looks.get(last + 1)).map(|look| look.time);
        let zombie = record.looks.iter().find(|look| seen(look).is_some_and(|seen| seen.is_zombie));
        life.ended = zombie.map(|look| look.time).or(life.reaped);
    }
    lives
}

/// The numbers of the kernel change with every run; these don't.
fn name(stage: Stage, number: usize, count: usize) -> String {
    match (number, stage) {
        (0, Stage::V06) if count > 1 => "master".to_owned(),
        (0, _) => "server".to_owned(),
        (_, Stage::V06) => format!("worker {number}"),
        _ => format!("child {number}"),
    }
}
