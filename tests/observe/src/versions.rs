//! The versions: built, and started as servers.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use suite::program::Program;
use suite::stage::Stage;

/// The root of the workspace.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A version and its executable.
#[derive(Clone, Debug)]
pub struct Version {
    pub stage: Stage,
    pub executable: PathBuf,
}

impl Version {
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
