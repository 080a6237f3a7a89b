//! The carrying of a change from version to version, on small workspaces in temporary repositories.
//!
//! A workspace has four versions. Each test writes their files, commits, changes one version as somebody who mends a
//! fault would, carries, and looks at the later versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use suite::carry;
use tempfile::TempDir;

const VERSIONS: [&str; 4] = ["v01", "v02", "v03", "v04"];

/// Lines far enough from each other that a change of one and a change of the next do not touch.
const PLAIN: &str = "one\n\n\ntwo\n\n\nthree\n";

struct Workspace {
    folder: TempDir,
    root: PathBuf,
}

impl Workspace {
    /// Four versions, each with a `main.rs` of its own, in a repository without a commit.
    fn new() -> Result<Self> {
        Self::below("")
    }

    /// The same in the folder `place` of the repository.
    fn below(place: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let workspace = Self { root: folder.path().join(place), folder };
        workspace.git(&["init", "-q"])?;
        for version in VERSIONS {
            workspace.put(version, "main.rs", &format!("{version}\n"))?;
        }
        Ok(workspace)
    }

    /// `file` in all versions, in the forms given.
    fn with(self, file: &str, forms: [&str; 4]) -> Result<Self> {
        for (version, text) in VERSIONS.into_iter().zip(forms) {
            self.put(version, file, text)?;
        }
        Ok(self)
    }

    fn commit(self) -> Result<Self> {
        self.git(&["add", "-A"])?;
        self.git(&["-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q", "-m", "versions"])?;
        Ok(self)
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("git");
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(variable);
        }
        let output = command.arg("-C").arg(self.folder.path()).args(arguments).output()?;
        if !output.status.success() {
            bail!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn path(&self, version: &str, file: &str) -> PathBuf {
        self.root.join("crates").join(version).join("src").join(file)
    }

    fn put(&self, version: &str, file: &str, text: &str) -> Result<()> {
        let path = self.path(version, file);
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        Ok(fs::write(path, text)?)
    }

    fn delete(&self, version: &str, file: &str) -> Result<()> {
        Ok(fs::remove_file(self.path(version, file))?)
    }

    /// What `file` holds in each version; `-` where it is not there.
    fn forms(&self, file: &str) -> [String; 4] {
        VERSIONS.map(|version| fs::read_to_string(self.path(version, file)).unwrap_or_else(|_| "-".to_owned()))
    }

    /// Carries, and returns the lines printed.
    fn carry(&self, version: &str) -> Result<String> {
        let (said, carried) = self.try_carry(version);
        carried.map(|()| said)
    }

    /// Carries into a conflict or a refusal, and returns the lines printed and the error.
    fn fail(&self, version: &str) -> Result<(String, String)> {
        match self.try_carry(version) {
            (said, Ok(())) => bail!("it went well: {said}"),
            (said, Err(error)) => Ok((said, format!("{error:#}"))),
        }
    }

    fn try_carry(&self, version: &str) -> (String, Result<()>) {
        let mut out = Vec::new();
        let carried = carry::run(&self.root, version, &mut out);
        (String::from_utf8_lossy(&out).into_owned(), carried)
    }
}

#[track_caller]
fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} is not in: {text}");
}

#[test]
fn a_file_that_no_step_changed_is_copied() -> Result<()> {
    let workspace = Workspace::new()?.with("log.rs", ["old\n"; 4])?.commit()?;
    workspace.put("v02", "log.rs", "mended\n")?;
    assert_eq!(workspace.carry("v02")?, "v03 src/log.rs  copied\nv04 src/log.rs  copied\n");
    assert_eq!(workspace.forms("log.rs"), ["old\n", "mended\n", "mended\n", "mended\n"]);
    assert_eq!(workspace.forms("main.rs"), VERSIONS.map(|version| format!("{version}\n")));
    Ok(())
}

