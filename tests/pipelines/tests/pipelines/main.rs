//! v06's connections as a whole: random pipelines of valid and broken requests, in random pieces, on several connections
//! at a time, against a model that says what must be answered.
//!
//! `message.rs` makes up the requests, and `model.rs` says how each is answered. `conversation.rs` sends them and holds
//! the server to it. This goes on for three seconds; for a minute with
//!
//!     FUZZ_SECONDS=60 cargo test -p pipelines -- --nocapture

mod conversation;
mod message;
mod model;

use std::env;
use std::time::{Duration, Instant};

use conversation::Conversation;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use suite::bench::Bench;
use suite::case::{Case, Kind, Outcome, Stop, Verdict, failed};
use suite::program::Program;
use suite::report;
use suite::stage::Stage;

/// How many rounds are played before a look at the clock.
const ROUNDS: u32 = 20;

#[test]
fn every_pipeline_is_answered_as_the_model_says() {
    let name = "every_pipeline_is_answered_as_the_model_says";
    let says = "the connections above are those of the smallest round that fails";
    let case = Case { name, stage: Stage::V06, kind: Kind::Behaviour, until: None, says, run: play_on };
    // One worker, so that the connections of a round share what a worker has.
    let program = Program::new([env!("CARGO_BIN_EXE_pipelines_v06")]).knob("WORKERS", "1").knob("LOG", "off");
    match case.try_on(&program) {
        Verdict::Passed => {}
        Verdict::Failed(stop, evidence) => panic!("\n{}", report::paragraph(&case, &stop, &evidence, None)),
        Verdict::Skipped(reason) => panic!("skipped: {reason}"),
    }
}

/// Plays rounds on one server until the time is over.
fn play_on(bench: &Bench) -> Outcome {
    let seconds = env::var("FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(3);
    let end = Instant::now() + Duration::from_secs(seconds);
    let server = bench.server()?;
    let mut rounds = 0;
    while rounds == 0 || Instant::now() < end {
        let config = Config { cases: ROUNDS, failure_persistence: None, max_shrink_time: 60_000, ..Config::default() };
        let played = TestRunner::new(config).run(&Conversation::round(), |round| {
            conversation::play(&server, &round).map_err(|stop| TestCaseError::fail(in_words(&stop)))
        });
        played.map_err(|error| failed("every answer is the model's", error))?;
        rounds += ROUNDS;
    }
    println!("{rounds} rounds");
    server.serves_the_next()
}

fn in_words(stop: &Stop) -> String {
    match stop {
        Stop::Failed(failure) => format!("expected: {}; came: {}", failure.expected, failure.came),
        Stop::NotStarted(problem) | Stop::Skipped(problem) => problem.clone(),
    }
}
