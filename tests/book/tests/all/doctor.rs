//! The doctor: a copy of this repository is in step, and each kind of problem is named with the command that fixes it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use book::book::{CHAPTERS, ROOT};
use book::doctor::{KINDS, Problem, Tree};
use tempfile::TempDir;

/// A copy of this repository.
struct Copy {
    folder: TempDir,
    root: PathBuf,
}

impl Copy {
    fn new() -> Result<Copy> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().canonicalize()?;
        let list = git(Path::new(ROOT), &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        for path in list.split_terminator('\0') {
            let (from, to) = (Path::new(ROOT).join(path), root.join(path));
            if from.exists() {
                fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
                fs::write(to, fs::read(from)?)?;
            }
        }
        Ok(Copy { folder, root })
    }

    /// A copy in a git repository of its own, with one commit.
    fn committed() -> Result<Copy> {
        let copy = Copy::new()?;
        git(&copy.root, &["init", "-q"])?;
        copy.commit()?;
        Ok(copy)
    }

    fn commit(&self) -> Result<()> {
        git(&self.root, &["add", "-A"])?;
        git(&self.root, &["-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-q", "-m", "a copy"])?;
        Ok(())
    }

    /// Puts `new` in the place of the first `old` in a file.
    fn edit(&self, path: &str, old: &str, new: &str) -> Result<()> {
        let text = fs::read_to_string(self.root.join(path))?;
        ensure!(text.contains(old), "{path} has no {old:?}");
        Ok(fs::write(self.root.join(path), text.replacen(old, new, 1))?)
    }

    fn problems(&self, kind: &str) -> Result<Vec<Problem>> {
        let kind = KINDS.iter().find(|known| known.name == kind).context("there is no such kind")?;
        Ok(kind.problems(&Tree { root: &self.root, chapters: &CHAPTERS }))
    }

    /// Sees that there is a problem of this kind with these words, and this command against it.
    fn has(&self, kind: &str, words: &str, fix: &str) -> Result<()> {
        let problems = self.problems(kind)?;
        let is_it = |problem: &Problem| problem.text.contains(words) && problem.fix == fix;
        ensure!(problems.iter().any(is_it), "wanted {words:?} and {fix:?}:\n{problems:#?}");
        Ok(())
    }