#[test]
fn a_file_that_a_step_changed_keeps_the_step() -> Result<()> {
    let (second, third) = (PLAIN.replace("two", "two, v02"), PLAIN.replace("two", "two, v03"));
    let workspace = Workspace::new()?.with("server.rs", [PLAIN, &second, &third, &third])?.commit()?;
    workspace.put("v01", "server.rs", &PLAIN.replace("one", "mended"))?;
    let said = workspace.carry("v01")?;
    assert_eq!(said, "v02 src/server.rs  merged\nv03 src/server.rs  merged\nv04 src/server.rs  copied\n");
    assert_eq!(
        workspace.forms("server.rs"),
        [PLAIN, &second, &third, &third].map(|text| text.replace("one", "mended"))
    );
    Ok(())
}

#[test]
fn a_version_that_has_the_change_already_stays() -> Result<()> {
    let third = PLAIN.replace("one", "mended").replace("three", "three, v03");
    let workspace = Workspace::new()?.with("server.rs", [PLAIN, PLAIN, &third, &third])?.commit()?;
    workspace.put("v02", "server.rs", &PLAIN.replace("one", "mended"))?;
    assert_eq!(workspace.carry("v02")?, "v03 src/server.rs  unchanged\nv04 src/server.rs  unchanged\n");
    assert_eq!(workspace.forms("server.rs")[2..], [third.clone(), third]);
    Ok(())
}

/// `server.rs` of v03 changed the line that is now mended in v02; `log.rs` and `zone.rs` stand on both sides of it.
fn conflict() -> Result<Workspace> {
    let third = PLAIN.replace("two", "two, v03");
    let workspace = Workspace::new()?.with("server.rs", [PLAIN, PLAIN, &third, &third])?;
    let workspace = workspace.with("log.rs", ["old\n"; 4])?.with("zone.rs", ["old\n"; 4])?.commit()?;
    workspace.put("v02", "log.rs", "mended\n")?;
    workspace.put("v02", "server.rs", &PLAIN.replace("two", "mended"))?;
    workspace.put("v02", "zone.rs", "mended\n")?;
    Ok(workspace)
}

#[test]
fn a_conflict_ends_the_carrying_in_its_version() -> Result<()> {
    let workspace = conflict()?;
    let later = workspace.forms("server.rs")[3].clone();
    let (said, error) = workspace.fail("v02")?;
    assert_eq!(said, "v03 src/log.rs  copied\nv03 src/server.rs  conflict\nv03 src/zone.rs  copied\n");
    contains(&error, "crates/v03/src/server.rs");
    contains(&error, "then go on with: cargo run -p suite -- carry v03");
    let marked = "<<<<<<< v03\ntwo, v03\n=======\nmended\n>>>>>>> v02 changed";
    assert_eq!(workspace.forms("server.rs")[2], PLAIN.replace("two", marked));
    assert_eq!(workspace.forms("server.rs")[3], later);
    assert_eq!(workspace.forms("log.rs"), ["old\n", "mended\n", "mended\n", "old\n"]);
    Ok(())
}

#[test]
fn after_a_conflict_the_mended_version_is_what_carries() -> Result<()> {
    let workspace = conflict()?;
    workspace.fail("v02")?;
    let mended = PLAIN.replace("two", "mended, v03");
    workspace.put("v03", "server.rs", &mended)?;
    assert_eq!(workspace.carry("v03")?, "v04 src/log.rs  copied\nv04 src/server.rs  copied\nv04 src/zone.rs  copied\n");
    assert_eq!(workspace.forms("server.rs")[2..], [mended.clone(), mended]);
    assert_eq!(workspace.forms("zone.rs"), ["old\n", "mended\n", "mended\n", "mended\n"]);
    Ok(())
}

#[test]
fn a_conflict_that_is_mended_gets_no_markers_again() -> Result<()> {
    let workspace = conflict()?;
    workspace.fail("v02")?;
    let mended = PLAIN.replace("two", "mended, v03");
    workspace.put("v03", "server.rs", &mended)?;
    let (said, error) = workspace.fail("v02")?;
    assert_eq!(said, "v03 src/log.rs  unchanged\nv03 src/server.rs  conflict\nv03 src/zone.rs  unchanged\n");
    contains(&error, "if it holds the change by now, leave it");
    contains(&error, "carry v03");
    assert_eq!(workspace.forms("server.rs")[2], mended);
    Ok(())
}

