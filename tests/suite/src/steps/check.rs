//! Holds the versions of a workspace to their declared steps.
//!
//! Each version's files are compared with those of the version before, name by name, and its manifest with the
//! declared packages. All that is not as declared is told, each with the command that shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use toml::Table;

use super::{Growth, Step};

/// Where the reader types along, below `crates`: no version.
const MINE: &str = "mine";

/// The files below a version's `src`, by their path in there.
type Files = BTreeMap<String, Vec<u8>>;

/// Holds the versions of the workspace at `root` against `steps`, and returns a line for each thing that is not as
/// declared. Declared versions that are not there yet are left out, from the end.
///
/// # Errors
///
/// A file or a manifest that can't be read.
pub fn check(root: &Path, steps: &[Step]) -> Result<Vec<String>> {
    let crates = root.join("crates");
    let mut faults = Vec::new();
    for entry in fs::read_dir(&crates).with_context(|| format!("cannot read {}", crates.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name == MINE {
            continue;
        }
        if !steps.iter().any(|step| step.version == name) {
            faults.push(format!("crates/{name} is declared by no step; declare it in tests/suite/src/steps.rs"));
        }
    }
    let there = |step: &Step| crates.join(step.version).join("src").is_dir();
    let count = steps.iter().rposition(there).map_or(0, |last| last + 1);
    let mut before = ("", Files::new());
    for step in &steps[..count] {
        let folder = crates.join(step.version);
        if !there(step) {
            faults.push(format!("crates/{}/src is not there, but a later version is", step.version));
            continue;
        }
        let mut files = Files::new();
        read(&folder.join("src"), "", &mut files)?;
        let check = Check { step, before: before.0, old: &before.1, new: &files };
        check.files(&mut faults);
        check.packages(&folder, &mut faults)?;
        before = (step.version, files);
    }
    Ok(faults)
}

fn read(folder: &Path, prefix: &str, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let text = fs::read(entry.path()).with_context(|| format!("cannot read {}", entry.path().display()))?;
            files.insert(name, text);
        }
    }
    Ok(())
}

/// One step, and the files before and after it.
struct Check<'a> {
    step: &'a Step<'a>,
    before: &'a str,
    old: &'a Files,
    new: &'a Files,
}

impl Check<'_> {
    fn files(&self, faults: &mut Vec<String>) {
        for file in self.names() {
            if let Some(fault) = self.file(file) {
                faults.push(format!("{} {file}: {fault}; see `{}`", self.step.version, self.difference(file)));
            }
        }
    }

    /// Every file that is there, was there, or is declared.
    fn names(&self) -> BTreeSet<&str> {
        let declared = self.step.changes.iter().map(|(file, _)| *file);
        let declared = declared.chain(self.step.adds.iter().copied()).chain(self.step.removes.iter().copied());
        self.old.keys().chain(self.new.keys()).map(String::as_str).chain(declared).collect()
    }

    /// What is not as declared about `file`, if anything.
    fn file(&self, file: &str) -> Option<String> {
        let Self { step, before, .. } = self;
        let changes = step.changes.iter().find(|(name, _)| *name == file).map(|(_, growth)| *growth);
        let (adds, removes) = (step.adds.contains(&file), step.removes.contains(&file));
        match (self.old.get(file), self.new.get(file)) {
            _ if usize::from(changes.is_some()) + usize::from(adds) + usize::from(removes) > 1 => {
                Some("the step declares it in two lists; leave one".to_owned())
            }
            (None, None) => Some("the step declares it, but it is not there".to_owned()),
            (None, Some(_)) if adds => None,
            (None, Some(_)) if changes.is_some() => Some("declared as changed, but it is new".to_owned()),
            (None, Some(_)) => Some(format!("is new, and the step does not declare it as added; {}", self.ways_out())),
            (Some(_), None) if removes => None,
            (Some(_), None) => {
                Some(format!("{before} has it, and the step does not declare it as removed; {}", self.ways_out()))
            }
            (Some(_), Some(_)) if adds => Some(format!("declared as added, but {before} has it already")),
            (Some(_), Some(_)) if removes => Some("declared as removed, but it is still there".to_owned()),
            (Some(old), Some(new)) => match changes {
                None if old != new => {
                    Some(format!("differs from {before}'s, and the step does not declare that; {}", self.ways_out()))
                }
                Some(_) if old == new => Some(format!("declared as changed, but it is {before}'s to the byte")),
                Some(Growth::Only) => lost(old, new)
                    .map(|line| format!("may only grow, but has lost {before}'s {line}; {}", self.ways_out())),
                _ => None,
            },
        }
    }

    /// What to do about a difference that is not declared: it goes into both versions, or it belongs to the step.
    fn ways_out(&self) -> String {
        let Self { step, before, .. } = self;
        if before.is_empty() {
            return format!("declare it in tests/suite/src/steps.rs, at {}", step.version);
        }
        format!(
            "make the same change in {before} and run `cargo run -p suite -- carry {before}`, or, if the difference belongs \
             to the step, declare the file in tests/suite/src/steps.rs, at {}",
            step.version
        )
    }

    /// The command that shows what the step did to `file`; -N takes one that is not there for empty.
    fn difference(&self, file: &str) -> String {
        let Self { step, before, old, new } = self;
        if old.is_empty() {
            return format!("ls crates/{}/src", step.version);
        }
        let flags = if old.contains_key(file) && new.contains_key(file) { "-u" } else { "-uN" };
        format!("diff {flags} crates/{before}/src/{file} crates/{}/src/{file}", step.version)
    }

    /// Holds the manifest to the declared packages, and each package to being used.
    fn packages(&self, folder: &Path, faults: &mut Vec<String>) -> Result<()> {
        let path = folder.join("Cargo.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Table = text.parse().with_context(|| format!("cannot read {}", path.display()))?;
        let version = self.step.version;
        let declared = self.step.packages.iter().copied().collect();
        for (table, wanted) in [
            ("dependencies", declared),
            ("dev-dependencies", BTreeSet::from(["suite"])),
            ("build-dependencies", self.step.builds_with.iter().copied().collect()),
            ("target", BTreeSet::new()),
        ] {
            let found: BTreeSet<&str> = manifest
                .get(table)
                .and_then(|value| value.as_table())
                .into_iter()
                .flat_map(Table::keys)
                .map(String::as_str)
                .collect();
            if found != wanted {
                faults.push(format!(
                    "{version} Cargo.toml: [{table}] has {found:?}, but {wanted:?} is declared; see `cat \
                     crates/{version}/Cargo.toml`"
                ));
            }
        }
        for package in self.step.packages {
            let used = format!("{}::", package.replace('-', "_"));
            if !self.new.values().any(|text| text.windows(used.len()).any(|part| part == used.as_bytes())) {
                faults.push(format!("{version} does not need {package}: nothing in crates/{version}/src says {used}"));
            }
        }
        Ok(())
    }
}

/// The first line of `old` that `new` does not have at its place in the order, with its number.
fn lost(old: &[u8], new: &[u8]) -> Option<String> {
    let mut new = new.split(|&byte| byte == b'\n');
    let mut old = old.split(|&byte| byte == b'\n').enumerate();
    let (at, line) = old.find(|(_, line)| !new.any(|other| other == *line))?;
    Some(format!("line {} ({})", at + 1, String::from_utf8_lossy(line).trim()))
}
