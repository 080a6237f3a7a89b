//! The commands of lessons: for each rule a small lesson that keeps it, and one that is wrong in just that way.
//!
//! Where namespaces can't be had, only that is tested.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use book::book::ROOT;
use book::chapter::Chapter;
use book::console::{Console, Played};

/// The variable that tells which test a process belongs to.
const MARK: &str = "CONSOLE_TEST";

fn chapter(text: &str) -> Chapter {
    Chapter::parse(Path::new(ROOT), "lessons/trial.md", text)
}

/// The lesson, played; nothing if namespaces can't be had here.
fn played(console: &Console, text: &str) -> Option<Played> {
    let played = console.play(&chapter(text)).expect("terminals");
    if let Some(reason) = played.not_run.iter().find(|reason| reason.contains("blocks in all ")) {
        println!("not tried: {reason}");
        return None;
    }
    Some(played)
}

/// A block of the first terminal passes.
fn passes(info: &str, text: &str) {
    lesson_passes(&format!("```console {info}\n{text}\n```\n"));
}

fn lesson_passes(text: &str) {
    let Some(played) = played(&Console::default(), text) else { return };
    let faults: String = played.faults.iter().map(|fault| format!("{fault}\n")).collect();
    assert!(faults.is_empty(), "{text}\n{faults}");
    assert_eq!(played.edits, []);
}

/// A block of the first terminal fails at this line, with these words in the message.
fn fails(info: &str, text: &str, line: usize, words: &[&str]) {
    lesson_fails(&format!("```console {info}\n{text}\n```\n"), line, words);
}

/// The same, where it takes the whole patience to see it.
fn fails_late(text: &str, line: usize, words: &[&str]) {
    lesson_fails_late(&format!("```console\n{text}\n```\n"), line, words);
}

fn lesson_fails(text: &str, line: usize, words: &[&str]) {
    played_fails(&Console::default(), text, line, words);
}

fn lesson_fails_late(text: &str, line: usize, words: &[&str]) {
    played_fails(&Console::default().patience(Duration::from_secs(5)), text, line, words);
}

fn played_fails(console: &Console, text: &str, line: usize, words: &[&str]) {
    let Some(played) = played(console, text) else { return };
    let fault = played.faults.first().unwrap_or_else(|| panic!("no fault in\n{text}"));
    assert_eq!(fault.line, line, "{fault}");
    for word in words {
        assert!(fault.text.contains(word), "no {word:?} in: {fault}");
    }
}

/// What `refresh` makes of a block.
fn refreshed(info: &str, text: &str, expected: &str) {
    let Some(played) = played(&Console::default(), &format!("```console {info}\n{text}\n```\n")) else { return };
    let edits: Vec<_> = played.edits.iter().map(|edit| (edit.first, edit.text.as_str())).collect();
    assert_eq!(edits, [(2, format!("{expected}\n").as_str())]);
}

/// The processes with this mark.
fn marked(mark: &str) -> Vec<String> {
    let variable = format!("{MARK}={mark}\0");
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let has = |path: &Path| {
        fs::read(path.join("environ")).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&variable))
    };
    let all = entries.map(|entry| entry.path()).filter(|path| has(path));
    all.map(|path| fs::read_to_string(path.join("comm")).unwrap_or_default()).collect()
}

#[test]
fn commands_print_what_is_printed() {
    passes("", "$ echo one\none\n$ pwd | grep -c /\n1\n$ true\n$ echo two\ntwo");
    fails("", "$ echo one\none\n$ echo two\nthree\n$ echo x\nx", 4, &["`echo two`", "-three", "+two", "refresh"]);
    fails("", "$ seq 3\n1\n2", 2, &["+3"]);
    fails("", "$ true\nsomething", 2, &["-something"]);
}

#[test]
fn the_last_command_prints_no_more_than_is_printed() {
    fails("", "$ echo one; echo two\none", 2, &["+two"]);
}

#[test]
fn a_command_can_take_several_lines() {
    passes("", "$ echo a \\\n    b\na b\n$ echo c\nc");
}

