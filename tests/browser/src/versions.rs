//! The versions that have the page: built, and started as servers.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::Result;
use suite::cargo;
use suite::program::Program;
use suite::stage::Stage;

/// The versions that have the application `site`.
pub const VERSIONS: [Stage; 4] = [Stage::V03, Stage::V04, Stage::V05, Stage::V06];

/// How many workers v06 is given: few, whatever the machine.
pub const WORKERS: usize = 2;

/// How to start a version. The first call in a process builds all of them.
pub fn program(version: Stage) -> Program {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| build().expect("the versions can be built"));
    Program::new([folder.join(version.name())]).knob("WORKERS", &WORKERS.to_string())
}

/// Builds the versions as the running test was, and says in which folder they are then.
fn build() -> Result<PathBuf> {
    let folder = cargo::folder()?;
    cargo::build(&VERSIONS.map(Stage::name), &folder)?;
    Ok(folder)
}
