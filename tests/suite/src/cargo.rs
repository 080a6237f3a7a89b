//! The versions as executables: built with cargo, beside the program or test that asks for them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The root of the workspace.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Where cargo puts the executables of the profile that this program was built in, such as `target/debug`. A test lies in
/// `deps` below it.
pub fn folder() -> Result<PathBuf> {
    let executable = env::current_exe()?.canonicalize()?;
    let folder = executable.parent().context("the executable is in no folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    Ok(folder.to_owned())
}

/// Builds these packages into `folder`, such as `target/release`, in that folder's profile. What cargo says goes to
/// stderr.
pub fn build(packages: &[&str], folder: &Path) -> Result<()> {
    build_with(packages, folder, &[])
}

/// The same with these environment variables.
pub fn build_with(packages: &[&str], folder: &Path, variables: &[(&str, &Path)]) -> Result<()> {
    if packages.is_empty() {
        return Ok(()); // cargo would build all there are.
    }
    let target = folder.parent().context("the executable is in no target folder; start it with cargo")?;
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--target-dir"]).arg(target).current_dir(ROOT);
    cargo.envs(variables.iter().copied());
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.args(packages.iter().flat_map(|package| ["-p", package]));
    if !cargo.status().context("cannot start cargo; is it in PATH?")?.success() {
        bail!("{} can't be built; what cargo said stands above", packages.join(", "));
    }
    Ok(())
}
