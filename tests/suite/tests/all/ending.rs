//! How a run of the tester ends: whatever ends it, nothing that it started is left.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{self, Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;

const SUITE: &str = env!("CARGO_BIN_EXE_suite");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/server.py");

/// Starts two helpers, and waits until they run: one in another session, and a daemon with an environment and a session
/// of its own, whose parent has ended. `$0` is how long they sleep.
const HELPERS: &str = r#"
folder=$(mktemp -d) && mkfifo "$folder/ready" && exec 3<> "$folder/ready" && rm -r "$folder"
setsid sh -c 'echo >&3; exec sleep $0' $0 > /dev/null 2>&1 &
env -i setsid sh -c 'sh -c "echo >&3; exec sleep $0" > /dev/null 2>&1 &' $0
read -r line <&3; read -r line <&3
exec 3>&-
"#;

/// A tester, and the number by which its helpers are known.
struct Run {
    tester: Child,
    number: String,
}

/// Starts the tester on a shell that starts helpers, and then does `rest`.
fn start(number: usize, helpers: &str, rest: &str) -> io::Result<Run> {
    let number = format!("{}{number}", process::id());
    let script = format!("address=$1\n{helpers}{rest}");
    let mut command = Command::new(SUITE);
    command.args(["v01", "--", "sh", "-c", &script, &number]).env("LEFT_BEHIND", &number);
    let as_by_default = || {
        for number in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            // SAFETY: the default action runs no code of this program.
            unsafe { signal(number, SigHandler::SigDfl) }?;
        }
        Ok(())
    };
    // The shell that started these tests may ignore some, as it does for what it runs in the background, or with nohup.
    // SAFETY: it only calls signal, which is safe after a fork (signal-safety(7)).
    unsafe { command.pre_exec(as_by_default) };
    let tester = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    Ok(Run { tester, number })
}

impl Run {
    /// The names of its processes: those with its variable in their environment, and those that sleep for its time.
    fn processes(&self) -> Vec<String> {
        let all = procfs::process::all_processes().into_iter().flatten().flatten();
        let is_its = |process: &procfs::process::Process| {
            let environment = process.environ().unwrap_or_default();
            environment.get(OsStr::new("LEFT_BEHIND")).is_some_and(|value| *value == *self.number)
                || process.cmdline().is_ok_and(|words| words.contains(&self.number))
        };
        all.filter(is_its).filter_map(|process| process.stat().ok().map(|stat| stat.comm)).collect()
    }

    fn waits_for_its_helpers(&self) {
        wait_until(|| self.processes().iter().filter(|name| *name == "sleep").count() >= 2);
    }
}

#[test]
fn helpers_of_a_program_end_with_it() -> io::Result<()> {
    let mut run = start(1, HELPERS, "echo x listening on http://127.0.0.1:1; exec sleep $0")?;
    let mut said = String::new();
    run.tester.stdout.take().map(|mut stdout| stdout.read_to_string(&mut said)).transpose()?;
    run.tester.wait()?;
    assert!(said.contains("both say that they listen on port 1."), "the helpers ran:\n{said}");
    assert_eq!(run.processes(), [""; 0]);
    Ok(())
}

#[test]
fn a_tester_that_is_told_to_end_leaves_nothing() -> io::Result<()> {
    for (number, signal) in [(2, Signal::SIGINT), (3, Signal::SIGTERM), (4, Signal::SIGHUP)] {
        let mut run = start(number, HELPERS, "sleep 1000")?;
        run.waits_for_its_helpers();
        kill(Pid::from_raw(run.tester.id().cast_signed()), signal)?;
        assert_eq!(run.tester.wait()?.signal(), Some(signal as i32));
        assert_eq!(run.processes(), [""; 0], "{signal}");
    }
    Ok(())
}

#[test]
fn a_killed_tester_leaves_nothing_that_bears_its_mark() -> io::Result<()> {
    // The program has a child in another session, which no death signal reaches.
    let mut run = start(5, "", "setsid sleep $0 & sleep $0")?;
    run.waits_for_its_helpers();
    run.tester.kill()?;
    run.tester.wait()?;
    wait_until(|| run.processes().is_empty());
    Ok(())
}

#[test]
fn a_tester_whose_output_nobody_reads_any_more_ends_quietly() -> io::Result<()> {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no python3");
        return Ok(());
    }
    let rest = format!("exec python3 -S {EXAMPLE} $address");
    let mut run = start(6, HELPERS, &rest)?;
    let (stdout, mut said) = (run.tester.stdout.take().expect("a pipe"), String::new());
    // Servers run from the heading on.
    BufReader::new(stdout).lines().find(|line| line.as_ref().map_or(true, |line| line.starts_with("stage v01")));
    run.tester.wait()?;
    run.tester.stderr.take().expect("a pipe").read_to_string(&mut said)?;
    assert_eq!((said.as_str(), run.processes()), ("", Vec::new()));
    Ok(())
}

fn wait_until(right: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !right() {
        assert!(Instant::now() < deadline, "it did not come about within 30 s");
        thread::sleep(Duration::from_millis(5)); // Between two looks at /proc.
    }
}
