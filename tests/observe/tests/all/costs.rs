//! `observe costs` as a reader runs it, in its quick form: whole, without its tools, with a version that is no server,
//! and interrupted. And what must be so on any machine, however busy.

use std::collections::HashSet;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use observe::costs::idle::{self, Idle};
use observe::costs::load;
use observe::costs::waiting::{self, Limits, Wait};
use observe::syscalls::tracer;
use observe::versions::Version;
use suite::stage::Stage;
use tempfile::TempDir;

const OBSERVE: &str = env!("CARGO_BIN_EXE_observe");
/// It only bounds a failure.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "it measures every version, which takes ten seconds; .ci/run does it"]
fn every_version_has_its_row_and_every_cell_a_figure() {
    let (output, folder) = costs(&["--quick"]);
    let page = fs::read_to_string(folder.path().join("costs.md")).expect("the page");
    assert!(text(&output.stdout).starts_with(&page), "what is printed is what is written");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| v0")).collect();
    assert_eq!(rows.len(), 7 + 6 + 7, "{page}");
    let has_tools = has_wrk() && has_strace();
    assert_eq!(output.status.success(), has_tools, "{}", text(&output.stderr));
    let missing = ["(failed)", "(not measured)", "(does not start)", "(does not build)", "(no round)"];
    assert!(!missing.iter().any(|word| page.contains(word)), "{page}\n{}", text(&output.stderr));
    assert!(!has_tools || rows.iter().all(|row| !row.contains('(')), "{page}");
    let chart = fs::read_to_string(folder.path().join("costs.svg")).expect("the chart");
    let chart = roxmltree::Document::parse(&chart).expect("an SVG");
    let texts: Vec<_> = chart.descendants().filter_map(|node| node.text()).map(str::trim).collect();
    assert!(texts.contains(&"v06") && texts.contains(&"201"), "{texts:?}");
}

#[test]
fn missing_tools_are_named_and_the_rest_is_measured() {
    let (built, folder) = (built(&[Stage::V05]), scratch());
    let mut command = Command::new(OBSERVE);
    command.args(["costs", "--quick", "--only", "v05", "--built"]).arg(built.path()).arg("--out").arg(folder.path());
    let output = command.env("PATH", folder.path()).output().expect("observe runs");
    let (page, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("wrk is not installed") && error.contains("strace is not installed"), "{error}");
    assert!(page.contains("(no wrk)") && page.contains("(no strace)") && page.contains("| 201 "), "{page}");
}

#[test]
fn a_version_that_is_no_server_is_named_and_the_others_are_measured() {
    let (built, folder) = (built(&[Stage::V03]), scratch());
    symlink("/bin/true", built.path().join("v02")).expect("a link");
    let mut command = Command::new(OBSERVE);
    command.args(["costs", "--quick", "--only", "v02,v03,v04", "--built"]).arg(built.path());
    let output = command.arg("--out").arg(folder.path()).output().expect("observe runs");
    let (page, error) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("observe: v02: ") && error.contains("observe: v04: "), "{error}");
    let row = |name: &str| page.lines().filter(|line| line.starts_with(&format!("| {name} "))).collect::<String>();
    assert!(row("v02").contains("(does not start)") && row("v04").contains("(does not start)"), "{page}");
    // How many of the 200 the kernel's queue takes differs by one or two. v03 has one process for them.
    let idle =
        page.lines().skip_while(|line| *line != "## Slow and idle clients").find(|line| line.starts_with("| v03 "));
    let cells: Vec<_> = idle.unwrap_or_default().split('|').map(str::trim).collect();
    let (processes, connected) = (cells.get(3), cells.get(5).and_then(|cell| cell.parse::<u32>().ok()));
    assert!(processes == Some(&"1") && connected.is_some_and(|count| (100..200).contains(&count)), "{page}");
    assert!(!row("v03").contains("(does not start)"), "{page}");
}

#[test]
fn a_child_for_each_idle_client_or_a_few_workers_for_all() {
    let idle = |stage| idle::measure(&version(stage), 200).expect("a measurement");
    for stage in [Stage::V04, Stage::V05] {
        let Idle { connected, processes_before, processes, .. } = idle(stage);
        assert_eq!((connected, processes_before, processes), (200, 1, 201), "{stage}");
    }
    let Idle { connected, processes_before, processes, .. } = idle(Stage::V06);
    assert_eq!((connected, processes_before, processes), (200, 3, 3), "a master and two workers");
    let Idle { connected, processes, .. } = idle(Stage::V03);
    assert!(connected < 200 && processes == 1, "{connected} in the queue");
}