#[test]
fn output_may_end_without_a_newline() {
    passes("", "$ printf none\nnone\n$ printf 'one\\n\\n'\none\n$ echo two\ntwo");
    fails("", "$ printf none\nnon", 2, &["-non\n", "+none"]);
}

#[test]
fn a_command_may_fail() {
    passes("", "$ ls /nothing\nls: cannot access '/nothing': No such file or directory\n$ echo $?\n2");
    fails("", "$ (exit 3)\n$ echo $?\n0", 3, &["-0", "+3"]);
    passes("", "$ nosuch\nbash: nosuch: command not found");
}

#[test]
fn dots_stand_for_any_lines() {
    passes("", "$ seq 9\n1\n...\n5\n...\n9");
    passes("", "$ seq 2\n1\n...\n2");
    fails("", "$ seq 9\n1\n...\n10", 2, &["     ...", "-10", "+9"]);
    refreshed("", "$ seq 9\n10\n...\n11", "$ seq 9\n1\n...\n9");
}

#[test]
fn an_output_is_made_anew_where_it_differs() {
    refreshed(
        "mask=time",
        "$ printf '5 ms a\\nb 1 s\\nc\\n'\n7 ms a\nb 3 s\nd",
        "$ printf '5 ms a\\nb 1 s\\nc\\n'\n7 ms a\nb 3 s\nc",
    );
    refreshed("mask=pid", "$ echo 7 7 8\n1 2 3", "$ echo 7 7 8\n7 7 8");
}

#[test]
fn numbers_of_processes_are_renamed() {
    passes("mask=pid", "$ echo v04 has 5, 6 and 5\nv04 has 17, 18 and 17");
    fails("mask=pid", "$ echo 5, 6 and 5\n17, 18 and 18", 2, &["-17, 18 and 18", "+5, 6 and 5"]);
    fails("mask=pid", "$ echo 5\n17\n$ echo 6\n17", 4, &["-17", "+6"]);
    fails("mask=pid", "$ echo v04\nv05", 2, &["+v04"]);
    fails("", "$ echo 5\n17", 2, &["+5"]);
}

#[test]
fn numbers_and_times_and_dates_and_ports_are_masked() {
    passes("mask=number", "$ echo 5 of 6, 1.25, v04\n9 of 9, 3.4, v04");
    fails("mask=number", "$ echo v04\nv05", 2, &["+v04"]);
    passes("mask=time", "$ echo HTTP/1.1 in 5 ms, 0.3s, 1.234\nHTTP/1.1 in 70 ms, 1.2s, 9.9");
    fails("mask=time", "$ echo 5 ms, 3 pages\n9 ms, 4 pages", 2, &["+5 ms, 3 pages"]);
    passes("mask=date", "$ echo Sun, 06 Nov 1994 08:49:37 GMT, 1994-11-06\nMon, 07 Nov 1994 00:00:00 GMT, 2001-01-01");
    fails("", "$ echo 1994-11-06\n2001-01-01", 2, &["+1994-11-06"]);
    passes("mask=port", "$ echo 127.0.0.1:40404 to 127.0.0.1:8888\n127.0.0.1:5 to 127.0.0.1:8888");
    fails("mask=port", "$ echo 127.0.0.1:40404\n127.0.0.1:8888", 2, &["+127.0.0.1:40404"]);
    fails("mask=port", "$ echo :40404\n:40405", 2, &["+:40404"]);
}

#[test]
fn what_is_always_left_out() {
    passes("", "$ printf '\\033[1mServer\\033[0m: zepper\\n'\nServer: zepper");
    passes("", "$ echo 'Date: Sun, 06 Nov 1994 08:49:37 GMT'\nDate: Mon, 07 Nov 1994 00:00:00 GMT");
    passes("", "$ printf 'a  \\r\\n   Compiling v04\\n    Finished dev\\nb\\n'\na\n    Finished in 3 s\nb");
    fails("", "$ echo '  Running late'\nx", 2, &["+  Running late"]);
}

