//! How long the source is, and how much of it each step changed.
//!
//! The rule: the lines of the `.rs` files in `src`, without blank lines, without lines that are a comment and nothing
//! else, and without unit tests (`tests.rs`, a folder `tests`, and all that follows `#[cfg(test)]` in a file).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use similar::{ChangeTag, TextDiff};
use suite::stage::Stage;

use crate::versions::ROOT;

/// The size of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub lines: usize,
    /// Lines that the version before has not, and lines that only that has; none for v01.
    pub changed: Option<(usize, usize)>,
}

/// The lines of each file that count.
type Source = BTreeMap<PathBuf, String>;

/// Measures a version's source in the workspace.
pub fn measure(stage: Stage) -> Result<Size> {
    let now = source(stage)?;
    let lines = now.values().map(|text| text.lines().count()).sum();
    let place = Stage::ALL.iter().position(|one| *one == stage).unwrap_or(0);
    let changed = match place.checked_sub(1).map(|before| Stage::ALL[before]) {
        None => None,
        Some(before) => Some(difference(&source(before)?, &now)),
    };
    Ok(Size { lines, changed })
}

fn difference(before: &Source, now: &Source) -> (usize, usize) {
    let mut files: Vec<_> = before.keys().chain(now.keys()).collect();
    files.sort();
    files.dedup();
    let nothing = String::new();
    let (mut added, mut removed) = (0, 0);
    for file in files {
        let (old, new) = (before.get(file).unwrap_or(&nothing), now.get(file).unwrap_or(&nothing));
        for change in TextDiff::from_lines(old, new).iter_all_changes() {
            added += usize::from(change.tag() == ChangeTag::Insert);
            removed += usize::from(change.tag() == ChangeTag::Delete);
        }
    }
    (added, removed)
}

fn source(stage: Stage) -> Result<Source> {
    let root = Path::new(ROOT).join("crates").join(stage.name()).join("src");
    let mut found = Source::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for path in entries.map(|entry| entry.map(|entry| entry.path())) {
            let path = path?;
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                found.insert(path.strip_prefix(&root)?.to_owned(), counted(&fs::read_to_string(&path)?));
            }
        }
    }
    Ok(found)
}

/// The lines of a file that count.
fn counted(text: &str) -> String {
    let program = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    program
        .filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//"))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_comments_and_tests_do_not_count() {
        let text = "//! A file.\n\n/// A doc.\nfn a() {\n    // why\n    b(); // said\n}\n\n#[cfg(test)]\nmod tests;\n";
        assert_eq!(counted(text), "fn a() {\n    b(); // said\n}\n");
    }

    #[test]
    fn sizes_and_changes_agree() {
        let sizes = Stage::ALL.map(|stage| measure(stage).expect("a size"));
        for pair in sizes.windows(2) {
            let (added, removed) = pair[1].changed.expect("a change");
            assert_eq!(pair[0].lines + added - removed, pair[1].lines, "{pair:?}");
        }
        assert_eq!(sizes[0].changed, None);
    }
}
