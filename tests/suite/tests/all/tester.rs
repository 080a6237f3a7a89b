//! The tester itself, run as a reader runs it: on the example server, and on programs that are no server in each way
//! there is.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs, thread};

use suite::port;
use tempfile::NamedTempFile;

const SUITE: &str = env!("CARGO_BIN_EXE_suite");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/server.py");

/// Python looks for no installed packages: it starts faster, and the example needs none.
const NO_SITE: &str = "-S";

#[test]
fn the_example_reaches_its_stage() {
    if !has_python() {
        return;
    }
    let output = suite(&["v02", "--", "python3", NO_SITE, EXAMPLE]);
    says(&output, true, &["✓ echoes a body of one mebibyte", "Stage v02 is reached.", "Next: v03"]);
}

#[test]
fn a_server_with_a_fixed_address_takes_part() {
    if !has_python() {
        return;
    }
    let (_reserved, address) = port::reserve().expect("a free port");
    let address = address.to_string();
    let silenced = format!("exec python3 {NO_SITE} {EXAMPLE} $0 > /dev/null"); // The shell calls its first argument, the address, $0.
    let output = suite(&["v01", "--case", "client", "--address", &address, "--", "sh", "-c", &silenced]);
    says(&output, true, &["✓ serves one client after another", "0 failed"]);
}

/// The example with its echo, its knob and its arguments changed, as an adapter says it.
#[test]
fn a_server_with_an_adapter_takes_part() {
    if !has_python() {
        return;
    }
    let example = fs::read_to_string(EXAMPLE).expect("the example");
    let other = example
        .replace("b\"/echo\"", "b\"/api/reply\"")
        .replace("os.environ.get(\"TIMEOUT\", \"10\")", "sys.argv.pop(1)[len(\"--seconds=\"):]")
        .replace("os.environ.get(\"LOG\", \"on\")", "\"off\"")
        .replace("arguments = sys.argv[1:]", "arguments = sys.argv[2:]")
        .replace("print(\"server.py listening", "0 and print(\"server.py listening");
    let adapter = |rest: &str| {
        let start = r#"start = ["python3", "-S", "{folder}/server.py", "--seconds={TIMEOUT}", "{address}"]"#;
        scratch(&format!("{start}\necho = \"/api/reply\"\n{rest}\n[files]\n\"server.py\" = '''\n{other}'''\n"))
    };
    let limits = "[limits]\nrequest_line = 8192\nhead = 65536\nbody = 16777216\n";
    let whole = adapter(&format!("{limits}[knobs]\nTIMEOUT = \"10\"\n[skip]\ndecodes_a_path = \"not here\""));
    says(
        &suite(&["v01", "--patience", "3", "--adapter", path(&whole)]),
        true,
        &["✓ echoes a body\n", "Stage v01 is reached."],
    );
    let case = |name| suite(&["v02", "--case", name, "--adapter", path(&whole)]);
    says(&case("joins_a_request"), true, &["✓ joins a request in two pieces\n"]);
    says(&case("decodes_a_path"), false, &["– decodes a path (skipped: not here)"]);
    let fields = "– limits the number of fields (skipped: needs its limit of the fields";
    says(&case("limits_the"), true, &["✓ limits the time for a request\n", fields]);
    let wrong = adapter("[skip]\ndecodes_a_pat = \"not here\"");
    says(&suite(&["v02", "--adapter", path(&wrong)]), false, &["there is no case `decodes_a_pat` to skip"]);
    let unknown = adapter("[knob]\nTIMEOUT = \"10\"");
    says(&suite(&["v02", "--adapter", path(&unknown)]), false, &["unknown field `knob`, expected one of"]);
    let nowhere = scratch("start = [\"true\"]");
    says(
        &suite(&["v02", "--adapter", path(&nowhere)]),
        false,
        &["has {address} or {port}, where the program is to listen"],
    );
}

