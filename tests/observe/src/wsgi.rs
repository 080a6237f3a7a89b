//! `observe wsgi`: how fast v07 is beside other WSGI servers, which run the same applications in the same Python.
//!
//! A virtual environment has the other servers (`python.rs`). For each comparison (`comparison.rs`) v07 and another server
//! run side by side, and the same load is put on them in turn, round by round (`rounds.rs`): only the ratios count, because
//! whatever else the machine did in a round is in both figures. `idle.rs` opens many connections and looks at the memory.
//! A server that isn't installed has a row that says so; the others are measured. `table.rs` shows it.

pub mod comparison;
mod idle;
pub mod python;
mod rounds;
pub mod table;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use suite::cargo;

use crate::costs::{load, row::Measured, seconds};
use crate::{machine, syscalls, versions};
use comparison::{COMPARISONS, Comparison};
use python::Environment;
use rounds::Rounds;
use table::{Page, Row};

#[derive(clap::Args)]
pub struct Arguments {
    /// How many rounds are measured
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// How long each load lasts
    #[arg(long, default_value_t = 2.0, value_parser = seconds)]
    seconds: f64,
    /// Where wsgi.md is written to
    #[arg(long, value_name = "FOLDER", default_value = versions::OBSERVED)]
    out: PathBuf,
}

/// What all comparisons have in common.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Of a load.
    pub(crate) duration: Duration,
    /// v07's executable.
    pub(crate) v07: PathBuf,
    pub(crate) python: Environment,
    pub(crate) bar: ProgressBar,
}

pub fn run(arguments: &Arguments) -> Result<bool> {
    let python = Environment::find()?;
    if COMPARISONS.iter().all(|one| !python.has(one.other.package)) {
        bail!("none of the other servers is installed. {}", python.advice());
    }
    load::check()?;
    let missing = python.missing();
    if !missing.is_empty() {
        eprintln!("observe: not installed: {}. {}", missing.join(", "), python.advice());
    }
    let plan = Plan::new(arguments, python)?;
    let rows: Vec<_> = COMPARISONS.iter().map(|one| Row { comparison: *one, rounds: plan.compare(one) }).collect();
    let idle = plan.measure_idle();
    plan.bar.finish_and_clear();
    let is_whole = rows.iter().all(|row| row.rounds.is_ok()) && idle.iter().all(|(_, bytes)| bytes.is_ok());
    let measured_on = format!("{}, {}", machine::description(), plan.python.versions());
    let page = Page { rows, idle, rounds: plan.rounds, duration: plan.duration }.text(&measured_on);
    print!("{page}");
    syscalls::write(&arguments.out, "wsgi.md", &page)?;
    Ok(is_whole)
}

impl Plan {
    /// Builds v07, in release and with the environment's Python, so that all servers run the same one.
    fn new(arguments: &Arguments, python: Environment) -> Result<Plan> {
        let folder = cargo::folder()?.with_file_name("release");
        cargo::build_with(&["v07"], &folder, &[("PYO3_PYTHON", &python.executable())])?;
        let rounds = usize::from(arguments.rounds);
        // On stderr, and hidden where that isn't a terminal.
        let bar = ProgressBar::new((COMPARISONS.len() * rounds) as u64);
        bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")?);
        let duration = Duration::from_secs_f64(arguments.seconds);
        Ok(Plan { rounds, duration, v07: folder.join("v07"), python, bar })
    }

    fn compare(&self, one: &Comparison) -> Measured<Rounds> {
        let name = format!("{} against {}", one.application, one.other.name);
        self.measured(&name, one.packages(), || rounds::measure(self, one))
    }

    /// The bytes of memory for an idle connection: v07's and bjoern's.
    fn measure_idle(&self) -> [(&'static str, Measured<f64>); 2] {
        let hello = COMPARISONS[0];
        let v07 = || idle::measure(&comparison::start_v07(self, &hello)?);
        let other = || idle::measure(&comparison::start_other(self, &hello)?);
        [
            ("v07", self.measured("v07's idle connections", [], v07)),
            (hello.other.name, self.measured("bjoern's idle connections", hello.packages(), other)),
        ]
    }

    /// Measures unless a package is missing. What goes wrong is reported on stderr, and its cells say that it failed.
    fn measured<T>(
        &self,
        name: &str,
        packages: impl IntoIterator<Item = &'static str>,
        measure: impl FnOnce() -> Result<T>,
    ) -> Measured<T> {
        self.bar.set_message(name.to_owned());
        if let Some(package) = packages.into_iter().find(|package| !self.python.has(package)) {
            return Err(format!("{package} isn't installed"));
        }
        measure().map_err(|error| {
            self.bar.suspend(|| eprintln!("observe: {name}: {error:#}"));
            "failed".to_owned()
        })
    }
}
