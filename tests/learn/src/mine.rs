//! The reader's package, `crates/mine`. It is changed as a whole, in one step, and what was there is kept.
//!
//! The new package is written beside it first, then the two change places (renameat2(2), RENAME_EXCHANGE). Whenever this
//! is interrupted, the reader's files are in `crates/mine` or in a folder below `kept`.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use book::code;
use book::replay::write_package;
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};

use crate::source::{Files, Source};

/// The folder and the name of the package.
pub const FOLDER: &str = "crates/mine";
pub const PACKAGE: &str = "mine";

/// The folder of the packages that were there before.
const KEPT: &str = "kept";

/// How the name of a package begins that is being written.
const NEW: &str = ".new-";

pub struct Mine {
    root: PathBuf,
}

impl Mine {
    /// The package in the repository at `root`.
    pub fn new(root: &Path) -> Mine {
        Mine { root: root.to_owned() }
    }

    pub fn folder(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    pub fn exists(&self) -> bool {
        self.folder().join("Cargo.toml").exists()
    }

    /// Its files; none if there is no package.
    ///
    /// # Errors
    ///
    /// A file that can't be read.
    pub fn read(&self) -> Result<Option<Files<Arc<Source>>>> {
        if !self.exists() {
            return Ok(None);
        }
        files(&self.root, FOLDER).map(Some)
    }

    /// Replaces it by a package of these files. Returns where the old one is kept, if there was one; `label` is a part of
    /// that name.
    ///
    /// # Errors
    ///
    /// Something can't be written or renamed. The old package is still there.
    pub fn replace(&self, package: &BTreeMap<String, String>, label: &str) -> Result<Option<PathBuf>> {
        let new = self.root.join(KEPT).join(format!("{NEW}{}", process::id()));
        write_package(&new, package)?;
        self.put(&new, label)
    }

    /// Replaces it by the package in a folder, which is copied.
    ///
    /// # Errors
    ///
    /// As `replace`.
    pub fn replace_by(&self, folder: &Path, label: &str) -> Result<Option<PathBuf>> {
        let new = self.root.join(KEPT).join(format!("{NEW}{}", process::id()));
        copy(folder, &new)?;
        self.put(&new, label)
    }

    fn put(&self, new: &Path, label: &str) -> Result<Option<PathBuf>> {
        let mine = self.folder();
        if !mine.exists() {
            fs::rename(new, &mine).with_context(|| format!("cannot make {}", mine.display()))?;
            return Ok(None);
        }
        match renameat2(AT_FDCWD, new, AT_FDCWD, &mine, RenameFlags::RENAME_EXCHANGE) {
            Ok(()) => self.keep(new, label).map(Some),
            // Not every file system can do it.
            Err(_) => {
                let kept = self.keep(&mine, label)?;
                fs::rename(new, &mine).with_context(|| format!("cannot make {}", mine.display()))?;
                Ok(Some(kept))
            }
        }
    }

    /// Renames a folder to the next free name below `kept`; returns that, from the root.
    fn keep(&self, folder: &Path, label: &str) -> Result<PathBuf> {
        let kept = self.root.join(KEPT);
        fs::create_dir_all(&kept).with_context(|| format!("cannot make {}", kept.display()))?;
        let mut number = self.kept()?.first().map_or(0, |(number, _)| *number);
        loop {
            number += 1;
            let name = format!("{number}-{label}");
            let to = kept.join(&name);
            match renameat2(AT_FDCWD, folder, AT_FDCWD, &to, RenameFlags::RENAME_NOREPLACE) {
                Ok(()) => return Ok(Path::new(KEPT).join(name)),
                Err(Errno::EEXIST) => {}
                Err(Errno::EINVAL) if !to.exists() => {
                    fs::rename(folder, &to)?;
                    return Ok(Path::new(KEPT).join(name));
                }
                Err(error) => bail!("cannot rename {} to {}: {error}", folder.display(), to.display()),
            }
        }
    }

    /// Gives packages that were left in the middle of a change a name. Returns them, from the root.
    ///
    /// # Errors
    ///
    /// Something can't be read or renamed.
    pub fn recover(&self) -> Result<Vec<PathBuf>> {
        let Ok(entries) = fs::read_dir(self.root.join(KEPT)) else { return Ok(Vec::new()) };
        let mut recovered = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(number) = name.strip_prefix(NEW) else { continue };
            if !Path::new("/proc").join(number).exists() {
                recovered.push(self.keep(&path, "interrupted")?);
            }
        }
        Ok(recovered)
    }

    /// The packages that are kept, the newest first.
    ///
    /// # Errors
    ///
    /// The folder is there and can't be read.
    pub fn kept(&self) -> Result<Vec<(usize, PathBuf)>> {
        let entries = match fs::read_dir(self.root.join(KEPT)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.context("cannot read the folder kept")?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if let Some(number) = name.split('-').next().and_then(|number| number.parse().ok()) {
                found.push((number, Path::new(KEPT).join(name)));
            }
        }
        found.sort();
        found.reverse();
        Ok(found)
    }
}

/// The files of a package that is kept, or of the reader's.
///
/// # Errors
///
/// A file that can't be read.
pub fn files(root: &Path, folder: &str) -> Result<Files<Arc<Source>>> {
    let files = code::folder(root, folder)?;
    let source = |(path, lines): (String, Vec<String>)| {
        let path = path.strip_prefix(&format!("{folder}/")).unwrap_or(&path).to_owned();
        let source = Source::new(&path, lines, 0);
        (path, source)
    };
    Ok(files.into_iter().map(source).collect())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &there)?;
        } else {
            fs::copy(entry.path(), &there).with_context(|| format!("cannot write {}", there.display()))?;
        }
    }
    Ok(())
}