#[test]
fn a_server_without_knobs_takes_part() {
    if !has_python() {
        return;
    }
    let output = suite(&["v02", "--case", "limits_the_time", "--no-knobs", "--", "python3", NO_SITE, EXAMPLE]);
    says(&output, false, &["– limits the time for a request (skipped: needs TIMEOUT=1)", "1 skipped"]);
}

#[test]
fn a_failure_is_explained() {
    if !has_python() {
        return;
    }
    // A server whose every answer to HEAD has a body.
    let broken = fs::read_to_string(EXAMPLE).expect("the example").replace("method == b\"HEAD\"", "False");
    let script = scratch(&broken);
    let output = suite(&["v02", "--case", "head_like_get", "--", "python3", NO_SITE, path(&script)]);
    let words = [
        "✗ answers head like get without a body",
        "expected: the end of the connection and nothing before it",
        "came:     more bytes: Hello from Python",
        "> HEAD / HTTP/1.1\\r\\n",
        "< HTTP/1.1 200 OK\\r\\n",
        "printf 'HEAD / HTTP/1.1\\r\\nHost: localhost",
        "what to do: HEAD gets the head that GET would get",
        "the lesson: lessons/v02-read.md and the two after it",
    ];
    says(&output, false, &words);
}

#[test]
fn a_stage_that_failed_ends_the_test() {
    if !has_python() {
        return;
    }
    let broken = fs::read_to_string(EXAMPLE).expect("the example").replace("b\"/echo\": body", "b\"/echo\": body[:-1]");
    let script = scratch(&broken);
    let output = suite(&["v02", "--", "python3", NO_SITE, path(&script)]);
    says(&output, false, &["✗ echoes a body", "No stage is reached yet.", "Next: mend the first ✗ of stage v01"]);
    assert!(!text(&output).contains("stage v02: HTTP"), "the next stage is not tried:\n{}", text(&output));
}

#[test]
fn a_stage_is_reached_without_the_house_rules() {
    if !has_python() {
        return;
    }
    let broken = fs::read_to_string(EXAMPLE).expect("the example").replace("if \"--help\" in arguments", "if False");
    let script = scratch(&broken);
    let output = suite(&["v01", "--", "python3", NO_SITE, path(&script)]);
    says(&output, true, &[" not kept", "· tells its usage (expected: the exit code 0", "Stage v01 is reached."]);
}

#[test]
fn the_connection_that_ended_a_server_is_explained() {
    if !has_python() {
        return;
    }
    // A client that leaves before its request is whole ends it.
    let broken = fs::read_to_string(EXAMPLE).expect("the example").replace("except (OSError, Gone)", "except OSError");
    let script = scratch(&broken);
    let output = suite(&["v01", "--case", "leaves_in_the_middle", "--", "python3", NO_SITE, path(&script)]);
    let words = ["> GET\n", "· the client leaves", "; env printf 'GET' >&3\"\n", "what to do: The end of the stream"];
    says(&output, false, &words);
}

#[test]
fn only_the_first_failures_are_told_in_full() {
    if !has_python() {
        return;
    }
    let broken = fs::read_to_string(EXAMPLE).expect("the example").replace("path not in resources", "True");
    let script = scratch(&broken);
    let output = suite(&["v01", "--case", "outlives", "--", "python3", NO_SITE, path(&script)]);
    let first = "outlives_a_client_that_leaves_at_once";
    let words = [
        "✗ outlives bytes that are no http (expected: the next client gets a 200; came: 404 Not Found)\n",
        "0 passed, 5 failed",
        &format!("Next: mend `{first}`."),
        &format!("cargo run -p suite -- v01 --case {first} -- python3 {NO_SITE} {}\n", path(&script)),
    ];
    says(&output, false, &words);
    assert_eq!(text(&output).matches("what to do:").count(), 3, "{}", text(&output));
}

