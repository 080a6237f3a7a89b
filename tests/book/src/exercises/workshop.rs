//! The workshop: a small workspace below the target folder, with a copy of each version and of each with a solution
//! applied. A file is written only if it is another than the last time, so that cargo builds what has changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use suite::cargo::ROOT;
use toml::{Table, Value};

/// The copies, as packages of one workspace.
pub(super) struct Workshop {
    folder: PathBuf,
}

impl Workshop {
    /// Makes the workspace in `folder`, or finds it there.
    pub(super) fn open(folder: &Path) -> Result<Workshop> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let workshop = Workshop { folder: fs::canonicalize(folder)? };
        let mut manifest = read_table(&Path::new(ROOT).join("Cargo.toml"))?;
        let workspace =
            manifest.get_mut("workspace").and_then(Value::as_table_mut).context("the root is a workspace")?;
        workspace.insert("members".into(), Value::Array(vec![Value::String("crates/*".into())]));
        workspace.remove("default-members");
        workspace.remove("exclude");
        if let Some(dependencies) = workspace.get_mut("dependencies").and_then(Value::as_table_mut) {
            dependencies.remove("suite");
        }
        write(&workshop.folder.join("Cargo.toml"), manifest.to_string().as_bytes())?;
        write(&workshop.folder.join("Cargo.lock"), &read(&Path::new(ROOT).join("Cargo.lock"))?)?;
        Ok(workshop)
    }

    /// Puts a copy of `version` there as the package `name`, with a patch applied if one is given.
    pub(super) fn put(&self, name: &str, version: &str, patch: Option<&str>) -> Result<()> {
        let fresh = self.folder.join("fresh").join(name);
        remove(&fresh)?;
        let source = fresh.join("crates").join(version);
        let version = Path::new(ROOT).join("crates").join(version);
        copy(&version.join("src"), &source.join("src"))?;
        write(&source.join("Cargo.toml"), &read(&version.join("Cargo.toml"))?)?;
        if version.join("build.rs").exists() {
            write(&source.join("build.rs"), &read(&version.join("build.rs"))?)?;
        }
        if let Some(patch) = patch {
            let done = git_apply(&fresh, &Path::new(ROOT).join(patch), &[])?;
            done.map_or(Ok(()), |why| bail!("{patch} does not apply: {why}"))?;
        }
        let mut manifest = read_table(&source.join("Cargo.toml"))?;
        manifest.remove("dev-dependencies"); // The copies are without tests.
        if let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) {
            package.insert("name".into(), Value::String(name.into()));
        }
        write(&source.join("Cargo.toml"), manifest.to_string().as_bytes())?;
        self.renew(&source, &self.folder.join("crates").join(name))
    }

    /// Makes `place` hold what `source` holds.
    fn renew(&self, source: &Path, place: &Path) -> Result<()> {
        let (wanted, found) = (files(source)?, if place.is_dir() { files(place)? } else { BTreeSet::new() });
        for file in found.difference(&wanted) {
            fs::remove_file(place.join(file))?;
        }
        wanted.iter().try_for_each(|file| write(&place.join(file), &read(&source.join(file))?))
    }

    /// Removes all packages but these.
    pub(super) fn keep(&self, packages: &BTreeSet<String>) -> Result<()> {
        let folder = self.folder.join("crates");
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let entry = entry?;
            if !packages.contains(&*entry.file_name().to_string_lossy()) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    /// Builds all packages. With the repository's own settings: cargo looks for them from where it is started.
    pub(super) fn build(&self) -> Result<()> {
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--workspace", "--manifest-path"]).arg(self.folder.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(self.folder.join("target")).current_dir(ROOT);
        // Many small packages, none of which is debugged: a third of the time less.
        cargo.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
        // Its warnings are of no interest: a broken version has what it does not use.
        let output = cargo.output().context("cannot start cargo; is it in PATH?")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("a solution does not build; the copies are in {}:\n{said}", self.folder.display());
        }
        Ok(())
    }

    pub(super) fn executable(&self, package: &str) -> PathBuf {
        self.folder.join("target/debug").join(package)
    }
}

/// Why the patch does not apply to the workspace at `root`, if it does not.
pub(super) fn does_not_apply(root: &Path, patch: &Path) -> Result<Option<String>> {
    git_apply(root, patch, &["--check"])
}

/// Applies a patch to the files below `folder`; gives what git says if it does not fit.
fn git_apply(folder: &Path, patch: &Path, flags: &[&str]) -> Result<Option<String>> {
    let (folder, patch) = (fs::canonicalize(folder)?, fs::canonicalize(patch)?);
    let mut git = Command::new("git");
    // No repository: inside one git would look for the files from its root.
    git.env("GIT_CEILING_DIRECTORIES", folder.parent().unwrap_or(&folder)).env_remove("GIT_DIR");
    git.env_remove("GIT_INDEX_FILE").env_remove("GIT_WORK_TREE");
    git.arg("apply").args(flags).arg(patch).current_dir(&folder).stdin(Stdio::null());
    let output = git.output().context("cannot start git; is it in PATH?")?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok((!output.status.success()).then_some(said))
}

/// The files below `folder`, by their path in there.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?.iter().map(|file| name.join(file)));
        } else {
            found.insert(name);
        }
    }
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    files(from)?.iter().try_for_each(|file| write(&to.join(file), &read(&from.join(file))?))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_table(path: &Path) -> Result<Table> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse().with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file, unless it holds just that already.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(());
    }
    let folder = path.parent().context("a file is in a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
