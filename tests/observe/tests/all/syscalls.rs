//! `observe syscalls` on each version: every call is explained, and those that a version is about are there.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{fs, io};

use observe::syscalls::tracer;

const OBSERVE: &str = env!("CARGO_BIN_EXE_observe");

#[test]
fn every_call_of_every_version_is_explained() {
    if let Err(error) = tracer::check() {
        return println!("skipped: {error:#}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(OBSERVE).args(["syscalls", "all", "--out"]).arg(folder.path()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page_of_v01 = page(folder.path(), "v01");
    assert_eq!(calls(&page_of_v01, "server"), ["accept4", "recvfrom", "sendto", "close", "accept4"], "{page_of_v01}");
    for version in ["v02", "v03"] {
        let page = page(folder.path(), version);
        // What is left of TIMEOUT is set before each call.
        let expected = ["accept4", "setsockopt", "recvfrom", "setsockopt", "sendto", "close", "accept4"];
        assert_eq!(calls(&page, "server"), expected, "{page}");
    }
    for version in ["v04", "v05"] {
        let page = page(folder.path(), version);
        assert!(calls(&page, "server").contains(&"clone"), "{page}");
        assert!(calls(&page, "child").contains(&"recvfrom"), "{page}");
        assert_eq!(calls(&page, "server").contains(&"wait4"), version == "v05", "v05 alone reaps:\n{page}");
    }
    let page = page(folder.path(), "v06");
    assert!(page.contains("none by the master") && calls(&page, "worker").contains(&"epoll_wait"), "{page}");
}

#[test]
fn it_ends_quietly_when_nobody_reads_what_it_prints() {
    if let Err(error) = tracer::check() {
        return println!("skipped: {error:#}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (_, stdout) = io::pipe().expect("a pipe"); // Its reading end is closed here.
    let mut command = Command::new(OBSERVE);
    command.args(["syscalls", "v01", "--out"]).arg(folder.path()).stdout(stdout).stderr(Stdio::piped());
    let ended = command.spawn().and_then(Child::wait_with_output).expect("it runs");
    let error = String::from_utf8_lossy(&ended.stderr);
    assert!(!error.contains("panicked"), "{error}");
}

#[test]
fn a_missing_strace_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(OBSERVE);
    let output = command.args(["syscalls", "v05"]).env("PATH", folder.path()).output().expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("strace is not installed"), "{error}");
}

fn page(folder: &Path, version: &str) -> String {
    fs::read_to_string(folder.join(format!("syscalls-{version}.md"))).expect("a page")
}

/// The names of the calls in the section of a process, without those that std makes in a debug build only.
fn calls<'a>(page: &'a str, process: &str) -> Vec<&'a str> {
    let section = page.split_once(&format!("\n## {process}\n")).map_or("", |(_, rest)| rest);
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let names = section.lines().filter_map(|line| Some(line.split_once(". `")?.1.split_once('(')?.0));
    names.filter(|name| *name != "fcntl").collect()
}
