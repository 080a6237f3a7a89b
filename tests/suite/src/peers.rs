//! Real servers on the ladder: each is started with its adapter in `peers/`, and tried on the cases that the versions here
//! have to pass. The page in the book is what this prints.

use std::collections::BTreeMap;
use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use regex::Regex;

use crate::adapter::{About, Adapter};
use crate::cargo::{build, folder};
use crate::case::{Case, Kind, Verdict};
use crate::cases;
use crate::program::Program;
use crate::stage::Stage;
use crate::tester;

/// Where the adapters are.
const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// The peer that this workspace builds itself.
const HYPER: &str = "hyper-server";

/// The last stage that is not about Python.
const LAST: Stage = Stage::V06;

/// The patience with a peer. It fails many a case by silence.
const PATIENCE: Duration = Duration::from_secs(4);

/// How one peer did.
struct Row {
    about: About,
    version: String,
    reached: Option<Stage>,
    /// How the motivating case of each stage ended.
    motives: Vec<&'static str>,
    passed: usize,
    failed: Vec<&'static str>,
    skipped: usize,
}

/// Tries the peers of these names, or all, and writes the page. Says on stderr what it does, and which peers are not here.
///
/// # Errors
///
/// There is no such peer, its adapter can't be read, or hyper's server can't be built.
pub fn run(names: &[String], page: &mut impl Write) -> Result<()> {
    let target = folder()?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([target.clone()].into_iter().chain(env::split_paths(&path)))?;
    let (mut rows, mut missing) = (Vec::new(), Vec::new());
    for file in files(names)? {
        let mut adapter = Adapter::read(&file)?;
        let about = adapter.about.take().with_context(|| format!("{} has no [about]", file.display()))?;
        if adapter.start.first().is_some_and(|program| program == HYPER) {
            build(&[HYPER], &target)?;
        }
        match version(&about.version) {
            Some(version) => {
                eprintln!("{} {version} …", about.name);
                let program = Program::adapted(adapter).knob("PATH", &path.to_string_lossy()).patience(PATIENCE);
                rows.push(row(about, version, &program));
            }
            None => missing.push(about),
        }
    }
    for About { name, install, .. } in &missing {
        eprintln!("skipped: {name} is not here; `{install}` installs it");
    }
    print(&rows, page)
}

/// The adapter files of these peers, or of all.
fn files(names: &[String]) -> Result<Vec<PathBuf>> {
    let entries = Path::new(PEERS).read_dir().with_context(|| PEERS)?;
    let mut all: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    all.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    all.sort();
    let name = |file: &PathBuf| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if let Some(unknown) = names.iter().find(|wanted| all.iter().all(|file| name(file) != **wanted)) {
        bail!("there is no peer {unknown}; there are {}", all.iter().map(name).collect::<Vec<_>>().join(", "));
    }
    all.retain(|file| names.is_empty() || names.contains(&name(file)));
    Ok(all)
}

/// The first number of the form 1.2 or 1.2.3 that this command prints; None if it can't be run.
fn version(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let output = Command::new(program)
        .args(arguments)
        .current_dir(PEERS)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let number = Regex::new(r"\d+(\.\d+)+").ok()?;
    Some(number.find(&text).map_or("", |found| found.as_str()).to_owned())
}

fn row(about: About, version: String, program: &Program) -> Row {
    let is_tried = |case: &Case| case.kind == Kind::Behaviour && case.holds_for(LAST);
    let cases: Vec<_> = cases::all().into_iter().filter(is_tried).collect();
    let mut row = Row { about, version, reached: None, motives: Vec::new(), passed: 0, failed: Vec::new(), skipped: 0 };
    let mut marks = BTreeMap::new();
    tester::try_all(&cases, program, |case, verdict| {
        let mark = match verdict {
            Verdict::Passed => {
                row.passed += 1;
                "✓"
            }
            Verdict::Failed(..) => {
                row.failed.push(case.name);
                "✗"
            }
            Verdict::Skipped(_) => {
                row.skipped += 1;
                "–"
            }
        };
        marks.insert(case.name, mark);
    });
    let is_failed = |case: &Case| row.failed.contains(&case.name);
    let first = cases.iter().find(|case| is_failed(case)).map(|case| case.stage);
    row.reached = Stage::ALL.into_iter().rfind(|stage| *stage <= LAST && first.is_none_or(|first| *stage < first));
    row.motives = motives().map(|motive| marks.get(motive.name).copied().unwrap_or("–")).collect();
    row
}

/// What each stage from v02 on can do and the one before can not.
fn motives() -> impl Iterator<Item = Case> {
    Stage::ALL.into_iter().filter(|stage| *stage <= LAST).filter_map(|stage| cases::motive(stage.name()))
}

fn print(rows: &[Row], page: &mut impl Write) -> Result<()> {
    let names: Vec<_> = motives().map(|motive| motive.stage.to_string()).collect();
    writeln!(page, "| server | how it works | stage reached | {} | passed | failed | skipped |", names.join(" | "))?;
    writeln!(page, "|---|---|---|{}--:|--:|--:|", ":-:|".repeat(names.len()))?;
    for row in rows {
        let reached = row.reached.map_or("–", Stage::name);
        let (failed, marks) = (row.failed.len(), row.motives.join(" | "));
        let Row { about: About { name, model, .. }, version, passed, skipped, .. } = row;
        writeln!(page, "| {name} {version} | {model} | {reached} | {marks} | {passed} | {failed} | {skipped} |")?;
    }
    for motive in motives() {
        writeln!(page, "\n{}: {}", motive.stage, motive.title())?;
    }
    for row in rows.iter().filter(|row| !row.failed.is_empty()) {
        writeln!(page, "\n## {}\n", row.about.name)?;
        row.failed.iter().try_for_each(|name| writeln!(page, "- {}", name.replace('_', " ")))?;
    }
    Ok(())
}
