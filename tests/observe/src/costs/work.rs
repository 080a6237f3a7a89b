//! The measurement as it goes: version by version, with a progress bar where there is a terminal.
//!
//! What goes wrong with a version is told, with its name; its cells say so, and the rest goes on.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use suite::server::Server;
use suite::stage::Stage;

use crate::costs::load::{self, Load};
use crate::costs::row::{Measured, Row, Speed};
use crate::costs::{Plan, idle, size, waiting};
use crate::syscalls::tracer::{self, Traced};
use crate::versions::{self, Version};

/// The connections of the load, and those by which the time of an answer is measured.
const MANY: usize = 16;
const FEW: usize = 2;
/// So many requests come before a load.
const WARM_UP: usize = 20;
/// The steps of the progress bar for each version, beside its rounds: it is built, and three things are measured once.
const STEPS: usize = 4;

/// The measurement as it goes.
pub(super) struct Work {
    plan: Plan,
    versions: Vec<Version>,
    rows: Vec<Row>,
    has_wrk: bool,
    has_strace: bool,
    /// Nothing is missing so far.
    whole: bool,
    bar: ProgressBar,
}

impl Work {
    pub(super) fn new(plan: Plan, versions: usize) -> Result<Work> {
        let has_wrk = told_if_missing(load::check(), "no speed is measured");
        let has_strace = told_if_missing(tracer::check(), "no system calls are counted");
        // On stderr, and hidden where that is no terminal.
        let bar = ProgressBar::new((versions * (plan.rounds + STEPS)) as u64);
        bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
        Ok(Work {
            plan,
            versions: Vec::new(),
            rows: Vec::new(),
            has_wrk,
            has_strace,
            whole: has_wrk && has_strace,
            bar,
        })
    }

    /// Builds a version, sees that it starts, and makes its rows.
    pub(super) fn begin(&mut self, stage: Stage, built: Option<&Path>) {
        self.bar.set_message(format!("{stage}: builds"));
        let found = Version::find(stage, built);
        let reason = if found.is_ok() { "does not start" } else { "does not build" };
        let tried = found.and_then(|version| versions::start(stage, version.program()).map(|_| version));
        self.bar.inc(1);
        let kinds: &[bool] = if stage == Stage::V06 { &[false, true] } else { &[false] };
        self.rows.extend(kinds.iter().map(|&kept| Row::empty(stage, kept, reason)));
        if let Some(version) = self.told(stage, tried) {
            self.versions.push(version);
        }
    }

    /// A value, or an error that is told: the version that it came from is named, and the rest goes on.
    fn told<T>(&mut self, stage: Stage, outcome: Result<T>) -> Option<T> {
        outcome
            .inspect_err(|error| {
                self.whole = false;
                self.bar.suspend(|| eprintln!("observe: {stage}: {error:#}"));
            })
            .ok()
    }

    /// The same as a cell of a table.
    fn measured<T>(&mut self, stage: Stage, outcome: Result<T>) -> Measured<T> {
        self.told(stage, outcome).ok_or_else(|| "failed".to_owned())
    }

    pub(super) fn measure_speed(&mut self) {
        if !self.has_wrk {
            self.rows.iter_mut().for_each(|row| row.speed = Err("no wrk".to_owned()));
            return;
        }
        for round in 1..=self.plan.rounds {
            for version in self.versions.clone() {
                self.bar.set_message(format!("{}: round {round} of {}", version.stage, self.plan.rounds));
                for place in 0..self.rows.len() {
                    let row = &self.rows[place];
                    let so_far = if round == 1 { Ok(Speed::default()) } else { row.speed.clone() };
                    if row.stage == version.stage
                        && let Ok(mut speed) = so_far
                    {
                        let outcome = one_round(&version, row.kept, self.plan.duration, &mut speed);
                        self.rows[place].speed = self.measured(version.stage, outcome.map(|()| speed));
                    }
                }
                self.bar.inc(1);
            }
        }
    }

    pub(super) fn measure_the_rest(&mut self) {
        for version in self.versions.clone() {
            let stage = version.stage;
            self.bar.set_message(format!("{stage}: slow clients"));
            let waiting = waiting::measure(&version, self.plan.limits);
            let waiting = self.measured(stage, waiting);
            self.bar.inc(1);
            self.bar.set_message(format!("{stage}: idle clients"));
            let idle = idle::measure(&version, self.plan.idle);
            let idle = self.measured(stage, idle);
            self.bar.inc(1);
            let size = self.measured(stage, size::measure(stage));
            self.bar.set_message(format!("{stage}: system calls"));
            for place in 0..self.rows.len() {
                if self.rows[place].stage == stage {
                    let calls = self.calls(&version, self.rows[place].kept);
                    let (waiting, idle, size) = (waiting.clone(), idle.clone(), size.clone());
                    self.rows[place] = Row { waiting, idle, size, calls, ..self.rows[place].clone() };
                }
            }
            self.bar.inc(1);
        }
    }

    /// What is known now, and whether nothing is missing.
    pub(super) fn finish(self) -> (Vec<Row>, bool) {
        self.bar.finish_and_clear();
        (self.rows, self.whole)
    }

    fn calls(&mut self, version: &Version, kept: bool) -> Measured<f64> {
        if !self.has_strace {
            return Err("no strace".to_owned());
        }
        let counted = Traced::start(version).and_then(|traced| traced.calls_per_request(self.plan.counted, kept));
        self.measured(version.stage, counted)
    }
}

/// Whether a tool is there; if not, what to do is told, and what follows.
fn told_if_missing(check: Result<()>, follows: &str) -> bool {
    check.inspect_err(|error| eprintln!("observe: {error:#}; until then {follows}")).is_ok()
}

/// A server of its own, and the loads of one round.
fn one_round(version: &Version, kept: bool, duration: Duration, speed: &mut Speed) -> Result<()> {
    let mut server = versions::start(version.stage, version.program())?;
    let outcome = put_loads(&server, kept, duration, speed);
    ensure!(server.is_running(), "it ended in the middle of the load");
    outcome
}

/// The load, and then the few connections by which the time of an answer is measured.
fn put_loads(server: &Server, kept: bool, duration: Duration, speed: &mut Speed) -> Result<()> {
    for _ in 0..WARM_UP {
        server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").map_err(versions::told)?;
    }
    let (many, cpu) = Load { connections: MANY, duration, kept, fields: &[] }.measure(server)?;
    let few = Load { connections: FEW, duration, kept, fields: &[] }.run(server.address())?;
    speed.add(many, cpu, few);
    Ok(())
}
