//! The versions: built, and started as servers.

use std::path::{Path, PathBuf};
pub use suite::cargo::ROOT;

use anyhow::{Result, anyhow};
use suite::bench::Bench;
use suite::cargo;
use suite::case::Stop;
use suite::program::Program;
use suite::server::Server;
use suite::stage::Stage;

/// Where the book looks for what was observed.
pub const OBSERVED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../lessons/observed");

/// A version and its executable.
#[derive(Clone, Debug)]
pub struct Version {
    pub stage: Stage,
    pub executable: PathBuf,
}

impl Version {
    /// The executable in `built`; without that, it is built beside this program.
    pub fn find(stage: Stage, built: Option<&Path>) -> Result<Version> {
        match built {
            Some(folder) => Ok(Version { stage, executable: folder.join(stage.name()) }),
            None => Version::build(stage, &cargo::folder()?),
        }
    }

    /// Builds it into `folder`, such as `target/release`, in that folder's profile.
    pub fn build(stage: Stage, folder: &Path) -> Result<Version> {
        cargo::build(&[stage.name()], folder)?;
        Ok(Version { stage, executable: folder.join(stage.name()) })
    }

    /// How to start it. `Bench::start` does, and gives a `Server`.
    pub fn program(&self) -> Program {
        Program::new([&self.executable])
    }
}

/// The version of this name. v07 isn't observed: it can't be built everywhere.
pub fn named(name: &str) -> Result<Stage, String> {
    let known = Stage::WITHOUT_PYTHON;
    let found = known.into_iter().find(|stage| stage.name() == name);
    found.ok_or_else(|| format!("say one of {}", known.map(Stage::name).join(", ")))
}

/// Starts a version, with the application `hello` where it has applications, and without a line for each request.
pub fn start(stage: Stage, program: Program) -> Result<Server> {
    let program = if stage >= Stage::V03 { program.application("hello") } else { program }.knob("LOG", "off");
    Bench::new(&program).start(&program).map_err(told)
}

/// What went wrong with a server, as an error.
pub fn told(stop: Stop) -> anyhow::Error {
    match stop {
        Stop::Failed(failure) => anyhow!("expected: {}; came: {}", failure.expected, failure.came),
        Stop::NotStarted(reason) | Stop::Skipped(reason) => anyhow!(reason),
    }
}
