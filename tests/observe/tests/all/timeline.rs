//! `observe timeline`, in its small form: what the pictures must show, the files, and how it ends.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use observe::timeline::drama::Kind;
use observe::timeline::model::{Client, Process, Timeline};
use observe::timeline::picture::draw;
use observe::timeline::{Arguments, draw_all};
use observe::versions::Version;
use procfs::process::{self, all_processes};
use roxmltree::{Document, Node};
use suite::stage::Stage;
use tempfile::TempDir;

const OBSERVE: &str = env!("CARGO_BIN_EXE_observe");

/// It only bounds a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// A bar, as the file has it: whose, where, and from when to when in milliseconds.
struct Bar {
    client: String,
    lane: String,
    start: f64,
    end: f64,
}

fn observe(arguments: &[&str], out: &Path) -> Command {
    let mut command = Command::new(OBSERVE);
    command.args(["timeline", "--small", "--out"]).arg(out).args(arguments).stdin(Stdio::null());
    command
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn number(node: Node, name: &str) -> f64 {
    node.attribute(name).and_then(|text| text.parse().ok()).expect(name)
}

fn bars(picture: &Document, phase: &str) -> Vec<Bar> {
    let bars = picture.descendants().filter(|node| node.attribute("data-phase") == Some(phase));
    let text = |node: Node, name: &str| node.attribute(name).expect(name).to_owned();
    bars.map(|node| Bar {
        client: text(node, "data-client"),
        lane: text(node, "data-lane"),
        start: number(node, "data-start"),
        end: number(node, "data-end"),
    })
    .collect()
}

/// The pairs of clients whose work overlaps for longer than the looks were apart.
fn overlaps(picture: &Document) -> Vec<(String, String)> {
    let (work, blind) = (bars(picture, "work"), number(picture.root_element(), "data-blind"));
    let mut pairs = Vec::new();
    for (place, one) in work.iter().enumerate() {
        for other in &work[place + 1..] {
            // The file has its times to a tenth of a millisecond.
            if one.end.min(other.end) - one.start.max(other.start) > blind + 0.2 {
                pairs.push((one.client.clone(), other.client.clone()));
            }
        }
    }
    pairs
}

fn processes<'a>(picture: &'a Document) -> Vec<Node<'a, 'a>> {
    picture.descendants().filter(|node| node.has_attribute("data-process")).collect()
}

fn zombies(picture: &Document) -> usize {
    processes(picture).iter().filter(|node| node.attribute("data-zombie-in-the-end") == Some("true")).count()
}

/// Who is in which lane, whatever is done there.
fn lanes(picture: &Document) -> BTreeMap<String, Vec<String>> {
    let mut lanes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for bar in ["client", "work", "idle"].into_iter().flat_map(|phase| bars(picture, phase)) {
        let clients = lanes.entry(bar.lane).or_default();
        if !clients.contains(&bar.client) {
            clients.push(bar.client);
        }
    }
    lanes
}

