//! The drama: who comes when, and does what. Each client does the same at the same time in each version.
//!
//! In a version that serves one client after another, each of the slow ones and the silent one come before somebody
//! whom they hold up. Nobody comes after the first 0.7 seconds; after 2.33 all is sent.

use std::time::Duration;

use suite::stage::Stage;

/// How long the page takes that the quick and the slow clients ask for: long enough for the looks to see who makes it.
pub const PAGE: Duration = Duration::from_millis(20);

/// How long a sleeper's page takes at least: longer than any wait for a look, so that it shows whether two sleep
/// together.
const SLEEP: Duration = Duration::from_millis(300);

/// What a client is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Sends its request at once.
    Quick,
    /// Sends its request in pieces, with pauses.
    Slow,
    /// Sends its request at once, and its application sleeps.
    Sleeper,
    /// Connects, sends nothing, and leaves.
    Silent,
}

/// What a client is to do. All times count from the beginning of the drama.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: &'static str,
    pub kind: Kind,
    /// In words for people: what it asks for.
    pub asks: String,
    pub connects: Duration,
    /// When it sends which bytes.
    pub sends: Vec<(Duration, Vec<u8>)>,
    /// When it leaves, if nothing is to be answered.
    pub leaves: Option<Duration>,
    /// How long after its answer it keeps the connection, if the server does.
    pub stays: Duration,
}

/// All parts, in the order of their coming.
#[derive(Clone, Debug)]
pub struct Drama {
    pub parts: Vec<Part>,
    /// How long the server is watched, at least.
    pub watched: Duration,
}

impl Drama {
    /// The drama for a version. `small`: all pauses but the sleep of applications are a quarter as long.
    pub fn new(stage: Stage, small: bool) -> Drama {
        let stage = Director { stage, divisor: if small { 4 } else { 1 } };
        Drama {
            parts: vec![
                stage.quick("quick 1", 0),
                stage.slow("slow 1", &[100, 300, 500, 700]),
                stage.quick("quick 2", 200),
                stage.silent("silent", 300, 1300),
                stage.sleeper("sleeper 1", 400),
                stage.sleeper("sleeper 2", 500),
                stage.slow("slow 2", &[600, 1150, 1700, 2330]),
                stage.quick("quick 3", 700),
            ],
            watched: stage.at(2800),
        }
    }
}

struct Director {
    stage: Stage,
    divisor: u64,
}

impl Director {
    fn at(&self, milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds / self.divisor)
    }

    /// v01 and v02 have no applications, so none that sleeps: there everybody asks for `/`.
    fn path(&self, sleep: Duration) -> String {
        if self.stage < Stage::V03 { "/".to_owned() } else { format!("/sleep/{}", sleep.as_millis()) }
    }

    fn part(&self, name: &'static str, kind: Kind, connects: u64, sleep: Duration) -> Part {
        let path = self.path(sleep);
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes();
        let connects = self.at(connects);
        let (leaves, stays) = (None, self.at(400));
        Part { name, kind, asks: format!("asks for {path}"), connects, sends: vec![(connects, request)], leaves, stays }
    }

    fn quick(&self, name: &'static str, connects: u64) -> Part {
        self.part(name, Kind::Quick, connects, PAGE)
    }

    fn sleeper(&self, name: &'static str, connects: u64) -> Part {
        self.part(name, Kind::Sleeper, connects, self.at(400).max(SLEEP))
    }

    fn slow(&self, name: &'static str, times: &[u64]) -> Part {
        let mut part = self.part(name, Kind::Slow, times[0], PAGE);
        let request: Vec<u8> = part.sends.drain(..).flat_map(|(_, bytes)| bytes).collect();
        let pieces = request.chunks(request.len().div_ceil(times.len()));
        part.sends = times.iter().map(|&time| self.at(time)).zip(pieces.map(<[u8]>::to_vec)).collect();
        part.asks = format!("{}, in {} pieces", part.asks, times.len());
        part
    }

    fn silent(&self, name: &'static str, connects: u64, leaves: u64) -> Part {
        let mut part = self.part(name, Kind::Silent, connects, PAGE);
        part.asks = "sends nothing, and leaves".to_owned();
        part.sends.clear();
        part.leaves = Some(self.at(leaves));
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_does_the_same_at_the_same_time_in_each_version() {
        let times = |part: &Part| (part.name, part.connects, part.sends.iter().map(|send| send.0).collect::<Vec<_>>());
        let all = |stage| Drama::new(stage, false).parts.iter().map(times).collect::<Vec<_>>();
        for stage in Stage::ALL {
            assert_eq!(all(stage), all(Stage::V06));
        }
    }

    #[test]
    fn a_slow_client_sends_a_whole_request() {
        for part in Drama::new(Stage::V03, true).parts.iter().filter(|part| part.kind == Kind::Slow) {
            let request: Vec<u8> = part.sends.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
            assert_eq!(part.sends.len(), 4);
            assert_eq!(request, b"GET /sleep/20 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }
    }
}
