//! What a timeline shows: who worked at the same time, who waited, who is left over. And what each version's must show.

use std::time::Duration;

use suite::stage::Stage;

use super::drama::Kind;
use super::model::{Client, Timeline};
use super::play::TOO_SELDOM;

/// How many workers v06 is started with.
pub const WORKERS: usize = 2;

impl Timeline {
    /// The pairs of clients that were worked for at the same time. An overlap that is shorter than the longest time
    /// without a look is none: the looks can't tell.
    pub fn overlaps(&self) -> Vec<(&str, &str)> {
        self.overlaps_above(self.blind)
    }

    fn overlaps_above(&self, least: Duration) -> Vec<(&str, &str)> {
        let mut pairs = Vec::new();
        for (number, one) in self.clients.iter().enumerate() {
            for other in &self.clients[number + 1..] {
                if overlap(one, other) > least {
                    pairs.push((one.name.as_str(), other.name.as_str()));
                }
            }
        }
        pairs
    }

    /// The processes that served a client.
    pub fn serving(&self) -> usize {
        let mut places: Vec<_> = self.clients.iter().filter_map(|client| client.process).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    }

    /// The processes that were zombies when the drama was over.
    pub fn zombies(&self) -> usize {
        self.processes.iter().filter(|process| process.is_zombie_in_the_end()).count()
    }

    /// Who waited longest to be accepted.
    pub fn last_accepted(&self) -> Option<&Client> {
        self.clients.iter().max_by_key(|client| client.queued())
    }

    /// What this version's picture must show and does not, in words.
    pub fn missing(&self) -> Vec<String> {
        let mut missing = self.unserved();
        let mut must = |right: bool, words: String| {
            if !right {
                missing.push(words);
            }
        };
        let (overlaps, processes) = (self.overlaps(), self.processes.len());
        let (clients, zombies) = (self.clients.len(), self.zombies());
        match self.stage {
            Stage::V01 | Stage::V02 | Stage::V03 => {
                must(processes == 1, format!("there must be one process, and there are {processes}"));
                must(
                    overlaps.is_empty(),
                    format!("one client at a time must be worked for; together were: {overlaps:?}"),
                );
            }
            Stage::V04 | Stage::V05 => {
                let children = processes - 1;
                must(children == clients, format!("{clients} clients must have as many children, and have {children}"));
                must(
                    self.serving() == clients,
                    format!("each client must have a child of its own, not {}", self.serving()),
                );
            }
            Stage::V06 | Stage::V07 => {
                must(processes <= WORKERS + 1, format!("{WORKERS} workers and a master are not {processes} processes"));
            }
        }
        if self.stage >= Stage::V04 {
            // Where the looks can't tell, it is not held against a version.
            let is_blurred = self.blind > TOO_SELDOM && !self.overlaps_above(Duration::ZERO).is_empty();
            must(
                !overlaps.is_empty() || is_blurred,
                "some clients must be worked for at the same time, and none is".to_owned(),
            );
            let left = if self.stage == Stage::V04 { clients } else { 0 };
            must(zombies == left, format!("in the end there must be {left} zombies, and there are {zombies}"));
        }
        missing
    }

    /// Who was not served, and should have been.
    fn unserved(&self) -> Vec<String> {
        let unserved =
            |client: &&Client| client.process.is_none() || (client.kind != Kind::Silent && client.work().is_none());
        let words = |client: &Client| format!("{} must be served, and is not", client.name);
        self.clients.iter().filter(unserved).map(words).collect()
    }

    /// What is to be seen, in a sentence or a few.
    pub fn sentences(&self) -> String {
        let who = match (self.stage, self.serving()) {
            (_, 1) => "One process serves all clients".to_owned(),
            (Stage::V06, count) => format!("{count} workers serve all clients"),
            (_, count) => format!("{count} children serve {} clients", self.clients.len()),
        };
        let how = if self.overlaps().is_empty() { "one after another" } else { "at the same time" };
        let wait = self.last_accepted().filter(|client| client.queued() >= super::model::SHORTEST);
        let wait = wait.map_or("Nobody waits to be accepted.".to_owned(), |client| {
            format!("The longest wait to be accepted is that of `{}`: {} ms.", client.name, client.queued().as_millis())
        });
        let zombies = match (self.stage, self.zombies()) {
            (Stage::V01 | Stage::V02 | Stage::V03, 0) => String::new(),
            (_, 0) => " No zombie is left over.".to_owned(),
            (_, count) => format!(" In the end {count} zombies are left over."),
        };
        format!("{who}, {how}. {wait}{zombies}")
    }
}

/// How long both were worked for.
fn overlap(one: &Client, other: &Client) -> Duration {
    match (one.work(), other.work()) {
        (Some(one), Some(other)) => one.1.min(other.1).saturating_sub(one.0.max(other.0)),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests;