#[test]
#[ignore = "it measures every version, which takes ten seconds; .ci/run does it"]
fn the_pictures_show_what_the_versions_are_about() {
    let out = TempDir::new().expect("a folder");
    let output = observe(&[], out.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", words(&output));
    let bar = output.stderr.iter().any(|byte| b"\r\x1b".contains(byte));
    assert!(!bar, "no progress bar without a terminal: {}", words(&output));
    let page = fs::read_to_string(out.path().join("timelines.md")).expect("the page");
    assert!(page.contains("Made by `cargo run --release -p observe -- timeline` on "), "{page}");
    for stage in Stage::WITHOUT_PYTHON {
        let file = out.path().join(format!("timeline-{stage}.svg"));
        assert!(words(&output).contains(&format!("wrote {}", file.display())));
        assert!(page.contains(&format!("](timeline-{stage}.svg)")), "{page}");
        assert_eq!(page.matches("| quick 1 |").count(), 6, "a table for each: {page}");
        let text = fs::read_to_string(file).expect("a picture");
        check(stage, &Document::parse(&text).expect("XML"));
    }
}

fn check(stage: Stage, picture: &Document) {
    let root = picture.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    assert!(root.children().any(|node| node.has_tag_name("title")));
    assert!(root.children().any(|node| node.has_tag_name("desc")));
    let (processes, lanes, overlaps) = (processes(picture).len(), lanes(picture), overlaps(picture));
    let who = format!("{stage}: {lanes:?}, together {overlaps:?}");
    assert_eq!(lanes.values().flatten().count(), 8, "{who}");
    match stage {
        Stage::V01 | Stage::V02 | Stage::V03 => {
            assert_eq!((processes, overlaps.len()), (1, 0), "{who}");
            assert!(!bars(picture, "queue").is_empty(), "{who}");
        }
        Stage::V04 | Stage::V05 => {
            assert_eq!((processes, lanes.len()), (8 + 1, 8), "{who}");
            assert_eq!(zombies(picture), if stage == Stage::V04 { 8 } else { 0 }, "{who}");
            assert!(!overlaps.is_empty(), "{who}");
        }
        Stage::V06 | Stage::V07 => {
            assert!(processes <= 2 + 1, "{who}");
            assert!(!overlaps.is_empty(), "{who}");
            assert!(!bars(picture, "idle").is_empty(), "{who}");
        }
    }
}

/// A client that a process of this lane worked for.
fn client(name: &str, start: u64, end: u64) -> Client {
    let (start, end) = (Duration::from_millis(start), Duration::from_millis(end));
    Client {
        name: name.to_owned(),
        kind: Kind::Quick,
        asks: "asks for /".to_owned(),
        connected: start,
        pieces: vec![start],
        accepted: Some(start),
        process: Some(0),
        whole: Some(start),
        answer: Some((end, end)),
        ended: end,
    }
}

#[test]
fn a_wrong_picture_is_found_out() {
    let zombie =
        Process { name: "child 1".to_owned(), born: None, ended: Some(Duration::from_millis(9)), reaped: None };
    let wrong = Timeline {
        stage: Stage::V03,
        processes: vec![Process { name: "server".to_owned(), ended: None, ..zombie.clone() }, zombie],
        clients: vec![client("one", 0, 100), client("two", 50, 150), client("three", 152, 200)],
        end: Duration::from_millis(200),
        blind: Duration::from_millis(3),
    };
    let text = draw(&wrong, "a machine");
    let picture = Document::parse(&text).expect("XML");
    assert_eq!(overlaps(&picture), [("one".to_owned(), "two".to_owned())]);
    assert_eq!((processes(&picture).len(), zombies(&picture)), (2, 1));
}

/// The file of a version, in the folder where cargo puts what it builds for this test.
fn built(stage: Stage) -> Version {
    Version::build(stage, Path::new(OBSERVE).parent().expect("a folder")).expect("it is built")
}

fn script(folder: &TempDir, text: &str) -> PathBuf {
    let file = folder.path().join("server");
    fs::write(&file, text).expect("a file");
    fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("a mode");
    file
}

#[test]
fn a_version_that_dies_in_the_middle_is_told_and_the_rest_goes_on() {
    let (out, folder) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    // It is killed as soon as it holds a connection: that is its descriptor 4, after the standard streams and the
    // listener.
    let dies = script(
        &folder,
        &format!(
            "#!/bin/sh\n(until readlink /proc/$$/fd/4 | grep -q socket; do :; done; kill -9 $$) &\nexec {} \"$@\"\n",
            built(Stage::V03).executable.display()
        ),
    );
    let only = vec![Stage::V01, Stage::V03, Stage::V04];
    let arguments = Arguments { only, out: Some(out.path().to_owned()), small: true };
    let version = |stage: Stage| match stage {
        Stage::V01 => anyhow::bail!("v01 does not build"),
        Stage::V03 => Ok(Version { stage, executable: dies.clone() }),
        _ => Ok(built(stage)),
    };
    assert!(!draw_all(&arguments, version).expect("it goes on"));
    let exists = |stage: &str| out.path().join(format!("timeline-{stage}.svg")).exists();
    assert_eq!((exists("v01"), exists("v03"), exists("v04")), (false, false, true));
}

#[test]
fn a_version_that_is_no_server_ends_the_command_with_1() {
    let out = TempDir::new().expect("a folder");
    // Without cargo nothing can be built.
    let output = observe(&["--only", "v02"], out.path()).env("PATH", "").output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert!(words(&output).contains("v02: no picture: "), "{}", words(&output));
    assert!(!out.path().join("timeline-v02.svg").exists());
}

#[test]
fn ctrl_c_leaves_no_server_behind() {
    let out = TempDir::new().expect("a folder");
    built(Stage::V04); // Then the command has not to wait for cargo.
    let mut observe = observe(&["--only", "v04"], out.path());
    // A test run started in the background of a shell ignores SIGINT, and would hand that down.
    let prepare = || {
        // SAFETY: the default action runs no code of ours.
        unsafe { signal(Signal::SIGINT, SigHandler::SigDfl) }?;
        Ok(())
    };
    // SAFETY: between fork and exec it makes one system call.
    unsafe { observe.pre_exec(prepare) };
    let mut observe = Killed(observe.stdout(Stdio::null()).spawn().expect("it runs"));
    // A server that has a child: the drama has begun.
    let server = wait(|| server_of(&observe.0).filter(|server| !children(server.pid).is_empty()));
    let family: Vec<_> = children(server.pid).into_iter().chain([server]).collect();
    kill(Pid::from_raw(observe.0.id().cast_signed()), Signal::SIGINT).expect("a signal");
    let status = observe.0.wait().expect("its end");
    assert!(!status.success());
    wait(|| family.iter().all(|process| !process.is_alive() || is_zombie(process)).then_some(()));
    assert_eq!(fs::read_dir(out.path()).expect("the folder").count(), 0, "no half-written file");
}

/// A command that does not outlive a test that fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill(); // It may have ended.
        let _ = self.0.wait();
    }
}

/// Looks until something is there.
fn wait<T>(look: impl Fn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "it did not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn server_of(observe: &Child) -> Option<process::Process> {
    children(observe.id().cast_signed()).into_iter().find(|process| process.stat().is_ok_and(|stat| stat.comm == "v04"))
}

fn children(parent: i32) -> Vec<process::Process> {
    let is_child = |process: &process::Process| process.stat().is_ok_and(|stat| stat.ppid == parent);
    all_processes().into_iter().flatten().flatten().filter(is_child).collect()
}

fn is_zombie(process: &process::Process) -> bool {
    process.stat().is_ok_and(|stat| stat.state == 'Z')
}