#[test]
fn a_change_that_was_carried_and_then_changed_again_tells_how_to_start_over() -> Result<()> {
    let workspace = Workspace::new()?.with("log.rs", ["old\n"; 4])?.commit()?;
    workspace.put("v02", "log.rs", "first\n")?;
    workspace.carry("v02")?;
    workspace.put("v02", "log.rs", "second\n")?;
    let (_, error) = workspace.fail("v02")?;
    contains(&error, "`git restore --source=HEAD crates/v03/src/log.rs` and run `cargo run -p suite -- carry v02`");
    assert_eq!(workspace.forms("log.rs"), ["old\n", "second\n", "first\n", "first\n"]);
    Ok(())
}

#[test]
fn an_added_file_that_was_carried_and_then_changed_again_tells_how_to_start_over() -> Result<()> {
    let workspace = Workspace::new()?.commit()?;
    workspace.put("v02", "app.rs", "first\n")?;
    workspace.carry("v02")?;
    workspace.put("v02", "app.rs", "second\n")?;
    let (_, error) = workspace.fail("v02")?;
    contains(&error, "`rm crates/v03/src/app.rs` and run `cargo run -p suite -- carry v02`");
    assert_eq!(workspace.forms("app.rs"), ["-", "second\n", "first\n", "first\n"]);
    Ok(())
}

#[test]
fn every_conflict_of_a_version_is_told() -> Result<()> {
    let workspace = conflict()?.with("zone.rs", ["old\n", "old\n", "v03\n", "v03\n"])?.commit()?;
    workspace.put("v02", "server.rs", &PLAIN.replace("two", "again"))?;
    workspace.put("v02", "zone.rs", "again\n")?;
    let (said, error) = workspace.fail("v02")?;
    assert_eq!(said, "v03 src/server.rs  conflict\nv03 src/zone.rs  conflict\n");
    contains(&error, "crates/v03/src/server.rs");
    contains(&error, "crates/v03/src/zone.rs");
    Ok(())
}

#[test]
fn a_conflict_in_the_last_version_leaves_nothing_to_carry() -> Result<()> {
    let workspace = Workspace::new()?.commit()?;
    workspace.put("v03", "main.rs", "mended\n")?;
    let (_, error) = workspace.fail("v03")?;
    contains(&error, "crates/v04/src/main.rs");
    contains(&error, "v04 is the last version: nothing is left to carry");
    assert!(!error.contains("go on with"), "{error}");
    refuses(&workspace, "v03", "crates/v04/src/main.rs:1 is the marker of a conflict; mend it; v04 is the last version")
}

/// A single merge of the carried form with the change would end in a conflict here: git takes the brace that came
/// with the change for one that was there.
#[test]
fn carrying_twice_changes_nothing_the_second_time() -> Result<()> {
    let (base, theirs, ours) = ("a\ne\n}\n}\nc\n", "a\ne\na\n}\nc\n", "a\ne\n}\n}\nb\nc\n");
    let workspace = Workspace::new()?.with("server.rs", [base, base, ours, ours])?;
    let workspace = workspace.with("log.rs", ["old\n"; 4])?.with("gone.rs", ["old\n"; 4])?.commit()?;
    workspace.put("v02", "server.rs", theirs)?;
    workspace.put("v02", "log.rs", "mended\n")?;
    workspace.put("v02", "new.rs", "new\n")?;
    workspace.delete("v02", "gone.rs")?;
    workspace.carry("v02")?;
    let files = ["server.rs", "log.rs", "new.rs", "gone.rs"];
    let once = files.map(|file| workspace.forms(file));
    assert_eq!(once[0][2], "a\ne\na\n}\nb\nc\n");
    let said = workspace.carry("v02")?;
    assert_eq!(said.matches("  unchanged\n").count(), 8, "{said}");
    assert_eq!(files.map(|file| workspace.forms(file)), once);
    Ok(())
}

