//! `suite exercise`, run as a reader runs it. Whether each exercise can be done, the package `book` tries.

use std::process::{Command, Output};

use suite::cases;
use suite::exercises::{Exercise, Task};

fn exercise(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_suite")).arg("exercise").args(arguments).output().expect("the suite runs")
}

#[track_caller]
fn says(output: &Output, success: bool, words: &[&str]) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for word in words {
        assert!(text.contains(word), "{word:?} is not in:\n{text}");
    }
    assert_eq!(output.status.success(), success, "{text}");
}

#[test]
fn without_a_number_all_are_listed() {
    says(&exercise(&[]), true, &["lessons/v05-orphans.md\n  v05.4   predict", "v06.15  break    the end says enough"]);
}

#[test]
fn a_number_that_there_is_not_is_told_with_those_that_there_are() {
    says(&exercise(&["v04.9"]), false, &["there is no exercise v04.9; v04 has v04.1, v04.2, v04.3; `cargo run"]);
    says(&exercise(&["4.2"]), false, &["there is no exercise 4.2; `cargo run -p suite -- exercise` lists all"]);
}

#[test]
fn a_question_is_answered_in_the_chapter() {
    says(
        &exercise(&["v05.4"]),
        true,
        &["Predict v05.4: two ways to stop", "lessons/v05-orphans.md, under \"Predict (v05.4)\""],
    );
}

#[test]
fn what_is_not_done_is_explained() {
    // Takes a client after the other, and answers none.
    let server = "import socket, sys\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n\
                  print('s listening on http://127.0.0.1:%d' % s.getsockname()[1], flush=True)\n\
                  while True: s.accept()[0].close()";
    let output = exercise(&["v04.2", "--patience", "5", "--", "python3", "-S", "-c", server]);
    if output.stdout.is_empty() || String::from_utf8_lossy(&output.stdout).contains("There is no program") {
        return; // There is no Python here.
    }
    let words = [
        "Write v04.2",
        "LIFETIME=N",
        "trying `python3",
        "✗ ends a child that lives too long",
        "expected:",
        "Not done yet.",
    ];
    says(&output, false, &words);
    let words = ["This is broken in another way than the exercise asks for.", "✗ echoes a body (expected:"];
    says(&exercise(&["v01.3", "--patience", "5", "--", "python3", "-S", "-c", server]), false, &words);
}

#[test]
fn what_is_no_server_is_told() {
    says(
        &exercise(&["v01.2", "--", "/no/such/program"]),
        false,
        &["trying `/no/such/program", "✗ There is no program"],
    );
}

#[test]
fn each_chapter_has_three_and_they_name_cases_that_there_are() {
    let all = Exercise::all();
    assert_eq!(all.len(), 3 * 16, "a chapter has three");
    for three in all.chunks(3) {
        let kinds: Vec<_> = three.iter().map(Exercise::kind).collect();
        assert_eq!(kinds, ["Predict", "Write", "Break"], "{}", three[0].chapter);
        assert!(three.iter().all(|one| one.chapter == three[0].chapter && one.id.starts_with(one.version.name())));
    }
    for exercise in &all {
        let cases = exercise.cases();
        match &exercise.task {
            Task::Predict => {}
            Task::Write { case, .. } => {
                assert!(cases::all().iter().all(|other| other.name != case.name), "{}", case.name)
            }
            Task::Break { notices, .. } => {
                assert!(!notices.is_empty() && notices.iter().all(|name| cases.iter().any(|case| case.name == *name)));
            }
        }
    }
}
