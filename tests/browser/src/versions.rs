//! The versions that have the page: built, and started as servers.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use suite::program::Program;
use suite::stage::Stage;

/// The versions that have the application `site`.
pub const VERSIONS: [Stage; 4] = [Stage::V03, Stage::V04, Stage::V05, Stage::V06];

/// How many workers v06 is given: few, whatever the machine.
pub const WORKERS: usize = 2;

/// The root of the workspace.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// How to start a version. The first call in a process builds all of them.
pub fn program(version: Stage) -> Program {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| build().expect("the versions can be built"));
    Program::new([folder.join(version.name())]).knob("WORKERS", &WORKERS.to_string())
}

/// Builds the versions as the running test was, and says in which folder they are then.
fn build() -> Result<PathBuf> {
    let test = env::current_exe().context("the test does not know its own file")?;
    let folder = test.ancestors().nth(2).context("the test is in no target folder; run it with cargo")?;
    let target = folder.parent().context("the test is in no target folder; run it with cargo")?;
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--target-dir"]).arg(target).current_dir(Path::new(ROOT));
    cargo.args(VERSIONS.iter().flat_map(|version| ["-p", version.name()]));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    if !cargo.status().context("cannot start cargo; is it in PATH?")?.success() {
        bail!("a version does not build; what cargo said stands above");
    }
    Ok(folder.to_owned())
}
