//! One step of the carrying: the files of one version, each settled between three forms of it.
//!
//! Most files need no merge: where our file is what the file of the version before was at HEAD, it becomes what that
//! one is now. The others are merged, and what can't be merged is told with a way to mend it.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;

use anyhow::{Context, Result};

use super::command;
use super::repository::{Files, Merge, Repository};

/// The way from one version to the next.
pub(super) struct Step<'a> {
    pub(super) repository: &'a Repository,
    pub(super) before: &'a str,
    pub(super) version: &'a str,
}

/// A file that somebody must mend, and how.
pub(super) struct Conflict {
    pub(super) path: String,
    pub(super) mending: String,
}

/// One file on its way. `None` is a file that is not there.
struct Sides<'a> {
    base: Option<&'a Vec<u8>>,
    theirs: Option<&'a Vec<u8>>,
    ours: Option<&'a Vec<u8>>,
    /// Our file at HEAD.
    head: Option<&'a Vec<u8>>,
}

/// What became of a file, and what it holds after that.
type Settled = (Deed, Option<Vec<u8>>);

/// What became of a file in one version.
enum Deed {
    Copied,
    Added,
    Deleted,
    Merged,
    Unchanged,
    Ended,
    /// How to mend it.
    Conflict(String),
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Copied => "copied",
            Self::Added => "added",
            Self::Deleted => "deleted",
            Self::Merged => "merged",
            Self::Unchanged => "unchanged",
            Self::Ended => "ended: the step replaced this file; see whether what took its place needs the change",
            Self::Conflict(_) => "conflict",
        })
    }
}

impl Step<'_> {
    /// Carries `files` one version on, and takes from them those that end here. Returns the conflicts. All is
    /// settled before anything is written, so that a failure of git leaves the version as it was.
    pub(super) fn carry(&self, files: &mut BTreeSet<String>, out: &mut impl Write) -> Result<Vec<Conflict>> {
        let ours = self.repository.as_they_stand(self.version)?;
        let settled = self.settle_all(files, &ours)?;
        let mut conflicts = Vec::new();
        for (file, (deed, text)) in settled {
            if text.as_ref() != ours.get(&file) {
                self.repository.put(self.version, &file, text.as_deref())?;
            }
            writeln!(out, "{} src/{file}  {deed}", self.version).context("cannot write what was carried")?;
            match deed {
                Deed::Ended => _ = files.remove(&file),
                Deed::Conflict(mending) => {
                    conflicts.push(Conflict { path: Repository::path(self.version, &file), mending });
                }
                _ => {}
            }
        }
        Ok(conflicts)
    }

    /// Those of `files` that carrying would change in this version.
    pub(super) fn left(&self, files: &BTreeSet<String>) -> Result<Vec<String>> {
        let ours = self.repository.as_they_stand(self.version)?;
        let settled = self.settle_all(files, &ours)?;
        Ok(settled
            .into_iter()
            .filter(|(file, (_, text))| text.as_ref() != ours.get(file))
            .map(|(file, _)| file)
            .collect())
    }

    /// What becomes of each of `files` of this version, which are `ours` now.
    fn settle_all(&self, files: &BTreeSet<String>, ours: &Files) -> Result<Vec<(String, Settled)>> {
        let (base, theirs) = (self.repository.at_head(self.before)?, self.repository.as_they_stand(self.before)?);
        let head = self.repository.at_head(self.version)?;
        let settle = |file: &String| {
            let sides =
                Sides { base: base.get(file), theirs: theirs.get(file), ours: ours.get(file), head: head.get(file) };
            Ok((file.clone(), self.settle(file, &sides)?))
        };
        files.iter().map(settle).collect()
    }

    /// What becomes of `file`, and what it holds after that.
    fn settle(&self, file: &str, sides: &Sides) -> Result<Settled> {
        let &Sides { base, theirs, ours, head } = sides;
        let (before, version) = (self.before, self.version);
        if base == theirs || ours == theirs {
            return Ok((Deed::Unchanged, ours.cloned()));
        }
        if base == ours {
            let deed = match (base, theirs) {
                (None, _) => Deed::Added,
                (_, None) => Deed::Deleted,
                _ => Deed::Copied,
            };
            return Ok((deed, theirs.cloned()));
        }
        let Some(ours) = ours else { return Ok((Deed::Ended, None)) };
        let stays = |mending: String| Ok((Deed::Conflict(mending), Some(ours.clone())));
        let Some(theirs) = theirs else {
            return stays(format!("{before} deleted it, and {version} has its own form of it: delete it or leave it"));
        };

        // What the change makes of our file at HEAD comes first, and then to the file as it stands. In one merge, lines
        // that an earlier carrying brought could be taken for ours and come twice.
        let nothing = Vec::new();
        let labels = [version.to_owned(), format!("{before} at HEAD"), format!("{before} changed")];
        let touched = head != Some(ours);
        let mut merge = self.repository.merge(head.unwrap_or(ours), base.unwrap_or(&nothing), theirs, &labels)?;
        if touched && let (Merge::Clean(text), Some(head)) = (&merge, head) {
            merge = self.repository.merge(ours, head, text, &labels)?;
        }
        match merge {
            Merge::Clean(text) if text == *ours => Ok((Deed::Unchanged, Some(text))),
            Merge::Clean(text) => Ok((Deed::Merged, Some(text))),
            // It may be mended already: markers would go into work that is done.
            Merge::Conflict(_) if touched => {
                let path = Repository::path(version, file);
                let back = if head.is_some() { "git restore --source=HEAD" } else { "rm" };
                stays(format!(
                    "it has changed since HEAD; if it holds the change by now, leave it; if not, set it back by \
                     `{back} {path}` and run `{}` again",
                    command(before)
                ))
            }
            Merge::Conflict(text) => {
                Ok((Deed::Conflict("settle what stands between <<<<<<< and >>>>>>>".to_owned()), Some(text)))
            }
            Merge::Impossible => stays(format!("it is no text that git can merge: bring {before}'s change in by hand")),
        }
    }
}
