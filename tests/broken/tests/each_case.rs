//! Each case against servers that are broken in just its way.

use std::collections::BTreeSet;
use std::time::Duration;

use broken::complain;
use broken::fault::{self, Fault};
use suite::bench::Bench;
use suite::case::{Case, Kind, Outcome, Stop, Verdict, failed};
use suite::cases;
use suite::malformed::{self, Row};
use suite::port;
use suite::program::{PATIENCE, Program, SHORT_PATIENCE};
use suite::report;
use suite::stage::Stage;

/// The servers that are v05 and v06 with their edits.
const BROKEN: &str = env!("CARGO_BIN_EXE_broken");
const BROKEN_V06: &str = env!("CARGO_BIN_EXE_broken_v06");

/// How many servers are tried at a time. Most of the time is spent waiting for what must not come.
const THREADS: usize = 32;

/// The attempts at a fault, until one catches it. A busy machine can hide one: a request that comes too slowly is refused
/// before the fault shows.
const ATTEMPTS: [Duration; 3] = [SHORT_PATIENCE, PATIENCE, PATIENCE];

/// A fault that a short patience takes for another: it ends its child only after a while, which is not what is wrong.
const SLOW: [&str; 1] = ["takes_a_large_body_for_a_slow_one"];

/// Cases about starting: a server that does not start fails them.
const ABOUT_STARTING: [&str; 1] = ["gets_its_port_again_at_once"];

#[test]
fn a_server_without_a_fault_passes_every_case() {
    let mut cases: Vec<_> = cases_of_rust().collect();
    cases.reverse(); // The last take longest.
    complain(THREADS, &cases, |case| {
        let binary = if case.holds_for(Stage::V05) { BROKEN } else { BROKEN_V06 };
        match case.try_on(&Program::new([binary]).strictly()) {
            Verdict::Passed => None,
            Verdict::Skipped(reason) => {
                println!("{} was skipped: {reason}", case.name);
                None
            }
            Verdict::Failed(stop, evidence) => Some(report::paragraph(case, &stop, &evidence, None)),
        }
    });
}

/// A case that starts a second server has ended the first one by then.
#[test]
fn one_address_is_enough_for_the_cases_of_applications() {
    let (_reserved, address) = port::reserve().expect("a free port");
    for case in cases_of_rust().filter(|case| case.stage == Stage::V03) {
        if let Verdict::Failed(stop, evidence) = case.try_on(&Program::new([BROKEN]).at(Some(address))) {
            panic!("{}", report::paragraph(&case, &stop, &evidence, Some(address)));
        }
    }
}

#[test]
fn each_fault_is_caught_by_its_cases() {
    let mut pairs: Vec<_> = fault::all().flat_map(|fault| fault.cases.iter().map(move |case| (fault, *case))).collect();
    pairs.reverse(); // The last take longest.
    complain(THREADS, &pairs, |(fault, name)| {
        let Some(case) = cases::all().into_iter().find(|case| case.name == *name) else {
            return Some(format!("{}: there is no case {name}", fault.name));
        };
        let ends: Vec<_> = ATTEMPTS.iter().map_while(|&patience| is_caught(&case, fault, patience).err()).collect();
        if ends.iter().all(|end| end.starts_with(SKIPPED)) {
            ends.first().inspect(|end| println!("{name} {end}")); // This machine lacks something, each time.
            return None;
        }
        (ends.len() == ATTEMPTS.len())
            .then(|| format!("{} ({}): the case {name} {}", fault.name, fault.wrong, ends.join(", ")))
    });
}

/// How a case that was skipped has ended.
const SKIPPED: &str = "is skipped: ";

/// Tries the case on a server with the fault; an error says how else it ended than by a failure.
fn is_caught(case: &Case, fault: &Fault, patience: Duration) -> Result<(), String> {
    let patience = if SLOW.contains(&fault.name) { PATIENCE } else { patience };
    let binary = if fault.is_of_workers() { BROKEN_V06 } else { BROKEN };
    match case.try_on(&server(binary, fault.name).patience(patience)) {
        Verdict::Failed(Stop::Failed(failure), _) => {
            println!("{}: expected: {}; came: {}", fault.name, failure.expected, failure.came);
            Ok(())
        }
        Verdict::Failed(Stop::NotStarted(_), _) if ABOUT_STARTING.contains(&case.name) => Ok(()),
        Verdict::Failed(stop, _) => Err(format!("ends with {stop:?}")),
        Verdict::Passed => Err("passes".to_owned()),
        Verdict::Skipped(reason) => Err(format!("{SKIPPED}{reason}")), // Perhaps only because the machine was busy.
    }
}

#[test]
fn each_case_has_a_fault_that_it_catches() {
    let caught: BTreeSet<_> = fault::all().flat_map(|fault| fault.cases).copied().collect();
    let missing: Vec<_> = cases_of_rust().map(|case| case.name).filter(|name| !caught.contains(name)).collect();
    assert!(missing.is_empty(), "no server is broken in the way that these cases are about: {missing:#?}");
}

#[test]
fn each_malformed_request_is_told_from_one_that_is_served() {
    let run = gets_200_for_every_row;
    let case = Case { name: "each_row", kind: Kind::Behaviour, stage: Stage::V02, until: None, says: "", run };
    let verdict = case.try_on(&server(BROKEN, "answers_200_to_all"));
    if let Verdict::Failed(stop, evidence) = verdict {
        panic!("{}", report::paragraph(&case, &stop, &evidence, None));
    }
}

/// On a server that answers 200 in the place of a refusal no row may find a status that is right for it.
fn gets_200_for_every_row(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let tables = [malformed::request_lines(), malformed::fields(), malformed::lengths(), malformed::chunks()];
    for Row { name, bytes, statuses, .. } in tables.into_iter().flatten() {
        let mut client = server.connect()?;
        client.send(bytes)?;
        let status = client.response()?.status;
        if statuses.contains(&status) {
            return Err(failed(format!("the row `{name}` tells a 200 from a refusal"), status));
        }
    }
    Ok(())
}

/// The cases that a server without Python can pass. Those of v07 need broken servers that contain Python, and this package
/// is built where there is none.
fn cases_of_rust() -> impl Iterator<Item = Case> {
    cases::all().into_iter().filter(|case| case.stage < Stage::V07)
}

fn server(binary: &str, fault: &str) -> Program {
    Program::new([binary]).strictly().knob(fault::VARIABLE, fault)
}
