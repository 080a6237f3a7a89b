//! The versions: built, and started as servers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail};
use suite::bench::Bench;
use suite::case::Stop;
use suite::program::Program;
use suite::server::Server;
use suite::stage::Stage;

/// The root of the workspace.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
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
            None => Version::build(stage, env::current_exe()?.parent().context("this program is in no folder")?),
        }
    }

    /// Builds it into `folder`, such as `target/release`, in that folder's profile.
    pub fn build(stage: Stage, folder: &Path) -> Result<Version> {
        let target = folder.parent().context("the executable is in no target folder; start it with `cargo run`")?;
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "-p", stage.name(), "--target-dir"]).arg(target).current_dir(ROOT);
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        if !cargo.status().context("cannot start cargo; is it in PATH?")?.success() {
            bail!("{stage} does not build; what cargo said stands above");
        }
        Ok(Version { stage, executable: folder.join(stage.name()) })
    }

    /// How to start it. `Bench::start` does, and gives a `Server`.
    pub fn program(&self) -> Program {
        Program::new([&self.executable])
    }
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
