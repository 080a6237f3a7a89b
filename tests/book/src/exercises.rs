//! The exercises' solutions: patches in `lessons/exercises`, each applied to a copy of its version and tried.
//!
//! What a chapter asks for, and the case that tells whether it is done, are the tester's (`suite::exercises`). Here it is
//! held that the solutions fit: a `write` case fails without its patch and passes with it; with the patch of a `break` the
//! cases fail that the exercise names. `check` is cheap: it applies the patches and builds nothing.

mod trial;
mod workshop;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::{env, iter};

use anyhow::{Context, Result};
use suite::cargo::ROOT;
use suite::exercises::{Exercise, Task};

use crate::fault::Fault;
use crate::python;
use workshop::Workshop;

/// Where the solutions are.
const FOLDER: &str = "lessons/exercises";
/// The most lines that a solution may add: it is read in one sitting, and typed in another.
const MOST_WRITTEN: usize = 40;
/// The most lines that a break may add, and take away.
const MOST_BROKEN: usize = 5;

/// Applies each solution and tries it, and prints what came of it; whether all did what they should. With `whole`, all
/// other cases of its version are tried on each solution too.
///
/// # Errors
///
/// What has nothing to do with the exercises.
pub fn run(whole: bool) -> Result<bool> {
    let faults = check(Path::new(ROOT))?;
    faults.iter().for_each(|fault| println!("{fault}"));
    if !faults.is_empty() {
        return Ok(false);
    }
    let exe = fs::canonicalize(env::current_exe()?)?;
    let target = exe.parent().and_then(Path::parent).context("the program is in no target folder; use `cargo run`")?;
    let workshop = Workshop::open(&target.join("exercises"))?;
    let mut exercises: Vec<_> = Exercise::all().into_iter().filter(|exercise| exercise.patch().is_some()).collect();
    exercises.retain(|exercise| match python::lacks(exercise.version.name()) {
        Some(reason) => {
            println!("{} is not tried: {reason}", exercise.id);
            false
        }
        None => true,
    });
    let mut packages = BTreeSet::new();
    for exercise in &exercises {
        let (version, own) = (exercise.version.name(), package(exercise));
        workshop.put(version, version, None)?;
        workshop.put(&own, version, exercise.patch().as_deref())?;
        packages.extend([version.to_owned(), own]);
    }
    workshop.keep(&packages)?;
    workshop.build()?;
    Ok(trial::try_all(&workshop, &exercises, whole))
}

/// The package that an exercise's solution becomes: cargo takes no dot.
fn package(exercise: &Exercise) -> String {
    exercise.id.replace('.', "-")
}

/// Holds that each exercise has its solution, that there is none more, and that each fits its version and is small.
///
/// # Errors
///
/// What can't be read, and a missing git.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut files: BTreeSet<String> = match fs::read_dir(root.join(FOLDER)) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
        Err(_) => BTreeSet::new(),
    };
    for exercise in Exercise::all() {
        let Some(patch) = exercise.patch() else { continue };
        if !files.remove(&format!("{}.patch", exercise.id)) {
            faults.push(Fault::new(
                &patch,
                1,
                "there is no such file; it is the solution of an exercise in tests/suite/src/exercises",
            ));
            continue;
        }
        faults.extend(check_patch(root, &exercise, &patch)?);
    }
    let left = files.iter().map(|name| format!("{FOLDER}/{name}"));
    faults.extend(
        left.map(|path| Fault::new(&path, 1, "is the solution of no exercise; tests/suite/src/exercises has them")),
    );
    Ok(faults)
}

fn check_patch(root: &Path, exercise: &Exercise, path: &str) -> Result<Option<Fault>> {
    let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    let own = format!("crates/{}/", exercise.version);
    let is_own = |line: &&str| line.starts_with(&format!("--- a/{own}")) || line.starts_with(&format!("+++ b/{own}"));
    let heads = text.lines().filter(|line| line.starts_with("--- ") || line.starts_with("+++ "));
    if let Some(other) = heads.filter(|line| *line != "--- /dev/null").find(|line| !is_own(line)) {
        return Ok(Some(Fault::new(path, 1, format!("is to change files of {own} only; it has `{other}`"))));
    }
    let count = |sign: &str, head: &str| {
        let lines = text.lines().filter(|line| line.starts_with(sign) && !line.starts_with(head));
        lines.count()
    };
    let (added, removed) = (count("+", "+++ "), count("-", "--- "));
    let fits = match exercise.task {
        Task::Break { .. } => added <= MOST_BROKEN && removed <= MOST_BROKEN,
        _ => added <= MOST_WRITTEN,
    };
    if !fits {
        let most = if matches!(exercise.task, Task::Break { .. }) { MOST_BROKEN } else { MOST_WRITTEN };
        return Ok(Some(Fault::new(
            path,
            1,
            format!("+{added} -{removed} lines; at the most {most} for this exercise"),
        )));
    }
    let refusal = workshop::does_not_apply(root, &root.join(path))?;
    let remake = "make the change in a copy of the version and take `git diff --no-index` of the two";
    Ok(refusal
        .map(|why| Fault::new(path, 1, format!("does not fit crates/{} any more; {remake}: {why}", exercise.version))))
}

/// The lines of a text, indented.
fn indented(text: &str) -> String {
    iter::once("").chain(text.lines()).collect::<Vec<_>>().join("\n    ")
}
