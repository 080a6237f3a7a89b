//! The source files of the versions, as lines, and what of them a lesson has to tell.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::file::File;

/// Files by their path from the root of the repository.
pub(super) type Files = BTreeMap<String, Vec<String>>;

/// The files of a version, without tests.
pub(super) fn version(root: &Path, version: &str) -> Result<Files> {
    folder(root, &format!("crates/{version}"))
}

/// The files of a package, by their path from `root`, without tests: not what is in folders and files of that name, nor
/// the modules of that name at the end of files.
///
/// # Errors
///
/// A file that can't be read.
pub fn folder(root: &Path, folder: &str) -> Result<BTreeMap<String, Vec<String>>> {
    let mut files = Files::new();
    for entry in fs::read_dir(root.join(folder)).with_context(|| format!("cannot read {folder}"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || ["target", "tests", "tests.rs"].contains(&name.as_str()) {
            continue;
        }
        let path = format!("{folder}/{name}");
        if entry.file_type()?.is_dir() {
            files.extend(self::folder(root, &path)?);
        } else {
            let mut file = read(root, &path)?;
            cut_tests(&mut file);
            files.insert(path, file);
        }
    }
    Ok(files)
}

/// A file's lines.
pub(super) fn read(root: &Path, path: &str) -> Result<Vec<String>> {
    let text = fs::read(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    Ok(lines(&String::from_utf8_lossy(&text)))
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

/// What a reader begins the first version with: the package that `cargo new` makes.
pub(super) fn first_package(version: &str, own: &Files) -> Vec<(String, File)> {
    let (manifest, main) = (format!("crates/{version}/Cargo.toml"), format!("crates/{version}/src/main.rs"));
    let lines = own.get(&manifest).cloned().unwrap_or_default();
    let told = told(&manifest, &lines);
    let is_kept = |(line, told): &(String, bool)| !told || line.starts_with('[');
    let lines = lines.into_iter().zip(told).filter(is_kept).map(|(line, _)| line).collect();
    let hello = ["fn main() {", "    println!(\"Hello, world!\");", "}"].map(str::to_owned);
    vec![(manifest, File::Old(lines)), (main, File::Old(hello.to_vec()))]
}

/// The manifest of the reader's package: it has a name of its own, and no tests, so no packages for them.
pub(super) fn readers_manifest(lines: &[String]) -> Vec<String> {
    let mut is_kept = true;
    let mut manifest = Vec::new();
    for line in lines {
        if line.starts_with('[') {
            is_kept = line != "[dev-dependencies]";
        }
        if is_kept {
            manifest.push(if line.starts_with("name = ") { "name = \"mine\"".to_owned() } else { line.clone() });
        }
    }
    manifest
}

/// Which lines of the file at `path` have to be told: all, but of a manifest only the dependencies.
pub fn told(path: &str, lines: &[String]) -> Vec<bool> {
    if !path.ends_with("/Cargo.toml") {
        return vec![true; lines.len()];
    }
    let mut inside = false;
    let mut tell = |line: &String| {
        if line.starts_with('[') {
            inside = line == "[dependencies]" || line == "[build-dependencies]";
        }
        inside && !line.is_empty()
    };
    lines.iter().map(&mut tell).collect()
}
