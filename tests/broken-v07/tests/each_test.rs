//! Each of v07's own tests against servers that are broken in just its way. The tests are run as they are: v07's executables,
//! which V07_PROGRAM gives a broken server in place of v07.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use broken::complain;
use broken::fault::{self, Fault};
use serde_json::Value;
use suite::case::{Case, Stop, Verdict};
use suite::cases;
use suite::program::Program;
use suite::stage::Stage;

const PROGRAM: &str = env!("CARGO_BIN_EXE_broken_v07");

/// How many tests are run at a time. Most of the time is spent waiting for what must not come.
const THREADS: usize = 4;

/// The patience in each attempt at a fault, in seconds, until one catches it. A busy machine can hide one.
const ATTEMPTS: [&str; 3] = ["2", "10", "10"];

/// Tests about starting: a server that does not start fails them.
const ABOUT_STARTING: [&str; 2] = ["an_application_is_found_by_its_name", "a_virtual_environment_is_used"];

/// One of v07's tests.
struct Test {
    /// The program that has it.
    executable: PathBuf,
    name: String,
}

static TESTS: LazyLock<Vec<Test>> = LazyLock::new(|| executables().into_iter().flat_map(tests).collect());

/// Builds v07's tests, which has been done if it was tested before.
fn executables() -> Vec<PathBuf> {
    let words = "test --quiet -p v07 --test wsgi --test unix --no-run --message-format=json --target-dir";
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(words.split(' ')).args(Path::new(env!("CARGO_TARGET_TMPDIR")).parent());
    let output = cargo.output().expect("cargo can be run");
    assert!(output.status.success(), "{}", said(&output));
    let messages = output.stdout.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let of_tests = messages.filter(|message: &Value| message["profile"]["test"] == true);
    of_tests.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect()
}

fn tests(executable: PathBuf) -> Vec<Test> {
    let output = Command::new(&executable).args(["--list", "--format", "terse"]).output().expect("a list");
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    names.map(|name| Test { executable: executable.clone(), name: name.to_owned() }).collect()
}

impl Test {
    /// Whether this is how a fault names it: without its module, and perhaps without `inline` or `in_threads`.
    fn is(&self, case: &str) -> bool {
        format!("::{}::", self.name).contains(&format!("::{case}::"))
    }

    /// Runs it; an error says how else it ended than by a failure.
    fn catches(&self, fault: &Fault, patience: &str) -> Result<(), String> {
        let mut command = run(&self.executable);
        command.args(["--exact", &self.name]).env(fault::VARIABLE, fault.name).env("V07_PATIENCE", patience);
        let output = command.output().expect("the test runs");
        let said = said(&output);
        match output.status.code() {
            Some(101) if said.contains("NotStarted(") && !ABOUT_STARTING.iter().any(|case| self.is(case)) => {
                Err("finds no server".to_owned())
            }
            Some(101) => {
                println!("{}: {}: {}", fault.name, self.name, reason(&said));
                Ok(())
            }
            Some(0) => Err("passes".to_owned()),
            _ => Err(format!("ends with {}", output.status)),
        }
    }
}

/// Tests of this executable, with the broken server.
fn run(executable: &Path) -> Command {
    // Under v07's name, by which the tests know its processes.
    static LINK: LazyLock<PathBuf> = LazyLock::new(|| {
        let link = Path::new(env!("CARGO_TARGET_TMPDIR")).join("v07");
        let _ = fs::remove_file(&link);
        symlink(PROGRAM, &link).expect("a link");
        link
    });
    let mut command = Command::new(executable);
    command.env("V07_PROGRAM", &*LINK);
    command
}

fn said(output: &Output) -> String {
    [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat()
}

/// Why a test has failed, on one line.
fn reason(said: &str) -> String {
    let at = ["panicked at", "Error: "].iter().find_map(|part| said.find(part)).unwrap_or_default();
    said[at..].lines().take(4).collect::<Vec<_>>().join(" | ").chars().take(300).collect()
}

#[test]
fn a_server_without_a_fault_passes_every_test() {
    for executable in executables() {
        let output = run(&executable).output().expect("the tests run");
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn each_fault_is_caught_by_its_tests() {
    let cases = || fault::OF_V07.iter().flat_map(|fault| fault.cases.iter().map(move |case| (fault, *case)));
    let is_known = |case: &str| TESTS.iter().any(|test| test.is(case)) || of_the_suite().any(|one| one.name == case);
    let unknown: Vec<_> = cases().filter(|(_, case)| !is_known(case)).collect();
    assert!(
        unknown.is_empty(),
        "there are no such tests: {:?}",
        unknown.iter().map(|(_, case)| case).collect::<Vec<_>>()
    );
    let mut pairs: Vec<_> = cases()
        .flat_map(|(fault, case)| TESTS.iter().filter(move |test| test.is(case)).map(move |test| (fault, test)))
        .collect();
    pairs.reverse(); // The last take longest.
    complain(THREADS, &pairs, |(fault, test)| {
        let ends: Vec<_> = ATTEMPTS.iter().map_while(|patience| test.catches(fault, patience).err()).collect();
        (ends.len() == ATTEMPTS.len())
            .then(|| format!("{} ({}): the test {} {}", fault.name, fault.wrong, test.name, ends.join(", ")))
    });
}

#[test]
fn each_test_has_a_fault_that_it_catches() {
    let cases: BTreeSet<_> = fault::OF_V07.iter().flat_map(|fault| fault.cases).collect();
    let missing: Vec<_> =
        TESTS.iter().filter(|test| !cases.iter().any(|case| test.is(case))).map(|test| &test.name).collect();
    assert!(missing.is_empty(), "no server is broken in the way that these tests are about: {missing:#?}");
}

/// The suite's cases that are about Python.
fn of_the_suite() -> impl Iterator<Item = Case> {
    cases::all().into_iter().filter(|case| case.stage == Stage::V07)
}

#[test]
fn each_case_of_the_suite_has_a_fault_that_it_catches() {
    let pairs: Vec<_> = of_the_suite()
        .flat_map(|case| {
            let faults: Vec<_> = fault::OF_V07.iter().filter(|fault| fault.cases.contains(&case.name)).collect();
            assert!(!faults.is_empty(), "no server is broken in the way that {} is about", case.name);
            faults.into_iter().map(move |fault| (fault, case.clone()))
        })
        .collect();
    complain(THREADS, &pairs, |(fault, case)| {
        let program = Program::new([PROGRAM]).knob(fault::VARIABLE, fault.name).should_fail();
        match case.try_on(&program) {
            Verdict::Failed(Stop::Failed(_), _) => None,
            Verdict::Failed(..) => Some(format!("{}: the case {} finds no server", fault.name, case.name)),
            _ => Some(format!("{} ({}): the case {} does not fail", fault.name, fault.wrong, case.name)),
        }
    });
}
