//! Carries a change from one version to the later ones: `cargo run -p suite -- carry v02`.
//!
//! What carries is what the working tree changed below `crates/v02/src` since HEAD, and it travels step by step: from
//! v02 to v03, from v03 as it then stands to v04, and so on to the last. Each step is a three-way merge for each file:
//!
//! - base: the file of the version before, at HEAD;
//! - theirs: the file of the version before, as it stands;
//! - ours: the file of this version, as it stands.
//!
//! Only `src` is carried: a manifest and the line of tests name their version.
//!
//! A version that has a conflict ends the carrying: its other files are carried, the conflict is left in the file
//! between markers, and later versions stay as they are. Mended, that version holds the whole change, and so the
//! carrying goes on from there: `carry v03`. The same command again finds everything done and changes nothing.
//!
//! `pending` only says what is left to carry. This file refuses what can't be carried and walks the versions;
//! `carry/step.rs` settles the files of one version; `carry/repository.rs` asks git. Sources: git-merge-file(1).

mod repository;
mod step;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use repository::{Files, Repository};
use step::{Conflict, Step};

/// Carries what changed in `version` since HEAD to the later versions of the workspace at `root`, and writes a line
/// to `out` for each version and file.
///
/// # Errors
///
/// A conflict, which the error tells how to mend; and before anything is written: no such version, or none after it;
/// no repository or no commit; a version that HEAD does not have; nothing changed; markers of a conflict not mended.
pub fn run(root: &Path, version: &str, out: &mut impl Write) -> Result<()> {
    let versions = versions(root)?;
    let Some(at) = versions.iter().position(|known| known == version) else {
        bail!("there is no version {version}; give one of {}", versions.join(", "));
    };
    let ladder = &versions[at..];
    if ladder.len() == 1 {
        bail!("{version} is the last version: there is none to carry its changes to");
    }
    let repository = Repository::open(root)?;
    for version in ladder {
        if repository.at_head(version)?.is_empty() {
            bail!("HEAD has no crates/{version}/src, so nothing tells what has changed there; commit it first");
        }
    }
    for version in ladder {
        refuse_markers(version, &repository.as_they_stand(version)?, ladder)?;
    }
    let mut files = changed(&repository.at_head(version)?, &repository.as_they_stand(version)?);
    if files.is_empty() {
        bail!(
            "nothing changed in crates/{version}/src since HEAD, so there is nothing to carry \
             (a change that is committed already: take the commit back by `git reset --soft HEAD~1`, carry, commit)"
        );
    }
    for pair in ladder.windows(2) {
        let step = Step { repository: &repository, before: &pair[0], version: &pair[1] };
        let conflicts = step.carry(&mut files, out)?;
        if !conflicts.is_empty() {
            bail!("{}", advice(step.version, &conflicts, ladder));
        }
    }
    Ok(())
}

/// A change since HEAD that a later version doesn't have yet, though carrying would bring it there.
#[derive(Debug, PartialEq, Eq)]
pub struct Pending {
    /// The version that has the change, and the one after it.
    pub from: String,
    pub to: String,
    /// The file, below their `src`.
    pub file: String,
}

/// What is left to carry in the workspace at `root`, in the order of the versions. Nothing is written. A conflict that
/// is settled in the later version's file, in whatever way, counts as carried.
///
/// # Errors
///
/// No repository or no commit; a file that can't be read.
pub fn pending(root: &Path) -> Result<Vec<Pending>> {
    let versions = versions(root)?;
    let repository = Repository::open(root)?;
    let mut pending = Vec::new();
    for pair in versions.windows(2) {
        let head = repository.at_head(&pair[0])?;
        let files = changed(&head, &repository.as_they_stand(&pair[0])?);
        if head.is_empty() || files.is_empty() || repository.at_head(&pair[1])?.is_empty() {
            continue;
        }
        let step = Step { repository: &repository, before: &pair[0], version: &pair[1] };
        let left = step.left(&files)?;
        pending.extend(left.into_iter().map(|file| Pending { from: pair[0].clone(), to: pair[1].clone(), file }));
    }
    Ok(pending)
}

/// Where conflicts are not settled in the versions of the workspace at `root`: the version, and the path and line of the
/// first marker in each file.
///
/// # Errors
///
/// No repository or no commit; a file that can't be read.
pub fn unsettled(root: &Path) -> Result<Vec<(String, String)>> {
    let repository = Repository::open(root)?;
    let mut unsettled = Vec::new();
    for version in versions(root)? {
        let found = markers(&version, &repository.as_they_stand(&version)?);
        unsettled.extend(found.into_iter().map(|place| (version.clone(), place)));
    }
    Ok(unsettled)
}

/// The versions of the workspace in their order: the folders `crates/vNN`.
fn versions(root: &Path) -> Result<Vec<String>> {
    let crates = root.join("crates");
    let entries = fs::read_dir(&crates).with_context(|| format!("cannot read {}", crates.display()))?;
    let mut versions = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.strip_prefix('v').is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        {
            versions.push(name);
        }
    }
    versions.sort();
    Ok(versions)
}

fn changed(head: &Files, tree: &Files) -> BTreeSet<String> {
    head.keys().chain(tree.keys()).filter(|file| head.get(*file) != tree.get(*file)).cloned().collect()
}

/// A marker that is left would be carried on like any other line.
fn refuse_markers(version: &str, files: &Files, ladder: &[String]) -> Result<()> {
    if let Some(place) = markers(version, files).first() {
        bail!("{place} is the marker of a conflict; mend it; {}", going_on(version, ladder));
    }
    Ok(())
}

/// The path and line of the first marker in each file that has one.
fn markers(version: &str, files: &Files) -> Vec<String> {
    let is_marker = |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
    let found = files.iter().filter_map(|(file, text)| {
        let at = text.split(|&byte| byte == b'\n').position(is_marker)?;
        Some(format!("{}:{}", Repository::path(version, file), at + 1))
    });
    found.collect()
}

/// What to do about the `conflicts` of `version`.
fn advice(version: &str, conflicts: &[Conflict], ladder: &[String]) -> String {
    let mut text = format!("{version} has a conflict; mend it:\n");
    for Conflict { path, mending } in conflicts {
        text += &format!("  {path}: {mending}\n");
    }
    text + &going_on(version, ladder)
}

/// What to do once `version` is mended.
fn going_on(version: &str, ladder: &[String]) -> String {
    if ladder.last().is_some_and(|last| last == version) {
        format!("{version} is the last version: nothing is left to carry then")
    } else {
        format!("then go on with: {}", command(version))
    }
}

fn command(version: &str) -> String {
    format!("cargo run -p suite -- carry {version}")
}
