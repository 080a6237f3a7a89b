//! Real servers on the ladder: each is started with its adapter in `peers/`, and tried on the cases that the versions here
//! have to pass. The page in the book is what this prints.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use httpdate::fmt_http_date;
use regex::Regex;

use crate::adapter::{About, Adapter};
use crate::bench::Bench;
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

/// The beginning of the page.
const HEAD: &str = "\
# Real servers on the ladder

This page is what `cargo run -p suite -- peers` printed. It starts each server with its adapter file (`tests/suite/peers`) and
tries the tests of behaviour of the stages v01 to v06 on it, with a patience of 4 s. House rules, such as the wording of error
messages, aren't tried. A server has reached a stage if it passes every test of that stage and of all before it. The columns
v02 to v06 are the motivating tests, which are listed below the table; – means that the test doesn't apply, or needs a page
or a setting that the server doesn't have. Such tests are counted as skipped. A test that failed isn't always a fault: [Where
real servers do this](../real-servers.md#real-servers-on-the-ladder) explains the rows.
";

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
                // One that doesn't start at all would fail every case for a reason that none of them is about.
                Bench::new(&program).look().map_err(|problem| anyhow!("{} does not start: {problem}", about.name))?;
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
    let (names, today) = (motives().map(|motive| motive.stage.to_string()), fmt_http_date(SystemTime::now()));
    let names: Vec<_> = names.collect();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel: Vec<_> = kernel.split('.').take(2).collect();
    writeln!(page, "{HEAD}")?;
    writeln!(page, "Tried on {}, Linux {}.\n\n## How far they get\n", &today[5..16], kernel.join("."))?;
    writeln!(page, "| server | how it works | stage reached | {} | passed | failed | skipped |", names.join(" | "))?;
    writeln!(page, "|---|---|---|{}--:|--:|--:|", ":-:|".repeat(names.len()))?;
    for row in rows {
        let reached = row.reached.map_or("–", Stage::name);
        let (failed, marks) = (row.failed.len(), row.motives.join(" | "));
        let Row { about: About { name, model, .. }, version, passed, skipped, .. } = row;
        writeln!(page, "| {name} {version} | {model} | {reached} | {marks} | {passed} | {failed} | {skipped} |")?;
    }
    writeln!(page)?;
    for motive in motives() {
        writeln!(page, "- {}: {}", motive.stage, motive.title())?;
    }
    writeln!(page, "\n## What they fail")?;
    for row in rows.iter().filter(|row| !row.failed.is_empty()) {
        writeln!(page, "\n### {}\n", row.about.name)?;
        row.failed.iter().try_for_each(|name| writeln!(page, "- {}", name.replace('_', " ")))?;
    }
    Ok(())
}
