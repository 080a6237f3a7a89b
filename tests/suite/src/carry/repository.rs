//! What the carrying asks of git: the files of a version as HEAD has them and as they stand, and a three-way merge.
//!
//! git is only read: neither its index nor a commit is written, also not in passing (`git ls-files` and
//! `git cat-file` refresh nothing, where `git status` and `git diff` would).
//!
//! Sources: git-ls-tree(1), git-ls-files(1), git-cat-file(1), git-merge-file(1).

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

/// The files below a version's `src`, by their path in there.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What a three-way merge came to.
pub(super) enum Merge {
    Clean(Vec<u8>),
    /// With the conflict markers in it.
    Conflict(Vec<u8>),
    /// git merges lines of text only.
    Impossible,
}

/// A workspace that git keeps, with at least one commit.
pub(super) struct Repository {
    root: PathBuf,
}

impl Repository {
    /// Fails where there is no repository or no commit to compare with.
    pub(super) fn open(root: &Path) -> Result<Self> {
        let repository = Self { root: root.to_owned() };
        let found = repository.git(["rev-parse", "--git-dir"])?;
        if !found.status.success() {
            let root = root.display();
            bail!("{root} is in no git repository that can be read: {}", words(&found.stderr));
        }
        if !repository.git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?.status.success() {
            bail!("the repository has no commit yet, so nothing tells what has changed; commit the versions first");
        }
        Ok(repository)
    }

    /// The path of `file` of `version`, seen from the workspace's root.
    pub(super) fn path(version: &str, file: &str) -> String {
        format!("crates/{version}/src/{file}")
    }

    /// The files of `version` at HEAD; none if HEAD does not have that version.
    pub(super) fn at_head(&self, version: &str) -> Result<Files> {
        let folder = Self::path(version, "");
        let list = self.succeed(&["ls-tree", "-r", "-z", "--name-only", "HEAD", &folder])?;
        let read = |path: &str| self.succeed(&["cat-file", "blob", &format!("HEAD:./{path}")]);
        names(&list, &folder)?.into_iter().map(|(name, path)| Ok((name, read(&path)?))).collect()
    }

    /// The files of `version` as they stand in the working tree, without those that git ignores.
    pub(super) fn as_they_stand(&self, version: &str) -> Result<Files> {
        let folder = Self::path(version, "");
        let list = self.succeed(&["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", &folder])?;
        let mut files = Files::new();
        for (name, path) in names(&list, &folder)? {
            match fs::read(self.root.join(&path)) {
                Ok(text) => _ = files.insert(name, text),
                Err(error) if error.kind() == ErrorKind::NotFound => {} // Deleted, and still in the index.
                Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
            }
        }
        Ok(files)
    }

    /// Makes `file` of `version` hold `text`, or be gone for `None`, its folder too if nothing else is in there.
    pub(super) fn put(&self, version: &str, file: &str, text: Option<&[u8]>) -> Result<()> {
        let path = self.root.join(Self::path(version, file));
        let folder = path.parent().unwrap_or(&self.root);
        let put = match text {
            Some(text) => fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)),
            None => fs::remove_file(&path),
        };
        put.with_context(|| format!("cannot write {}", path.display()))?;
        if text.is_none() {
            let _ = fs::remove_dir(folder); // Fails if the folder is not empty, and then it stays.
        }
        Ok(())
    }

    /// Merges what `theirs` changed of `base` into `ours`. `labels` name the sides in the markers, in the order of
    /// the arguments.
    pub(super) fn merge(&self, ours: &[u8], base: &[u8], theirs: &[u8], labels: &[String; 3]) -> Result<Merge> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder for the merge")?;
        let mut command = self.command();
        command.args(["merge-file", "-p"]);
        for label in labels {
            command.args(["-L", label]);
        }
        for (name, text) in [("ours", ours), ("base", base), ("theirs", theirs)] {
            let path = folder.path().join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            command.arg(path);
        }
        let merged = run(&mut command)?;
        match merged.status.code() {
            Some(0) => Ok(Merge::Clean(merged.stdout)),
            Some(1..=127) => Ok(Merge::Conflict(merged.stdout)), // The number of conflicts, at most 127.
            _ if words(&merged.stderr).contains("binary") => Ok(Merge::Impossible),
            _ => bail!("git merge-file failed: {}", words(&merged.stderr)),
        }
    }

    fn succeed(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = self.git(arguments)?;
        if !output.status.success() {
            bail!("git {} failed: {}", arguments.join(" "), words(&output.stderr));
        }
        Ok(output.stdout)
    }

    fn git(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Output> {
        run(self.command().args(arguments))
    }

    /// A git that works on `root`, also when it is started by a hook, which tells by variables of another one.
    fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.root).env("LC_ALL", "C");
        for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(variable);
        }
        command
    }
}

fn run(command: &mut Command) -> Result<Output> {
    command.output().context("cannot run git; install it and see that it is in PATH")
}

/// The paths of a list that ends each with a NUL, each with its name below `folder`.
fn names(list: &[u8], folder: &str) -> Result<Vec<(String, String)>> {
    let list = str::from_utf8(list).with_context(|| format!("a file below {folder} has a name that is not UTF-8"))?;
    let paths = list.split_terminator('\0');
    Ok(paths.filter_map(|path| Some((path.strip_prefix(folder)?.to_owned(), path.to_owned()))).collect())
}

fn words(text: &[u8]) -> String {
    String::from_utf8_lossy(text).trim().replace('\n', "; ")
}
