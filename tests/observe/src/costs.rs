//! `observe costs`: what each version costs, measured under the same load.
//!
//! Speed is measured in rounds, each version once in each, so that a busy minute of the machine is in all of them
//! (`load.rs`, `usage.rs`). The rest is measured once: how long a quick client waits behind slow ones (`waiting.rs`),
//! what idle clients take (`idle.rs`), system calls (`syscalls/tracer.rs`), the size of the source (`size.rs`).
//! `table.rs` and `chart.rs` show it.

pub mod chart;
pub mod figures;
pub mod idle;
pub mod load;
pub mod row;
pub mod size;
pub mod table;
pub mod usage;
pub mod waiting;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use suite::stage::Stage;

use crate::{machine, syscalls, versions};
use waiting::Limits;
use work::Work;

#[derive(clap::Args)]
pub struct Arguments {
    /// How many rounds are measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// How long each load lasts
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    seconds: f64,
    /// Measures these versions only, such as v01,v03
    #[arg(long, value_delimiter = ',', value_name = "VERSION", value_parser = versions::named)]
    only: Vec<Stage>,
    /// One short round: to see that it works
    #[arg(long)]
    quick: bool,
    /// Where costs.md and costs.svg are written to
    #[arg(long, value_name = "FOLDER", default_value = versions::OBSERVED)]
    out: PathBuf,
    /// Takes the executables from this folder instead of building them
    #[arg(long, value_name = "FOLDER")]
    built: Option<PathBuf>,
}

pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=60.0).contains(&seconds) => Ok(seconds),
        _ => Err("say a number of seconds from 0.1 to 60".to_owned()),
    }
}

/// What is to be measured.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// Of a load.
    pub duration: Duration,
    /// How many idle clients there are.
    pub idle: usize,
    pub limits: Limits,
    /// By how many requests system calls are counted.
    pub counted: usize,
}

impl Plan {
    fn new(arguments: &Arguments) -> Plan {
        let (timeout, patience) = if arguments.quick { (50, 1000) } else { (1000, 10_000) };
        Plan {
            rounds: if arguments.quick { 1 } else { arguments.rounds.into() },
            duration: Duration::from_secs_f64(if arguments.quick { 0.1 } else { arguments.seconds }),
            idle: 200,
            limits: Limits { timeout: Duration::from_millis(timeout), patience: Duration::from_millis(patience) },
            counted: if arguments.quick { 3 } else { 20 },
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<bool> {
    let stages: Vec<_> = Stage::WITHOUT_PYTHON.into_iter().filter(|stage| chosen(*stage, &arguments.only)).collect();
    let plan = Plan::new(arguments);
    let mut work = Work::new(plan, stages.len())?;
    for stage in stages {
        work.begin(stage, arguments.built.as_deref());
    }
    work.measure_speed();
    work.measure_the_rest();
    let (rows, whole) = work.finish();
    let page = table::page(&rows, &plan, &machine::description());
    print!("{page}");
    syscalls::write(&arguments.out, "costs.md", &page)?;
    syscalls::write(&arguments.out, "costs.svg", &chart::chart(&rows, &plan))?;
    Ok(whole)
}

fn chosen(stage: Stage, only: &[Stage]) -> bool {
    only.is_empty() || only.contains(&stage)
}
