//! What is known of each version: measured, or why it is not.

use crate::costs::figures::Spread;
use crate::costs::idle::Idle;
use crate::costs::load::Seen;
use crate::costs::size::Size;
use crate::costs::waiting::Wait;
use suite::stage::Stage;

/// A measured value, or in a word or two why there is none.
pub type Measured<T> = Result<T, String>;

/// A version under one kind of load.
#[derive(Clone, Debug)]
pub struct Row {
    pub stage: Stage,
    /// Whether its clients keep their connections for the next request.
    pub kept: bool,
    pub speed: Measured<Speed>,
    pub waiting: Measured<Wait>,
    pub idle: Measured<Idle>,
    /// System calls a request.
    pub calls: Measured<f64>,
    pub size: Measured<Size>,
}

/// What the rounds gave.
#[derive(Clone, Debug, Default)]
pub struct Speed {
    pub per_second: Vec<f64>,
    /// Microseconds of processor time a request.
    pub cpu: Vec<f64>,
    /// Milliseconds.
    pub p50: Vec<f64>,
    pub p99: Vec<f64>,
    /// Requests that failed.
    pub failures: u64,
}

impl Speed {
    /// Adds a round: what wrk saw with many connections, the processor time for one request, and what it saw with few.
    pub fn add(&mut self, many: Seen, cpu: f64, few: Seen) {
        self.per_second.push(many.per_second);
        self.cpu.push(cpu);
        self.p50.push(few.p50);
        self.p99.push(few.p99);
        self.failures += many.failures + few.failures;
    }
}

impl Row {
    /// A row of which nothing is known but the reason.
    pub fn empty(stage: Stage, kept: bool, reason: &str) -> Row {
        let reason = reason.to_owned();
        Row {
            stage,
            kept,
            speed: Err(reason.clone()),
            waiting: Err(reason.clone()),
            idle: Err(reason.clone()),
            calls: Err(reason.clone()),
            size: Err(reason),
        }
    }

    /// As it is called in tables.
    pub fn name(&self) -> String {
        if self.kept { format!("{}, kept open", self.stage) } else { self.stage.to_string() }
    }

    /// How a figure of this version compares with v01's, which stands in `rows` too.
    pub fn ratio(&self, rows: &[Row], figure: fn(&Speed) -> &[f64]) -> Measured<Spread> {
        let speed = self.speed.as_ref().map_err(Clone::clone)?;
        let first = rows.iter().find(|row| row.stage == Stage::V01).and_then(|row| row.speed.as_ref().ok());
        let others = first.ok_or("v01 is missing")?;
        Spread::of_ratios(figure(speed), figure(others)).ok_or_else(|| "no round".to_owned())
    }
}
