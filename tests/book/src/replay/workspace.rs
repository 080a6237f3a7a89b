//! A workspace with the reader's package, and the repository's files around it.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// The name of the reader's package.
pub(super) const PACKAGE: &str = "mine";

pub(super) struct Workspace {
    root: PathBuf,
    lane: usize,
    shared: String,
}

impl Workspace {
    /// In the target folder of the repository. What is built goes to a folder of its own, which stays for the next time; cargo
    /// finds the repository's `.cargo` there too. `lane` tells apart those that are used at the same time.
    pub(super) fn new(repository: &Path, lane: usize) -> Result<Workspace> {
        let root = repository.join(format!("target/replay/{lane}"));
        let target = repository.join(format!("target/replayed/{lane}"));
        fs::create_dir_all(&target).with_context(|| format!("cannot make {}", target.display()))?;
        remove(&root)?; // A link may lead to what is gone.
        fs::create_dir_all(root.join("crates")).with_context(|| format!("cannot make {}", root.display()))?;
        for (folder, own) in [("", &["crates", "target", ".git", ".cargo", "Cargo.lock"][..]), ("crates", &[PACKAGE])] {
            for entry in fs::read_dir(repository.join(folder))? {
                let entry = entry?;
                if !own.iter().any(|name| entry.file_name() == *name) {
                    link(&entry.path(), &root.join(folder).join(entry.file_name()))?;
                }
            }
        }
        link(&target, &root.join("target"))?;
        // Cargo adds the package to it.
        if repository.join("Cargo.lock").exists() {
            fs::copy(repository.join("Cargo.lock"), root.join("Cargo.lock"))?;
        }
        Ok(Workspace { root, lane, shared: repository.join("target").to_string_lossy().into_owned() })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The variable that has cargo share what all workspaces need with the repository, and its value.
    pub(super) fn shares(&self) -> (&'static str, &str) {
        ("CARGO_BUILD_BUILD_DIR", &self.shared)
    }

    /// Puts these files in the place of the package.
    pub(super) fn put(&self, files: &BTreeMap<String, String>) -> Result<()> {
        let folder = self.root.join("crates").join(PACKAGE);
        remove(&folder)?;
        // To cargo the packages of two lanes are the same one, unless their versions differ.
        let version = format!("\nversion = \"0.0.{}\"", self.lane);
        let manifest = files.get("Cargo.toml").map(|text| text.replace("\nversion.workspace = true", &version));
        let mut files = files.clone();
        files.extend(manifest.map(|text| ("Cargo.toml".to_owned(), text)));
        write_package(&folder, &files)
    }
}

/// Removes a folder, if it is there. What links in it lead to stays.
fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn link(there: &Path, here: &Path) -> Result<()> {
    symlink(there, here).with_context(|| format!("cannot link {}", here.display()))
}

/// Writes these files, in the form of rustfmt where that is there.
pub fn write_package(folder: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    for (path, text) in files {
        let path = folder.join(path);
        let parent = path.parent().context("a file is in a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let rust = files.keys().filter(|path| path.ends_with(".rs")).map(|path| folder.join(path));
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--edition", "2024", "--config", "skip_children=true"]).args(rust);
    let _ = rustfmt.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    Ok(())
}