#[test]
fn work_of_its_own_in_a_later_version_stays() -> Result<()> {
    let third = PLAIN.replace("two", "two, v03");
    let workspace = Workspace::new()?.with("server.rs", [PLAIN, PLAIN, &third, &third])?.commit()?;
    workspace.put("v02", "server.rs", &PLAIN.replace("one", "mended"))?;
    workspace.put("v03", "server.rs", &third.replace("three", "work"))?;
    workspace.carry("v02")?;
    assert_eq!(workspace.forms("server.rs")[2], third.replace("one", "mended").replace("three", "work"));
    Ok(())
}

#[test]
fn an_added_file_is_added() -> Result<()> {
    let workspace = Workspace::new()?.commit()?;
    workspace.put("v02", "runtime/timer.rs", "new\n")?;
    assert_eq!(workspace.carry("v02")?, "v03 src/runtime/timer.rs  added\nv04 src/runtime/timer.rs  added\n");
    assert_eq!(workspace.forms("runtime/timer.rs"), ["-", "new\n", "new\n", "new\n"]);
    Ok(())
}

#[test]
fn an_added_file_that_a_later_version_has_otherwise_is_a_conflict() -> Result<()> {
    let workspace = Workspace::new()?;
    workspace.put("v03", "app.rs", "v03\n")?;
    let workspace = workspace.commit()?;
    workspace.put("v02", "app.rs", "new\n")?;
    let (said, error) = workspace.fail("v02")?;
    assert_eq!(said, "v03 src/app.rs  conflict\n");
    contains(&error, "crates/v03/src/app.rs");
    let marked = "<<<<<<< v03\nv03\n=======\nnew\n>>>>>>> v02 changed\n";
    assert_eq!(workspace.forms("app.rs"), ["-", "new\n", marked, "-"]);
    Ok(())
}

#[test]
fn a_deleted_file_is_deleted() -> Result<()> {
    let workspace = Workspace::new()?.with("runtime/timer.rs", ["old\n"; 4])?.commit()?;
    workspace.delete("v02", "runtime/timer.rs")?;
    assert_eq!(workspace.carry("v02")?, "v03 src/runtime/timer.rs  deleted\nv04 src/runtime/timer.rs  deleted\n");
    assert_eq!(workspace.forms("runtime/timer.rs"), ["old\n", "-", "-", "-"]);
    assert!(!workspace.path("v03", "runtime").exists(), "the empty folder is still there");
    Ok(())
}

#[test]
fn a_deleted_file_that_a_step_changed_is_a_conflict_for_a_person() -> Result<()> {
    let workspace = Workspace::new()?.with("date.rs", ["old\n", "old\n", "v03\n", "v03\n"])?.commit()?;
    workspace.delete("v02", "date.rs")?;
    let (said, error) = workspace.fail("v02")?;
    assert_eq!(said, "v03 src/date.rs  conflict\n");
    contains(&error, "crates/v03/src/date.rs: v02 deleted it");
    assert_eq!(workspace.forms("date.rs"), ["old\n", "-", "v03\n", "v03\n"]);

    workspace.delete("v03", "date.rs")?;
    assert_eq!(workspace.carry("v03")?, "v04 src/date.rs  deleted\n");
    Ok(())
}

#[test]
fn a_deleted_file_that_a_step_had_removed_takes_no_later_one_along() -> Result<()> {
    let workspace = Workspace::new()?.with("date.rs", ["old\n", "old\n", "", "v04\n"])?;
    workspace.delete("v03", "date.rs")?;
    let workspace = workspace.commit()?;
    workspace.delete("v02", "date.rs")?;
    assert_eq!(workspace.carry("v02")?, "v03 src/date.rs  unchanged\nv04 src/date.rs  unchanged\n");
    assert_eq!(workspace.forms("date.rs"), ["old\n", "-", "-", "v04\n"]);
    Ok(())
}