#[test]
fn a_case_is_tried_alone_by_its_whole_name() {
    if !has_python() {
        return;
    }
    // Another case has this at the start of its name.
    let output = suite(&["v02", "--case", "echoes_a_body", "--", "python3", NO_SITE, EXAMPLE]);
    says(&output, true, &["✓ echoes a body\n", "1 passed, 0 failed"]);
}

#[test]
fn all_rows_of_a_table_that_fail_are_told() {
    if !has_python() {
        return;
    }
    let rule = "names[-1] != b\"chunked\" or names.count(b\"chunked\") > 1";
    let broken = fs::read_to_string(EXAMPLE).expect("the example").replace(rule, "False");
    let script = scratch(&broken);
    let output = suite(&["v02", "--case", "doubtful_lengths", "--", "python3", NO_SITE, path(&script)]);
    let words = [
        "came:     something else for 3 of 12 requests; the first is shown below\n",
        "chunked twice in a list: `POST /echo",
        "chunked twice in two fields: `POST /echo",
        "chunked is not the last coding: `POST /echo",
        "expected the status 400; came 501",
        "> Transfer-Encoding: chunked, chunked\\r\\n",
    ];
    says(&output, false, &words);
}

#[test]
fn a_program_that_ignores_its_address_is_told() {
    if !has_python() {
        return;
    }
    let [(_reserved, port), (_other_reserved, other)] = [(); 2].map(|()| port::reserve().expect("a free port"));
    let (port, other) = (port.port(), other.port());
    let script = format!("exec python3 {NO_SITE} {EXAMPLE} 127.0.0.1:{port}");
    let takes = format!("It seems to ignore the address in its argument, and to take port {port} always.");
    let way_out = format!("give `--address 127.0.0.1:{port}`");
    says(&shell(&script), false, &["not a second time", &takes, &way_out, "ddress already in use"]);
    let elsewhere = format!("was to listen on 127.0.0.1:{other}, and listens on port {port}");
    let output = suite(&["v01", "--address", &format!("127.0.0.1:{other}"), "--", "sh", "-c", &script]);
    says(&output, false, &[&elsewhere, &way_out]);
    says(
        &shell("echo x listening on http://127.0.0.1:1; sleep 1000"),
        false,
        &["both say that they listen on port 1."],
    );
}

#[test]
fn a_forgotten_program_gets_the_usage() {
    let usage = "cargo run -p suite -- STAGE [OPTIONS] -- PROGRAM [ARGUMENTS]";
    says(&suite(&["v01"]), false, &[usage, "`cargo run -p suite -- v01 -- python3 my_server.py`"]);
}

#[test]
fn a_missing_program_is_told() {
    says(&suite(&["v01", "--", "./no/such/program"]), false, &["There is no program `./no/such/program`"]);
}

#[test]
fn a_program_that_may_not_be_run_is_told() {
    let script = scratch("echo");
    says(&suite(&["v01", "--", path(&script)]), false, &["may not be run", "chmod +x"]);
}

#[test]
fn a_program_that_ends_at_once_is_told() {
    let output = shell("echo the disk is on fire >&2; exit 3");
    says(&output, false, &["ended (exit status: 3) before it listened", "the disk is on fire"]);
}

#[test]
fn a_program_whose_port_is_taken_is_told() {
    let output = shell("echo Error: listen EADDRINUSE :::80 >&2; exit 1");
    says(&output, false, &["ignores the address in its argument", "SO_REUSEADDR"]);
}

#[test]
fn a_program_that_prints_something_else_first_is_told() {
    says(&shell("echo Welcome; sleep 1000"), false, &["first line on stdout is `Welcome`"]);
}

#[test]
fn an_address_without_a_port_is_told() {
    let output = shell("echo x listening on http://127.0.0.1:0; sleep 1000");
    says(&output, false, &["announced itself with", "the address can't be used"]);
}

