//! Each fact is shown to fail on a timeline that is wrong in just that.

use super::super::model::Process;
use super::*;

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A client that was worked for from `start` to `end`.
fn client(number: usize, process: usize, start: u64, end: u64) -> Client {
    Client {
        name: format!("quick {number}"),
        kind: Kind::Quick,
        asks: "asks for /".to_owned(),
        connected: ms(start),
        pieces: vec![ms(start)],
        accepted: Some(ms(start)),
        process: Some(process),
        whole: Some(ms(start)),
        answer: Some((ms(end), ms(end))),
        ended: ms(end),
    }
}

fn process(name: &str) -> Process {
    Process { name: name.to_owned(), born: None, ended: None, reaped: None }
}

fn zombie(name: &str) -> Process {
    Process { ended: Some(ms(100)), ..process(name) }
}

fn timeline(stage: Stage, processes: Vec<Process>, clients: Vec<Client>) -> Timeline {
    Timeline { stage, processes, clients, end: ms(1000), blind: ms(3) }
}

fn iterative() -> Timeline {
    timeline(Stage::V03, vec![process("server")], vec![client(1, 0, 0, 100), client(2, 0, 100, 200)])
}

fn forking() -> Timeline {
    let processes = vec![process("server"), zombie("child 1"), zombie("child 2")];
    timeline(Stage::V04, processes, vec![client(1, 1, 0, 100), client(2, 2, 50, 150)])
}

fn reaping() -> Timeline {
    let mut right = forking();
    right.stage = Stage::V05;
    for process in &mut right.processes[1..] {
        process.reaped = Some(ms(101));
    }
    right
}

fn asynchronous() -> Timeline {
    let processes = vec![process("master"), process("worker 1"), process("worker 2")];
    timeline(Stage::V06, processes, vec![client(1, 1, 0, 100), client(2, 1, 50, 150)])
}

/// The one thing that is missing.
fn only(timeline: &Timeline) -> String {
    let missing = timeline.missing();
    assert_eq!(missing.len(), 1, "{missing:?}");
    missing.concat()
}

#[test]
fn nothing_is_missing_in_a_right_one() {
    for right in [iterative(), forking(), reaping(), asynchronous()] {
        assert_eq!(right.missing(), Vec::<String>::new(), "{}", right.stage);
    }
}

#[test]
fn one_client_at_a_time_means_no_overlap() {
    let mut wrong = iterative();
    wrong.clients[1].accepted = Some(ms(50));
    wrong.clients[1].whole = Some(ms(50));
    assert!(only(&wrong).contains("quick 2"));
}

#[test]
fn an_overlap_that_no_look_could_tell_is_none() {
    let mut blurred = iterative();
    blurred.clients[0].answer = Some((ms(102), ms(102)));
    assert_eq!(blurred.missing(), Vec::<String>::new());
}

#[test]
fn one_client_at_a_time_means_one_process() {
    let mut wrong = iterative();
    wrong.processes.push(process("child 1"));
    assert!(only(&wrong).contains("one process"));
}

#[test]
fn each_client_has_a_child() {
    let mut wrong = forking();
    wrong.clients[1].process = Some(1);
    assert!(only(&wrong).contains("a child of its own"));
    wrong.processes.pop();
    assert!(wrong.missing().iter().any(|words| words.contains("have 1")));
}

#[test]
fn zombies_stay_in_v04_and_not_in_v05() {
    let mut wrong = forking();
    wrong.processes[2].reaped = Some(ms(101));
    assert!(only(&wrong).contains("2 zombies, and there are 1"));
    let mut wrong = reaping();
    wrong.processes[1].reaped = None;
    assert!(only(&wrong).contains("0 zombies, and there are 1"));
}

#[test]
fn children_and_workers_work_at_the_same_time() {
    for mut wrong in [forking(), reaping(), asynchronous()] {
        wrong.clients[1] = client(2, wrong.clients[1].process.unwrap_or_default(), 100, 200);
        assert!(only(&wrong).contains("at the same time"));
    }
}

#[test]
fn workers_are_few() {
    let mut wrong = asynchronous();
    wrong.processes.push(process("worker 3"));
    assert!(only(&wrong).contains("4 processes"));
}

#[test]
fn everybody_who_asks_is_answered() {
    let mut wrong = asynchronous();
    wrong.clients.push(Client { answer: None, ..client(3, 2, 0, 10) });
    assert_eq!(only(&wrong), "quick 3 must be served, and is not");
}
