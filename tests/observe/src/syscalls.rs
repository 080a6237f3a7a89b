//! `observe syscalls`: the system calls of one request, each with a few words that say what it does.
//!
//! The server runs under strace (`tracer.rs`). What that writes is read (`trace.rs`), explained (`explanation.rs`), and
//! told, a section for each process (`page.rs`).

pub mod explanation;
pub mod page;
pub mod trace;
pub mod tracer;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, anyhow};
use suite::stage::Stage;

use crate::machine;
use crate::versions::{self, Version};
use tracer::Traced;

/// How many requests are traced; the shortest trace is shown. In v06 a timer can come in between.
const ATTEMPTS: usize = 3;

#[derive(clap::Args)]
pub struct Arguments {
    /// v01 to v06, or all
    version: Which,
    /// Where the pages are written to
    #[arg(long, value_name = "FOLDER", default_value = versions::OBSERVED)]
    out: PathBuf,
    /// Takes the executables from this folder instead of building them
    #[arg(long, value_name = "FOLDER")]
    built: Option<PathBuf>,
}

/// One version, or all.
#[derive(Clone)]
struct Which(Vec<Stage>);

impl FromStr for Which {
    type Err = String;

    fn from_str(name: &str) -> Result<Which, String> {
        if name == "all" {
            return Ok(Which(Stage::WITHOUT_PYTHON.into()));
        }
        versions::named(name).map(|stage| Which(vec![stage])).map_err(|words| format!("{words}, or all"))
    }
}

pub fn run(arguments: &Arguments) -> Result<bool> {
    tracer::check()?;
    let mut whole = true;
    for &stage in &arguments.version.0 {
        if let Err(error) = observe(stage, arguments) {
            eprintln!("observe: {stage}: {error:#}");
            whole = false;
        }
    }
    Ok(whole)
}

fn observe(stage: Stage, arguments: &Arguments) -> Result<()> {
    let version = Version::find(stage, arguments.built.as_deref())?;
    let text = shortest(&version)?;
    print!("{text}");
    write(&arguments.out, &format!("syscalls-{stage}.md"), &text)
}

/// The page of a version.
fn shortest(version: &Version) -> Result<String> {
    let traced = Traced::start(version)?;
    let mut traces = Vec::new();
    for _ in 0..ATTEMPTS {
        traces.push(traced.request()?);
    }
    let trace = traces.into_iter().min_by_key(trace::Trace::count).context("no trace")?;
    let first = traced.first().context("strace shows no process")?;
    page::page(version.stage, &trace, first, &machine::description()).map_err(|error| anyhow!(error))
}

/// Writes a file of what was observed.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let file = folder.join(name);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, text))
        .with_context(|| format!("cannot write {}", file.display()))
}