/// These take as long as the tester's patience, so they run side by side.
#[test]
fn programs_that_let_the_tester_wait_are_told() {
    let never_listens = ("sleep 1000".to_owned(), "neither listens on a TCP port nor has it printed a line");
    let hangs = "trap '' TERM; echo x listening on http://127.0.0.1:$((1 + $$ % 65535)); while :; do sleep 1000; done";
    let mut programs = vec![never_listens, (hangs.to_owned(), "does not end at SIGTERM")];
    if has_python() {
        // The shell calls its first argument, the address, $0.
        let mute = format!("exec python3 {NO_SITE} {EXAMPLE} $0 > /dev/null");
        programs.push((mute, "but after 3 s it has printed no address"));
    }
    thread::scope(|scope| {
        for (script, words) in &programs {
            scope.spawn(move || {
                let output = suite(&["v01", "--patience", "3", "--", "sh", "-c", script]);
                says(&output, false, &[words]);
            });
        }
    });
}

#[test]
fn a_program_that_floods_its_streams_is_told() {
    // Neither fits into the memory that the tester may have.
    let output = limited("ulimit -v 1000000", "tr '\\0' x < /dev/zero", "10");
    says(&output, false, &["first line on stdout is `xxx", " characters more … "]);
    let output = limited("ulimit -v 1000000", "yes >&2", "3");
    says(&output, false, &["nor has it printed a line", "Its stderr:\n    y\n", " lines more, and ", " bytes …"]);
}

#[test]
fn a_tester_with_few_descriptors_raises_its_limit_or_says_so() {
    let output = limited("ulimit -n 30", "echo Welcome; sleep 1000", "10");
    says(&output, false, &["The tester needs 512 descriptors (`ulimit -n`), and may have only 30 here"]);
    let output = limited("ulimit -S -n 30", "test $(ulimit -S -n) = 512 && echo Welcome; sleep 1000", "10");
    says(&output, false, &["first line on stdout is `Welcome`"]);
}

#[test]
fn an_address_in_use_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    says(&suite(&["v01", "--address", &address, "--", "true"]), false, &["Something already listens on port"]);
}

#[test]
fn a_patience_of_nothing_is_told() {
    says(&suite(&["v01", "--patience", "0", "--", "true"]), false, &["invalid value '0'", "--patience"]);
}

#[test]
fn nothing_to_do_gets_the_usage() {
    let output = Command::new(SUITE).output().expect("the suite runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("cargo run -p suite -- v02 -- python3 my_server.py"));
}

fn suite(arguments: &[&str]) -> Output {
    Command::new(SUITE).args(arguments).env("PATH", search_path()).output().expect("the suite runs")
}

/// PATH with the folder of Python itself at its start: the `python3` found there may be a script that looks for it each
/// time.
fn search_path() -> &'static str {
    static FOUND: OnceLock<String> = OnceLock::new();
    FOUND.get_or_init(|| {
        let tell = "import os, sys; print(os.path.dirname(sys.executable))";
        let told = Command::new("python3").args(["-c", tell]).output().map(|output| output.stdout).unwrap_or_default();
        let rest = env::var("PATH").unwrap_or_default();
        let folder = String::from_utf8_lossy(&told);
        if folder.is_empty() { rest } else { format!("{}:{rest}", folder.trim_end()) }
    })
}

fn shell(script: &str) -> Output {
    suite(&["v01", "--", "sh", "-c", script])
}

/// The tester with a limit of the shell's, on a script.
fn limited(limit: &str, script: &str, patience: &str) -> Output {
    let line = format!("{limit}; exec {SUITE} v01 --patience {patience} -- sh -c \"$0\"");
    Command::new("sh").args(["-c", &line, script]).output().expect("a shell")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn says(output: &Output, success: bool, words: &[&str]) {
    let text = text(output);
    assert_eq!(output.status.success(), success, "the exit code of the tester, which said:\n{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in what the tester said:\n{text}");
    }
}

fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok();
    if !found {
        println!("skipped: there is no python3");
    }
    found
}

/// A file with this text, gone when it is dropped.
fn scratch(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("the text is written");
    file
}

fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().expect("a path in UTF-8")
}
