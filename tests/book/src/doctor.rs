//! All that a change has left out of step, in the order to fix it: one problem often causes those that come later.
//!
//! Nothing is built, run or written; only `cargo fmt --check`, and git to read. The tests hold the tree to the same
//! checks. This is in the package `book`, because the checks of the pages are here and those of the versions are in `suite`,
//! which `book` depends on.

mod broken;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use suite::carry;
use suite::circles::circles;
use suite::steps::{self, STEPS};

use crate::book::Book;
use crate::chapter::Chapter;
use crate::fault::Fault;
use crate::{check, code, exercises, quotes};

/// The most lines that one kind of problem is reported with.
const MOST_LINES: usize = 12;

/// A repository that is looked at.
pub struct Tree<'a> {
    pub root: &'a Path,
    /// The chapters that its book should have.
    pub chapters: &'a [&'a str],
}

/// Something that is out of step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where and what, on one line.
    pub text: String,
    /// The command that fixes it, shows how, or comes after the fix; empty if `text` says it all.
    pub fix: String,
}

/// A kind of problem.
pub struct Kind {
    pub name: &'static str,
    find: fn(&Tree) -> Result<Vec<Problem>>,
}

/// All kinds, in the order to fix them; but conflicts come first, because files with markers can't be judged.
pub static KINDS: [Kind; 10] = [
    Kind { name: "Not formatted", find: unformatted },
    Kind { name: "Versions that are not as tests/suite/src/steps.rs declares", find: undeclared },
    Kind { name: "Changes that are not carried forward", find: uncarried },
    Kind { name: "Imports in a circle", find: imports },
    Kind { name: "Edits of the broken servers that don't fit their version", find: edits },
    Kind { name: "Solutions of exercises that don't fit their version", find: solutions },
    Kind { name: "A page that can't be read", find: unreadable },
    Kind { name: "Quoted code that isn't in the versions", find: quoted_code },
    Kind { name: "Quoted tables that aren't in the measurements", find: quoted_tables },
    Kind { name: "Pages and comments that break the book's rules", find: rules },
];

impl Kind {
    /// The problems of this kind. That it can't be looked at is one too.
    pub fn problems(&self, tree: &Tree) -> Vec<Problem> {
        (self.find)(tree).unwrap_or_else(|error| vec![Problem { text: format!("{error:#}"), fix: String::new() }])
    }
}

/// Prints to `out` what is out of step in the repository at `root`, whose book should have these chapters; whether
/// nothing is.
///
/// # Errors
///
/// No git repository with a commit; `out` can't be written to.
pub fn run(root: &Path, chapters: &[&str], out: &mut impl Write) -> Result<bool> {
    let tree = Tree { root, chapters };
    let conflicts = conflicts(&tree)?;
    if !conflicts.is_empty() {
        write(1, "Conflicts that are not settled", &conflicts, out)?;
        writeln!(out, "Run this again then: nothing else can be judged before that.")?;
        return Ok(false);
    }
    let found = problems(&tree)?;
    for (at, (kind, problems)) in found.iter().enumerate() {
        write(at + 1, kind.name, problems, out)?;
    }
    if found.is_empty() {
        writeln!(out, "Everything is in step.")?;
    }
    Ok(found.is_empty())
}

/// The kinds of problems that there are. All are looked for at the same time.
fn problems(tree: &Tree) -> Result<Vec<(&'static Kind, Vec<Problem>)>> {
    thread::scope(|scope| {
        let threads: Vec<_> = KINDS.iter().map(|kind| (kind, scope.spawn(|| kind.problems(tree)))).collect();
        let mut found = Vec::new();
        for (kind, thread) in threads {
            found.push((kind, thread.join().map_err(|_| anyhow!("{}: the thread panicked", kind.name))?));
        }
        found.retain(|(_, problems)| !problems.is_empty());
        Ok(found)
    })
}

fn write(number: usize, name: &str, problems: &[Problem], out: &mut impl Write) -> Result<()> {
    writeln!(out, "{number}. {name}:")?;
    for problem in problems.iter().take(MOST_LINES) {
        writeln!(out, "     {}", problem.text)?;
    }
    if problems.len() > MOST_LINES {
        writeln!(out, "     and {} more", problems.len() - MOST_LINES)?;
    }
    let mut fixes: Vec<_> = problems.iter().map(|problem| &problem.fix).filter(|fix| !fix.is_empty()).collect();
    fixes.dedup();
    for fix in fixes {
        writeln!(out, "   > {fix}")?;
    }
    writeln!(out)?;
    Ok(())
}

fn conflicts(tree: &Tree) -> Result<Vec<Problem>> {
    let problem = |(version, place): (String, String)| {
        let text = format!("{place}: choose between the lines at the markers");
        Problem { text, fix: carry_from(&version) }
    };
    Ok(carry::unsettled(tree.root)?.into_iter().map(problem).collect())
}

/// The command that carries a fix of `version` on; none if it is the last version.
fn carry_from(version: &str) -> String {
    let is_last = STEPS.last().is_some_and(|step| step.version == version);
    if is_last { String::new() } else { format!("cargo run -p suite -- carry {version}") }
}