#[test]
fn nice_processes_are_like_others() {
    passes("", "$ printf '5 SN+  v04\\n6 Z<s+ v04\\n7 SN\\n'\n5 S+   v04\n6 Zs+  v04\n7 S");
    passes("", "$ nice sleep 1000 &\n...\n$ ps -o stat,comm -C sleep\nSTAT COMMAND\nS    sleep");
    fails("", "$ echo ZN+ v04\nS+  v04", 2, &["-S+  v04", "+ZN+ v04"]);
    fails("", "$ echo SNAP SN-1\nSAP S-1", 2, &["+SNAP SN-1"]);
}

#[test]
fn lines_may_come_in_any_order() {
    passes("mask=order", "$ seq 3\n3\n1\n2");
    passes("mask=order,pid", "$ printf '5 a\\n6 b\\n5 c\\n'\n70 c\n71 b\n70 a");
    passes("mask=order", "$ seq 9\n7\n...\n3");
    fails("mask=order", "$ seq 3\n3\n1\n1", 2, &["+2"]);
    fails("mask=order", "$ seq 3\n3\n1", 2, &["prints something else"]);
    fails("mask=order,pid", "$ printf '5 a\\n6 b\\n5 c\\n'\n70 c\n71 b\n71 a", 2, &["+5 a"]);
    fails("", "$ seq 3\n3\n1\n2", 2, &["prints something else"]);
}

#[test]
fn ctrl_c_ends_a_command() {
    passes("", "$ cat\n^C\n$ echo after\nafter");
    passes("", "$ sh -c 'trap \"echo bye; exit\" INT; echo hello; while :; do sleep 60; done'\nhello\n^C\nbye");
    fails("", "$ sh -c 'trap \"echo bye; exit\" INT; echo hello; sleep 60'\nhello\n^C\nfarewell", 4, &["^C", "+bye"]);
    fails("", "$ echo hello\nhello\n^C", 4, &["nothing runs"]);
    fails_late("$ sh -c 'trap \"\" INT; echo hello; exec sleep 60'\nhello\n^C\n$ true", 4, &["^C", "has not returned"]);
}

#[test]
fn a_command_that_does_not_return_is_waited_for_until_its_output_came() {
    passes("", "$ echo ready; sleep 1000\nready");
    fails_late("$ echo red; sleep 1000\nready", 2, &["still runs", "-ready", "+red"]);
    fails_late("$ echo ready; sleep 1000\nready\n$ true", 2, &["has not returned after", "^C"]);
}

#[test]
fn there_are_two_terminals() {
    let lesson = |answer: &str| {
        format!(
            "In the first terminal:\n\n```console\n$ name=first; cat\n```\n\n\
             With cat in the first terminal, in the second terminal:\n\n```console\n$ echo ${{name:-none}}\n{answer}\n```\n\n\
             Still there:\n\n```console\n$ echo here\nhere\n```\n\n\
             In the first terminal:\n\n```console\n^C\n$ echo $name\nfirst\n```\n"
        )
    };
    lesson_passes(&lesson("none"));
    lesson_fails(&lesson("first"), 10, &["+none"]);
}

#[test]
fn a_block_without_a_command_shows_what_has_come_since() {
    let lesson = |line: &str| {
        format!(
            "```console\n$ sh -c 'trap \"echo woken\" USR1; echo ready; while :; do sleep 60 & wait; done'\nready\n```\n\n\
             Second terminal:\n\n```console\n$ pkill -USR1 -x sh\n```\n\n\
             First terminal:\n\n```console\n{line}\n^C\n$ echo after\nafter\n```\n"
        )
    };
    lesson_passes(&lesson("woken"));
    lesson_fails_late(&lesson("asleep"), 15, &["this look", "-asleep", "+woken"]);
    // What came before a Ctrl-C need not be shown.
    lesson_passes(&lesson("^C\n$ true").replace("^C\n$ true\n^C", "^C"));
    lesson_fails_late("```console\nlate\n```\n", 2, &["-late"]);
}

#[test]
fn a_job_in_the_background_prints_later() {
    let lesson = |line: &str| {
        format!("```console mask=pid\n$ (sleep 0.3; echo late) &\n[1] 5\n```\n\nThen:\n\n```console\n{line}\n```\n")
    };
    lesson_passes(&lesson("late"));
    lesson_fails_late(&lesson("early"), 9, &["-early", "+late"]);
}