    /// The program's output.
    fn doctor(&self) -> Result<Output> {
        let mut book = Command::new(env!("CARGO_BIN_EXE_book"));
        Ok(book.args(["doctor", "--root"]).arg(self.folder.path()).output()?)
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new("git");
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    let output = command.args(arguments).current_dir(folder).output()?;
    ensure!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn an_untouched_copy_is_in_step_and_stays_untouched() -> Result<()> {
    let copy = Copy::committed()?;
    let output = copy.doctor()?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Everything is in step.\n");
    assert!(output.status.success());
    assert_eq!(git(&copy.root, &["status", "--porcelain", "--ignored"])?, "");
    Ok(())
}

/// One change of a version that most of the rest depends on, badly formatted.
#[test]
fn problems_are_in_the_order_to_fix_them() -> Result<()> {
    let copy = Copy::committed()?;
    copy.edit("crates/v06/src/worker.rs", "runtime::sleep(REST).await;", "runtime::sleep( REST ).await;")?;
    copy.edit("crates/v04/src/server.rs", "drop(listener);", "mem::drop(listener);")?;
    let output = copy.doctor()?;
    let said = String::from_utf8(output.stdout)?;
    assert!(!output.status.success(), "{said}");
    let parts = [
        "1. Not formatted:\n     crates/v06/src/worker.rs\n   > cargo fmt --all\n\n",
        "2. Changes that are not carried forward:\n",
        "\n   > cargo run -p suite -- carry v06\n\n",
        "3. Edits of the broken servers that don't fit their version:\n     tests/broken/src/fault/v06.rs:",
        "4. Solutions of exercises that don't fit their version:\n     lessons/exercises/v04.2.patch:1: ",
        "5. Quoted code that isn't in the versions:\n     lessons/v04.md:",
    ];
    let mut rest = said.as_str();
    for part in parts {
        (_, rest) = rest.split_once(part).with_context(|| format!("{part:?} is missing here in:\n{said}"))?;
    }
    Ok(())
}

#[test]
fn a_conflict_comes_before_everything_else() -> Result<()> {
    let copy = Copy::committed()?;
    copy.edit("crates/v03/src/server.rs", "\n", "\n<<<<<<< v03\n")?;
    let said = String::from_utf8(copy.doctor()?.stdout)?;
    let wanted = "1. Conflicts that are not settled:\n     crates/v03/src/server.rs:2: choose between the lines at the \
                  markers\n   > cargo run -p suite -- carry v03\n\nRun this again then: nothing else can be judged before that.\n";
    assert_eq!(said, wanted);
    Ok(())
}

#[test]
fn a_folder_without_git_is_refused() -> Result<()> {
    let copy = Copy::new()?;
    let output = copy.doctor()?;
    let said = String::from_utf8(output.stderr)?;
    ensure!(!output.status.success() && said.contains("is in no git repository"), "{said}");
    Ok(())
}

#[test]
fn a_package_outside_the_workspace_is_formatted_too() -> Result<()> {
    let copy = Copy::new()?;
    for path in ["crates/v07/src/main.rs", "tests/fuzz/fuzz_targets/parser.rs"] {
        let text = fs::read_to_string(copy.root.join(path))?;
        fs::write(copy.root.join(path), text + "\n\nfn  f() {}\n")?;
    }
    copy.has("Not formatted", "crates/v07/src/main.rs", "cargo fmt --all")?;
    let fix = "cargo fmt --manifest-path tests/fuzz/Cargo.toml";
    copy.has("Not formatted", "tests/fuzz/fuzz_targets/parser.rs", fix)
}

#[test]
fn a_difference_that_no_step_declares_is_named() -> Result<()> {
    let copy = Copy::committed()?;
    copy.edit("crates/v03/src/http/date.rs", "//!", "//! Anew.\n//!")?;
    copy.commit()?;
    let kind = "Versions that are not as tests/suite/src/steps.rs declares";
    copy.has(kind, "v03 http/date.rs: differs from v02's", "")?;
    copy.has(kind, "run `cargo run -p suite -- carry v02`", "")
}

#[test]
fn a_change_that_is_not_carried_is_named_once() -> Result<()> {
    let copy = Copy::committed()?;
    copy.edit("crates/v02/src/http/date.rs", "//!", "//! Anew.\n//!")?;
    let words = "crates/v02/src/http/date.rs has changed since the last commit, and v03 doesn't have that";
    copy.has("Changes that are not carried forward", words, "cargo run -p suite -- carry v02")?;
    assert_eq!(copy.problems("Versions that are not as tests/suite/src/steps.rs declares")?, []);
    Ok(())
}

#[test]
fn a_circle_of_imports_is_named() -> Result<()> {
    let copy = Copy::new()?;
    copy.edit("crates/v02/src/http/parser.rs", "\nuse ", "\nuse crate::connection::Connection;\nuse ")?;
    let words = "crates/v02/src: connection, http::parser import each other";
    copy.has("Imports in a circle", words, "cargo run -p suite -- carry v02")
}

#[test]
fn an_edit_whose_text_is_gone_is_named() -> Result<()> {
    let copy = Copy::new()?;
    copy.edit("crates/v06/src/http/request.rs", "has(b\"keep-alive\")", "has(b\"keepalive\")")?;
    let kind = "Edits of the broken servers that don't fit their version";
    let words = ": change the edit for forgets_http_1_0: crates/v06/src/http/request.rs has \"|| \
                 has(b\\\"keep-alive\\\")\" 0 times, and it must be there once";
    copy.has(kind, words, "cargo test -p broken")?;
    fs::remove_file(copy.root.join("crates/v07/src/python/body.rs"))?;
    copy.has(kind, "crates/v07/src/python/body.rs: No such file", "cargo test -p broken-v07")
}

#[test]
fn all_edits_of_all_tables_are_looked_at() -> Result<()> {
    let copy = Copy::new()?;
    fs::remove_dir_all(copy.root.join("crates"))?;
    let mut count = 0;
    for entry in fs::read_dir(copy.root.join("tests/broken/src/fault"))? {
        count += fs::read_to_string(entry?.path())?.matches(".rs\": ").count();
    }
    let problems = copy.problems("Edits of the broken servers that don't fit their version")?;
    assert_eq!(problems.len(), count, "src/doctor/broken.rs lists the tables");
    Ok(())
}

#[test]
fn a_solution_that_does_not_fit_is_named() -> Result<()> {
    let copy = Copy::new()?;
    copy.edit("crates/v04/src/server.rs", "drop(listener);", "mem::drop(listener);")?;
    let words = "lessons/exercises/v04.3.patch:1: does not fit crates/v04 any more";
    copy.has("Solutions of exercises that don't fit their version", words, "cargo run -p book -- exercises")
}

#[test]
fn quoted_code_that_has_changed_is_named() -> Result<()> {
    let copy = Copy::new()?;
    copy.edit("crates/v04/src/server.rs", "drop(listener);", "mem::drop(listener);")?;
    copy.has("Quoted code that isn't in the versions", "lessons/v04.md:", "cargo run -p book -- left v04")
}

#[test]
fn a_table_that_is_not_the_measured_one_is_named() -> Result<()> {
    let copy = Copy::new()?;
    copy.edit("lessons/observed/costs.md", "| v04     ", "| v04     | 1 ")?;
    let fix = "cargo run -p book -- refresh lessons/v04.md";
    copy.has("Quoted tables that aren't in the measurements", "what is quoted here is not what its file says", fix)
}

#[test]
fn a_link_that_leads_nowhere_is_named() -> Result<()> {
    let copy = Copy::new()?;
    copy.edit("README.md", "(lessons/README.md)", "(lessons/none.md)")?;
    let words = "the link `lessons/none.md` leads to no file";
    copy.has("Pages and comments that break the book's rules", words, "cargo run -p book -- check --only-read")
}

#[test]
fn a_page_that_is_missing_is_named_once() -> Result<()> {
    let copy = Copy::committed()?;
    fs::remove_file(copy.root.join("lessons/v03.md"))?;
    let said = String::from_utf8(copy.doctor()?.stdout)?;
    let page = "1. A page that can't be read:\n     lessons/SUMMARY.md names a page that can't be read: cannot read lessons/v03.md";
    ensure!(said.starts_with(page) && !said.contains("2. "), "{said}");
    ensure!(said.ends_with("   > cargo run -p book -- check --only-read\n\n"), "{said}");
    Ok(())
}