#[test]
fn a_file_that_a_step_replaced_ends_there() -> Result<()> {
    let workspace = Workspace::new()?.with("server.rs", [PLAIN; 4])?;
    workspace.delete("v03", "server.rs")?;
    let workspace = workspace.with("log.rs", ["old\n"; 4])?.commit()?;
    workspace.put("v02", "server.rs", "mended\n")?;
    workspace.put("v02", "log.rs", "mended\n")?;
    let said = workspace.carry("v02")?;
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert_eq!(lines[0], "v03 src/log.rs  copied");
    contains(lines[1], "v03 src/server.rs  ended: the step replaced this file");
    assert_eq!(lines[2], "v04 src/log.rs  copied");
    assert_eq!(workspace.forms("server.rs"), [PLAIN, "mended\n", "-", PLAIN]);
    Ok(())
}

#[test]
fn a_file_that_is_no_text_is_copied_but_never_merged() -> Result<()> {
    let forms = ["old\0", "old\0", "old\0", "v04\0"];
    let workspace = Workspace::new()?.with("icon.png", forms)?.commit()?;
    workspace.put("v02", "icon.png", "mended\0")?;
    let (said, error) = workspace.fail("v02")?;
    assert_eq!(said, "v03 src/icon.png  copied\nv04 src/icon.png  conflict\n");
    contains(&error, "crates/v04/src/icon.png: it is no text that git can merge");
    assert_eq!(workspace.forms("icon.png"), ["old\0", "mended\0", "mended\0", "v04\0"]);
    Ok(())
}

#[test]
fn a_file_that_git_ignores_stays_where_it_is() -> Result<()> {
    let workspace = Workspace::new()?.with("log.rs", ["old\n"; 4])?;
    fs::write(workspace.root.join(".gitignore"), "*~\n")?;
    let workspace = workspace.commit()?;
    workspace.put("v02", "log.rs", "mended\n")?;
    workspace.put("v02", "log.rs~", "old\n")?;
    workspace.carry("v02")?;
    assert_eq!(workspace.forms("log.rs~"), ["-", "old\n", "-", "-"]);
    Ok(())
}

#[test]
fn the_workspace_may_be_a_folder_of_a_larger_repository() -> Result<()> {
    let workspace = Workspace::below("courses/server")?.with("log.rs", ["old\n"; 4])?.commit()?;
    workspace.put("v02", "log.rs", "mended\n")?;
    workspace.carry("v02")?;
    assert_eq!(workspace.forms("log.rs"), ["old\n", "mended\n", "mended\n", "mended\n"]);
    Ok(())
}

/// Whether the change is staged makes no difference either: what counts is HEAD and the working tree.
#[test]
fn neither_the_index_nor_a_commit_is_written() -> Result<()> {
    let workspace = conflict()?;
    workspace.git(&["add", "crates/v02"])?;
    let state = |workspace: &Workspace| -> Result<_> {
        let index = fs::read(workspace.folder.path().join(".git/index"))?;
        Ok((index, workspace.git(&["rev-parse", "HEAD"])?, workspace.git(&["count-objects"])?))
    };
    let before = state(&workspace)?;
    workspace.fail("v02")?;
    assert_eq!(workspace.forms("log.rs"), ["old\n", "mended\n", "mended\n", "old\n"]);
    workspace.put("v03", "server.rs", PLAIN)?;
    workspace.carry("v03")?;
    assert!(state(&workspace)? == before, "git's own files have changed");
    Ok(())
}

/// Carries where that must be refused: the error says `reason`, nothing is printed and nothing written.
#[track_caller]
fn refuses(workspace: &Workspace, version: &str, reason: &str) -> Result<()> {
    let before = texts(&workspace.root)?;
    let (said, error) = workspace.fail(version)?;
    contains(&error, reason);
    assert_eq!(said, "");
    assert!(texts(&workspace.root)? == before, "a file has changed");
    Ok(())
}

/// All the files below crates, with what they hold.
fn texts(root: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let (mut folders, mut texts) = (vec![root.join("crates")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                texts.push((path.clone(), fs::read(path)?));
            }
        }
    }
    texts.sort();
    Ok(texts)
}

