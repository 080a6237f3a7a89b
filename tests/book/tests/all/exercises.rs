//! The exercises' solutions fit their versions. (Whether they do what they should, `cargo run -p book -- exercises` tries.)

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::Result;
use book::exercises::check;
use suite::cargo::ROOT;

#[test]
fn each_exercise_has_a_solution_that_applies() -> Result<()> {
    let faults: Vec<_> = check(Path::new(ROOT))?.iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    Ok(())
}

/// A tree with the versions' sources and the solutions, changed by `change`, and what is wrong with it.
fn faults_of(name: &str, change: impl FnOnce(&Path) -> Result<()>) -> Result<String> {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    for folder in ["crates", "lessons/exercises"] {
        copy(&Path::new(ROOT).join(folder), &root.join(folder))?;
    }
    change(&root)?;
    Ok(check(&root)?.iter().map(|fault| format!("{fault}\n")).collect())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            fs::write(place, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

#[track_caller]
fn says(faults: &str, words: &[&str]) {
    for word in words {
        assert!(faults.contains(word), "{word:?} is not in:\n{faults}");
    }
}

#[test]
fn a_solution_that_does_not_fit_any_more_is_told() -> Result<()> {
    let faults = faults_of("does_not_fit", |root| {
        let path = root.join("crates/v04/src/server.rs");
        let text = fs::read_to_string(&path)?;
        Ok(fs::write(path, text.replace("drop(listener);", "mem::drop(listener);"))?)
    })?;
    says(&faults, &["lessons/exercises/v04.3.patch:1: does not fit crates/v04 any more", "server.rs"]);
    assert!(!faults.contains("v05"), "{faults}");
    Ok(())
}

#[test]
fn a_missing_solution_is_told() -> Result<()> {
    let faults = faults_of("missing", |root| Ok(fs::remove_file(root.join("lessons/exercises/v01.2.patch"))?))?;
    says(&faults, &["lessons/exercises/v01.2.patch:1: there is no such file"]);
    Ok(())
}

#[test]
fn a_solution_without_an_exercise_is_told() -> Result<()> {
    let faults = faults_of("left_over", |root| Ok(fs::write(root.join("lessons/exercises/v09.2.patch"), "")?))?;
    says(&faults, &["lessons/exercises/v09.2.patch:1: is the solution of no exercise"]);
    Ok(())
}

#[test]
fn a_solution_that_changes_another_version_is_told() -> Result<()> {
    let faults = faults_of("another", |root| {
        let path = root.join("lessons/exercises/v05.3.patch");
        let text = fs::read_to_string(&path)?;
        Ok(fs::write(path, text.replace("crates/v05", "crates/v06"))?)
    })?;
    says(
        &faults,
        &["lessons/exercises/v05.3.patch:1: is to change files of crates/v05/ only", "crates/v06/src/children.rs"],
    );
    Ok(())
}

#[test]
fn a_break_that_is_too_large_is_told() -> Result<()> {
    let faults = faults_of("too_large", |root| {
        let exercises = root.join("lessons/exercises");
        Ok(fs::copy(exercises.join("v04.2.patch"), exercises.join("v04.3.patch")).map(drop)?)
    })?;
    says(&faults, &["lessons/exercises/v04.3.patch:1: +", "at the most 5"]);
    Ok(())
}
