//! A copy of the repository with a reader in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result, ensure};
use book::book::{Book, ROOT};
use learn::course::Course;
use learn::mine::Mine;
use learn::source::{Files, Source};
use tempfile::TempDir;

/// The way through this repository's book.
pub(crate) fn course() -> &'static Course {
    static COURSE: LazyLock<Course> = LazyLock::new(|| {
        let book = Book::open().expect("the book can be read");
        Course::new(book).expect("the chapters can be played")
    });
    &COURSE
}

/// A file of the reader's own.
pub(crate) const NOTES: &str = "notes.txt";

pub(crate) struct Repository {
    _folder: TempDir,
    pub(crate) root: PathBuf,
    /// Where its packages are built. To cargo those of two repositories are the same.
    target: PathBuf,
}

impl Repository {
    /// A copy for the test of this name.
    pub(crate) fn new(test: &str) -> Result<Repository> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().canonicalize()?;
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let output = Command::new("git").args(list).current_dir(ROOT).output()?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
        for path in String::from_utf8(output.stdout)?.split_terminator('\0') {
            let (from, to) = (Path::new(ROOT).join(path), root.join(path));
            if from.exists() {
                fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
                fs::copy(from, to)?;
            }
        }
        Ok(Repository { _folder: folder, root, target: Path::new(env!("CARGO_TARGET_TMPDIR")).join(test) })
    }

    pub(crate) fn mine(&self) -> Mine {
        Mine::new(&self.root)
    }

    /// The program, in this repository.
    pub(crate) fn learn(&self) -> Command {
        let mut learn = Command::new(env!("CARGO_BIN_EXE_learn"));
        learn.arg("--root").arg(&self.root).env("CARGO_TARGET_DIR", &self.target);
        learn
    }

    /// What the program prints; whether it ends well.
    pub(crate) fn says(&self, arguments: &[&str]) -> Result<(String, bool)> {
        let output = self.learn().args(arguments).output()?;
        let said = [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat();
        Ok((said, output.status.success()))
    }

    /// Writes the files of a place of the book that differ from what is there, as a reader would save them.
    pub(crate) fn put(&self, files: &Files<Arc<Source>>) -> Result<()> {
        let folder = self.mine().folder();
        for (path, file) in files {
            let text = file.lines.join("\n") + "\n";
            let to = folder.join(path);
            let text = if path == "Cargo.toml" { manifest(&to, &text)? } else { text };
            if fs::read_to_string(&to).ok().as_ref() != Some(&text) {
                fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
                fs::write(to, text)?;
            }
        }
        let is_gone = |path: &&String| !files.contains_key(*path) && *path != NOTES;
        for path in self.mine().read()?.context("a package")?.keys().filter(|path| is_gone(path)) {
            fs::remove_file(folder.join(path))?;
        }
        Ok(())
    }
}

/// The reader's manifest with the dependencies of the book's.
fn manifest(own: &Path, book: &str) -> Result<String> {
    let own = fs::read_to_string(own)?;
    let head = own.split("[dependencies]").next().unwrap_or_default();
    let rest = book.split_once("[dependencies]").map(|(_, rest)| rest).unwrap_or_default();
    let rest = rest.split("[dev-dependencies]").next().unwrap_or_default().trim_end();
    Ok(format!("{}\n\n[dependencies]{rest}\n", head.trim_end()))
}