#[test]
fn jobs_run_in_the_background() {
    passes("mask=pid", "$ sleep 1000 &\n[1] 123\n$ ps -o pid,comm -C sleep\n    PID COMMAND\n    123 sleep");
    fails("mask=pid", "$ sleep 1000 &\n[1] 123\n$ ps -o pid= -C sleep\n    124", 4, &["-    124"]);
}

#[test]
fn the_namespaces_are_the_chapters_own() {
    passes("", "$ ps -e -o pid= | head -1\n      1\n$ ps -e -o comm= | sort | uniq -c | grep -c book\n1");
    passes("", "$ head -c 0 < /dev/tcp/127.0.0.1/8888\n...\nbash: /dev/tcp/127.0.0.1/8888: Connection refused");
    passes("", "$ env | grep -e ^CARGO_PKG -e ^RUST_TEST -e ^CARGO_BIN -e ^LOG=; echo $?\n1");
}

#[test]
fn a_block_that_can_not_be_run_is_counted() {
    let text = "```console not-run=\"it takes a day\"\n$ sleep 86400\n```\n\n```console\n$ echo one\none\n```\n";
    if let Some(played) = played(&Console::default(), text) {
        assert_eq!((played.run, played.faults.len()), (1, 0));
        assert_eq!(played.not_run, ["lessons/trial.md:1: it takes a day"]);
    }
    fails("not-run", "$ true", 1, &["say why"]);
    fails("mask=pit", "$ true", 1, &["no mask `pit`"]);
    fails("musk=pid", "$ true", 1, &["`musk`"]);
}

#[test]
fn without_a_program_that_it_needs_nothing_is_run() {
    let text = "```console\n$ echo a\n$ curl -s http://127.0.0.1:8888/\n```\n";
    let played = Console::default().variable("PATH", "/nowhere").play(&chapter(text)).expect("terminals");
    assert_eq!((played.run, played.faults.len()), (0, 0));
    assert!(played.not_run.concat().contains("there is no bash on this machine"), "{:?}", played.not_run);
}

#[test]
fn without_namespaces_nothing_is_run() {
    let lesson = chapter("```console\n$ echo one\ntwo\n```\n\n```console\n$ echo one\ntwo\n```\n");
    let played = Console::default().program("/bin/false").play(&lesson).expect("terminals");
    assert_eq!((played.run, played.faults.len()), (0, 0));
    assert!(played.not_run[0].starts_with("lessons/trial.md:1: this and what follows, blocks in all 2"), "{played:?}");
}

#[test]
fn nothing_survives() {
    let mark = format!("survives-{}", process::id());
    let lesson = "```console\n$ setsid sleep 1000 & disown\n...\n$ nohup sleep 1000 > /dev/null 2>&1 &\n...\n\
                  $ (trap '' HUP TERM INT; sleep 1000)\n```\n";
    if played(&Console::default().variable(MARK, &mark), lesson).is_some() {
        assert_eq!(marked(&mark), [""; 0]);
    }
}

/// Started by the next test, which kills it.
#[test]
#[ignore = "it waits to be killed"]
fn plays_until_it_is_killed() {
    let Ok(mark) = env::var("CONSOLE_TEST_KILLED") else { return };
    let console = Console::default().variable(MARK, &mark);
    let _ = played(&console, "```console\n$ setsid sleep 1000 & disown\n...\n$ sleep 1000\n$ true\n```\n");
}

#[test]
fn nothing_survives_a_test_that_is_killed() {
    let mark = format!("killed-{}", process::id());
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", "plays_until_it_is_killed", "--ignored"]).env("CONSOLE_TEST_KILLED", &mark);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("this program");
    let deadline = Instant::now() + Duration::from_secs(25);
    let sleeps = || marked(&mark).iter().filter(|name| name.trim() == "sleep").count();
    while sleeps() < 2 && matches!(child.try_wait(), Ok(None)) {
        assert!(Instant::now() < deadline, "it does not start");
        thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("a child");
    child.wait().expect("a child");
    while !marked(&mark).is_empty() {
        assert!(Instant::now() < deadline + Duration::from_secs(20), "left: {:?}", marked(&mark));
        thread::sleep(Duration::from_millis(20));
    }
}