#[test]
fn slow_clients_hold_up_a_quick_one_in_v01_to_v03_only() {
    let wait = |stage, seconds| {
        // No slow client is given up on: who waits for them, waits in vain.
        let limits = Limits { timeout: PATIENCE * 60, patience: Duration::from_secs_f64(seconds) };
        waiting::measure(&version(stage), limits).expect("a measurement")
    };
    for stage in [Stage::V01, Stage::V02, Stage::V03] {
        assert!(matches!(wait(stage, 0.2), Wait::GivenUp(_)), "{stage}");
    }
    for stage in [Stage::V04, Stage::V05, Stage::V06] {
        assert!(matches!(wait(stage, 30.0), Wait::Answered(_)), "{stage}");
    }
}

#[test]
fn an_interrupt_leaves_nothing_behind() {
    let (built, folder) = (built(&[Stage::V04]), scratch());
    let mut command = Command::new(OBSERVE);
    command.args(["costs", "--only", "v04", "--seconds", "60", "--built"]).arg(built.path());
    command.arg("--out").arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    // A test run started in the background of a shell ignores SIGINT, and would hand that down.
    let listens = || {
        // SAFETY: the default action runs no code of ours.
        unsafe { signal(Signal::SIGINT, SigHandler::SigDfl) }?;
        Ok(())
    };
    // SAFETY: between fork and exec it makes a system call and allocates nothing.
    unsafe { command.pre_exec(listens) };
    let mut observe = command.spawn().expect("observe runs");
    let pid = observe.id().cast_signed();
    let mut seen = HashSet::new();
    let awaited = if has_wrk() { "wrk" } else { "v04" };
    until("it has begun", || {
        let started = descendants(pid);
        seen.extend(started.iter().map(|(pid, _)| *pid));
        started.iter().any(|(_, name)| name == awaited)
    });
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("it runs");
    observe.wait().expect("it ends");
    // The children that v04 forked since are known by the folder of their executable.
    until("nothing is left", || processes().iter().all(|one| !seen.contains(&one.pid) && !one.runs_from(built.path())));
}

/// A process, zombies excepted.
struct Process {
    pid: i32,
    parent: i32,
    name: String,
    command: String,
}

impl Process {
    fn runs_from(&self, folder: &Path) -> bool {
        self.command.contains(&*folder.to_string_lossy())
    }
}

fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (start, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let is_zombie = fields.next()? == "Z";
        let parent = fields.next()?.parse().ok()?;
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let name = start.split_once('(')?.1.to_owned();
        (!is_zombie).then_some(Process { pid, parent, name, command })
    })
    .collect()
}

/// The numbers and names of a process's children, and of theirs.
fn descendants(pid: i32) -> Vec<(i32, String)> {
    let all = processes();
    let mut found: Vec<(i32, String)> = Vec::new();
    loop {
        let known: HashSet<_> = found.iter().map(|(pid, _)| *pid).chain([pid]).collect();
        let new = all.iter().filter(|one| known.contains(&one.parent) && !known.contains(&one.pid));
        let new: Vec<_> = new.map(|one| (one.pid, one.name.clone())).collect();
        if new.is_empty() {
            return found;
        }
        found.extend(new);
    }
}

fn until(what: &str, right: impl FnMut() -> bool) {
    let (mut right, start) = (right, Instant::now());
    while !right() {
        assert!(start.elapsed() < PATIENCE, "{what}, in {} s", PATIENCE.as_secs());
        thread::sleep(Duration::from_millis(20));
    }
}

fn costs(arguments: &[&str]) -> (Output, TempDir) {
    let folder = scratch();
    let mut command = Command::new(OBSERVE);
    let output = command.arg("costs").args(arguments).arg("--out").arg(folder.path()).output().expect("observe runs");
    (output, folder)
}

/// A folder with links to the executables of some versions.
fn built(stages: &[Stage]) -> TempDir {
    let folder = scratch();
    for &stage in stages {
        symlink(version(stage).executable, folder.path().join(stage.name())).expect("a link");
    }
    folder
}

/// A version, built beside this test's `observe`.
fn version(stage: Stage) -> Version {
    static BUILT: [OnceLock<Version>; Stage::ALL.len()] = [const { OnceLock::new() }; Stage::ALL.len()];
    let folder = Path::new(OBSERVE).parent().expect("a folder");
    BUILT[stage as usize].get_or_init(|| Version::build(stage, folder).expect("it builds")).clone()
}

fn has_wrk() -> bool {
    told(load::check())
}

fn has_strace() -> bool {
    told(tracer::check())
}

fn told(check: anyhow::Result<()>) -> bool {
    check.inspect_err(|error| println!("skipped in part: {error:#}")).is_ok()
}

fn scratch() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