#[test]
fn an_unknown_version_is_refused() -> Result<()> {
    refuses(&conflict()?, "v09", "there is no version v09; give one of v01, v02, v03, v04")
}

#[test]
fn the_last_version_is_refused() -> Result<()> {
    refuses(&conflict()?, "v04", "v04 is the last version")
}

#[test]
fn a_version_without_a_change_is_refused() -> Result<()> {
    refuses(&conflict()?, "v01", "nothing changed in crates/v01/src since HEAD")
}

#[test]
fn a_folder_outside_of_git_is_refused() -> Result<()> {
    let workspace = Workspace::new()?;
    fs::remove_dir_all(workspace.folder.path().join(".git"))?;
    refuses(&workspace, "v02", "is in no git repository")
}

#[test]
fn a_repository_without_a_commit_is_refused() -> Result<()> {
    refuses(&Workspace::new()?, "v02", "the repository has no commit yet")
}

#[test]
fn a_version_that_is_not_committed_is_refused() -> Result<()> {
    let workspace = conflict()?;
    workspace.put("v05", "main.rs", "v05\n")?;
    refuses(&workspace, "v02", "HEAD has no crates/v05/src")
}

#[test]
fn a_folder_without_versions_is_refused() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let error = carry::run(folder.path(), "v02", &mut Vec::new()).expect_err("there is nothing to carry");
    contains(&format!("{error:#}"), "crates");
    Ok(())
}

#[test]
fn markers_that_are_left_are_refused() -> Result<()> {
    let workspace = conflict()?;
    workspace.fail("v02")?;
    let reason = "crates/v03/src/server.rs:4 is the marker of a conflict; mend it; then go on with: cargo run -p suite -- carry v03";
    refuses(&workspace, "v03", reason)?;
    refuses(&workspace, "v02", reason)?;
    let text = workspace.forms("server.rs")[2].replace("<<<<<<< v03\n", "");
    workspace.put("v03", "server.rs", &text)?;
    refuses(&workspace, "v03", "crates/v03/src/server.rs:7 is the marker of a conflict")
}

/// What is pending, as `v02 > v03 log.rs`.
fn pending(workspace: &Workspace) -> Result<Vec<String>> {
    let pending = carry::pending(&workspace.root)?;
    Ok(pending.iter().map(|left| format!("{} > {} {}", left.from, left.to, left.file)).collect())
}

#[test]
fn a_change_is_pending_until_it_is_carried() -> Result<()> {
    let workspace = Workspace::new()?.with("log.rs", ["old\n"; 4])?.commit()?;
    assert_eq!(pending(&workspace)?, Vec::<String>::new());
    workspace.put("v02", "log.rs", "fixed\n")?;
    workspace.put("v02", "new.rs", "new\n")?;
    let before = texts(&workspace.root)?;
    assert_eq!(pending(&workspace)?, ["v02 > v03 log.rs", "v02 > v03 new.rs"]);
    assert_eq!(texts(&workspace.root)?, before);
    workspace.carry("v02")?;
    assert_eq!(pending(&workspace)?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_change_that_stopped_at_a_conflict_is_pending_behind_it() -> Result<()> {
    let workspace = conflict()?;
    let all = ["v02 > v03 log.rs", "v02 > v03 server.rs", "v02 > v03 zone.rs"];
    assert_eq!(pending(&workspace)?, all);
    workspace.fail("v02")?;
    let marker = ("v03".to_owned(), "crates/v03/src/server.rs:4".to_owned());
    assert_eq!(carry::unsettled(&workspace.root)?, [marker]);
    workspace.put("v03", "server.rs", &PLAIN.replace("two", "fixed, v03"))?;
    assert_eq!(carry::unsettled(&workspace.root)?, []);
    assert_eq!(pending(&workspace)?, all.map(|left| left.replace("v02 > v03", "v03 > v04")));
    workspace.carry("v03")?;
    assert_eq!(pending(&workspace)?, Vec::<String>::new());
    Ok(())
}
