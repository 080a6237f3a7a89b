//! The source files of the versions, as lines, and what of them a lesson has to tell.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Files by their path from the root of the repository.
pub(super) type Files = BTreeMap<String, Vec<String>>;

/// The manifest of a version and the files below its `src`, without unit tests.
pub(super) fn version(root: &Path, version: &str) -> Result<Files> {
    let mut files = Files::new();
    let folder = format!("crates/{version}");
    let manifest = format!("{folder}/Cargo.toml");
    files.insert(manifest.clone(), read(root, &manifest)?);
    add(root, &format!("{folder}/src"), &mut files)?;
    Ok(files)
}

fn add(root: &Path, folder: &str, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(root.join(folder)).with_context(|| format!("cannot read {folder}"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if name == "tests" || name == "tests.rs" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            add(root, &path, files)?;
        } else {
            let mut file = read(root, &path)?;
            cut_tests(&mut file);
            files.insert(path, file);
        }
    }
    Ok(())
}

/// A file's lines.
pub(super) fn read(root: &Path, path: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    Ok(lines(&text))
}

/// The lines of a text, without the empty ones at its ends.
pub(super) fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().skip_while(|line| line.is_empty()).map(str::to_owned).collect();
    trim_end(&mut lines);
    lines
}

fn trim_end(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}

/// Cuts a `#[cfg(test)] mod tests` off the end.
fn cut_tests(lines: &mut Vec<String>) {
    let Some(at) = lines.iter().rposition(|line| line == "#[cfg(test)]") else { return };
    if lines.get(at + 1).is_some_and(|line| line.starts_with("mod ")) {
        lines.truncate(at);
        trim_end(lines);
    }
}

/// Which lines of the file at `path` have to be told: all, but of a manifest only the dependencies.
pub(super) fn told(path: &str, lines: &[String]) -> Vec<bool> {
    if !path.ends_with("/Cargo.toml") {
        return vec![true; lines.len()];
    }
    let mut inside = false;
    let mut tell = |line: &String| {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        }
        inside && !line.is_empty()
    };
    lines.iter().map(&mut tell).collect()
}
