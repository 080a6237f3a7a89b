//! Makes the sources of a broken server: a version's own, with the edits that its table in `src/fault` lists. The build
//! scripts of the packages that have such a server share this.
//!
//! When the version has changed and the text of an edit is no longer there, the build says so.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::edit::{self, Edit};

/// Writes the sources of `version`, edited, to a folder of its name in OUT_DIR.
pub(crate) fn make(version: &str, edits: &[Edit]) -> io::Result<()> {
    let sources = Path::new("../../crates").join(version).join("src");
    println!("cargo:rerun-if-changed={}", sources.display());
    println!("cargo:rerun-if-changed=../broken/edit.rs");
    println!("cargo:rerun-if-changed=../broken/edits.rs");
    println!("cargo:rerun-if-changed=../broken/src/fault");
    let target = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?).join(version);
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    copy(&sources, &target)?;
    let (files, misfits) = edit::apply(&sources, edits);
    if !misfits.is_empty() {
        let misfits = misfits.iter().map(|(edit, why)| format!("{}: {version}'s {why}", edit.fault));
        return Err(io::Error::other(misfits.collect::<Vec<_>>().join("\n")));
    }
    for (file, text) in files {
        fs::write(target.join(file), text)?;
    }
    // The main file becomes a part of another one, which has a description of its own. The name stays the version's.
    let main = fs::read_to_string(target.join("main.rs"))?;
    let lines: Vec<_> = main.lines().filter(|line| !line.starts_with("//!")).collect();
    let name = format!("{version:?}");
    fs::write(target.join("main.rs"), lines.join("\n").replace("env!(\"CARGO_PKG_NAME\")", &name))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() { copy(&from, &to)? } else { fs::copy(&from, &to).map(drop)? }
    }
    Ok(())
}