/// `cargo fmt` on the workspace, and on the package that is none of its members.
fn unformatted(tree: &Tree) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for arguments in ["--all", "--manifest-path tests/fuzz/Cargo.toml"] {
        let mut cargo = Command::new("cargo");
        cargo.arg("fmt").args(arguments.split(' ')).args(["--check", "--", "-l"]).current_dir(tree.root);
        let output = cargo.output().context("cannot start cargo fmt")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let files: BTreeSet<_> = said.lines().map(|file| from_root(tree, file)).collect();
        if !output.status.success() && files.is_empty() {
            bail!("cargo fmt {arguments}: {}", String::from_utf8_lossy(&output.stderr).trim().replace('\n', " "));
        }
        problems.extend(files.into_iter().map(|text| Problem { text, fix: format!("cargo fmt {arguments}") }));
    }
    Ok(problems)
}

fn from_root(tree: &Tree, file: &str) -> String {
    Path::new(file).strip_prefix(tree.root).map_or(file.to_owned(), |path| path.display().to_string())
}

/// Without the files whose difference is only that a change is not carried yet.
fn undeclared(tree: &Tree) -> Result<Vec<Problem>> {
    let pending = carry::pending(tree.root)?;
    let is_pending = |fault: &str| pending.iter().any(|left| fault.starts_with(&format!("{} {}:", left.to, left.file)));
    let faults = steps::check(tree.root, STEPS)?.into_iter().filter(|fault| !is_pending(fault));
    Ok(faults.map(|text| Problem { text, fix: String::new() }).collect())
}

fn uncarried(tree: &Tree) -> Result<Vec<Problem>> {
    let problem = |left: carry::Pending| Problem {
        text: format!(
            "crates/{}/src/{} has changed since the last commit, and {} doesn't have that; if only {0} is to have it, commit it",
            left.from, left.file, left.to
        ),
        fix: carry_from(&left.from),
    };
    Ok(carry::pending(tree.root)?.into_iter().map(problem).collect())
}

fn imports(tree: &Tree) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for step in STEPS {
        let folder = format!("crates/{}/src", step.version);
        for circle in circles(&tree.root.join(&folder))? {
            let (modules, ties) = (circle.modules.join(", "), circle.ties.join("; "));
            let text = format!("{folder}: {modules} import each other; move what they share below them ({ties})");
            problems.push(Problem { text, fix: carry_from(step.version) });
        }
    }
    Ok(problems)
}

fn edits(tree: &Tree) -> Result<Vec<Problem>> {
    Ok(broken::misfits(tree.root))
}

fn solutions(tree: &Tree) -> Result<Vec<Problem>> {
    let problem = |fault: Fault| Problem { text: line(&fault), fix: "cargo run -p book -- exercises".to_owned() };
    Ok(exercises::check(tree.root)?.into_iter().map(problem).collect())
}

fn unreadable(tree: &Tree) -> Result<Vec<Problem>> {
    let fix = "cargo run -p book -- check --only-read";
    let problem = |error| Problem { text: format!("{error:#}"), fix: fix.to_owned() };
    Ok(Book::read(tree.root, tree.chapters).err().map(problem).into_iter().collect())
}

/// The book; none if it can't be read, which `unreadable` reports.
fn book(tree: &Tree) -> Option<Book> {
    Book::read(tree.root, tree.chapters).ok()
}

fn quoted_code(tree: &Tree) -> Result<Vec<Problem>> {
    let Some(book) = book(tree) else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    for page in &book.pages {
        let fix = match page.version() {
            Some(version) => format!("cargo run -p book -- left {version}"),
            None => format!("cargo run -p book -- check --only-read {}", page.path),
        };
        let faults = code::check(&book, page)?;
        problems.extend(faults.iter().map(|fault| Problem { text: line(fault), fix: fix.clone() }));
    }
    Ok(problems)
}

fn quoted_tables(tree: &Tree) -> Result<Vec<Problem>> {
    let Some(book) = book(tree) else { return Ok(Vec::new()) };
    let problem = |page: &Chapter, fault: Fault| {
        let fix = format!("cargo run -p book -- refresh {}", page.path);
        Problem { text: line(&fault), fix }
    };
    let pages = book.pages.iter();
    Ok(pages.flat_map(|page| quotes::check(page).into_iter().map(|fault| problem(page, fault))).collect())
}

fn rules(tree: &Tree) -> Result<Vec<Problem>> {
    let Some(book) = book(tree) else { return Ok(Vec::new()) };
    let mut faults: BTreeSet<_> = check::whole(&book)?.into_iter().collect();
    for page in &book.pages {
        faults.extend(check::rules(&book, page)?);
    }
    let fix = "cargo run -p book -- check --only-read";
    Ok(faults.iter().map(|fault| Problem { text: line(fault), fix: fix.to_owned() }).collect())
}

/// The first line of a fault: the command has the rest.
fn line(fault: &Fault) -> String {
    let text = fault.to_string();
    text.lines().next().unwrap_or_default().trim_end_matches(':').to_owned()
}
