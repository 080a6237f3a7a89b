//! How a server is started: the program, its arguments, and the environment that it gets.

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{Pid, close, getpid, getppid, setpgid, setsid};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::adapter::{Adapter, Launch, Limits};

/// What a server may read from its environment, and what is meant for the tests' own memory. It is started without them,
/// except those that a case sets.
const KNOBS: [&str; 14] = [
    "LOG",
    "TIMEOUT",
    "MAX_CHILDREN",
    "GRACE",
    "WORKERS",
    "MAX_CONNECTIONS",
    "MAX_BODIES",
    "KEEP_ALIVE",
    "SEND_TIMEOUT",
    "MAX_BODY",
    "THREADS",
    "APP_TIMEOUT",
    "RELOAD",
    "MALLOC_MMAP_THRESHOLD_",
];

/// The signals that stop a server, and the one that tells of a child's end.
const STOP_AND_CHILD: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGCHLD];

/// How long a right server may take for one step; it only bounds a failure.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The patience with a server that should fail: most often it fails by silence.
pub const SHORT_PATIENCE: Duration = Duration::from_secs(2);

/// The address of a program that can choose a free port.
const ANY_PORT: &str = "127.0.0.1:0";

/// The application that a program has when it is not told which.
const SITE: &str = "site";

/// A program that keeps the contract `PROGRAM [ADDRESS] [APPLICATION]`, or has an adapter, and how it is to be started this
/// time.
#[derive(Clone, Debug)]
pub struct Program {
    command: Vec<OsString>,
    /// The only address that the program can listen on, if it can't choose one.
    pub fixed: Option<SocketAddr>,
    /// How long each step of it may take.
    pub patience: Duration,
    /// How long it may take until it listens.
    pub(crate) starts_within: Duration,
    adapter: Option<Arc<Adapter>>,
    reads_knobs: bool,
    is_strict: bool,
    needs: Vec<(String, String)>,
    address: Option<String>,
    application: Option<String>,
    instead: Option<Vec<String>>,
    environment: Vec<(String, String)>,
    directory: Option<PathBuf>,
    user: Option<u32>,
    max_processes: Option<u64>,
    blocks_signals: bool,
    stderr: Option<RawFd>,
    terminal: Option<RawFd>,
    pub(crate) stdin_closed: bool,
    pub(crate) stdout_dropped: bool,
    pub(crate) stderr_full: bool,
}

impl Program {
    /// A program and its first arguments; the address and the application will be added to them.
    pub fn new<Word: Into<OsString>>(command: impl IntoIterator<Item = Word>) -> Program {
        Program {
            command: command.into_iter().map(Into::into).collect(),
            fixed: None,
            patience: PATIENCE,
            starts_within: PATIENCE,
            adapter: None,
            reads_knobs: true,
            is_strict: false,
            needs: Vec::new(),
            address: None,
            application: None,
            instead: None,
            environment: Vec::new(),
            directory: None,
            user: None,
            max_processes: None,
            blocks_signals: false,
            stderr: None,
            terminal: None,
            stdin_closed: false,
            stdout_dropped: false,
            stderr_full: false,
        }
    }

    /// A program that does not keep the contract.
    pub fn adapted(adapter: Adapter) -> Program {
        Program { adapter: Some(Arc::new(adapter)), ..Program::new(Vec::<OsString>::new()) }
    }

    /// The program reads no knobs from its environment.
    pub fn without_knobs(mut self) -> Program {
        self.reads_knobs = false;
        self
    }

    /// One of this repository's versions: where a standard leaves a choice, cases ask for what the versions have agreed on.
    pub fn strictly(mut self) -> Program {
        self.is_strict = true;
        self
    }

    /// The program listens on this address only.
    pub fn at(mut self, address: Option<SocketAddr>) -> Program {
        self.fixed = address;
        self
    }

    /// Takes it for a failure when one step takes longer than this.
    pub fn patience(mut self, patience: Duration) -> Program {
        (self.patience, self.starts_within) = (patience, patience);
        self
    }

    /// Has little patience with it once it listens, because it should fail, and most often does so by silence. On a busy
    /// machine its start can take longer.
    pub fn should_fail(mut self) -> Program {
        self.patience = SHORT_PATIENCE;
        self
    }

    /// Sets a knob, without which the case could prove nothing: it is skipped if the program doesn't have that.
    pub fn needs(mut self, name: &str, value: &str) -> Program {
        self.needs.push((name.to_owned(), value.to_owned()));
        self.knob(name, value)
    }

    /// Sets an environment variable, mostly a knob that only makes a case surer or quicker.
    pub fn knob(mut self, name: &str, value: &str) -> Program {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts in this folder. The files that the command names so far are those of the current one.
    pub fn directory(mut self, folder: impl Into<PathBuf>) -> Program {
        for (place, word) in self.command.iter_mut().enumerate() {
            // A program's name without a slash is looked for in PATH.
            let is_file = Path::new(word).is_file() && (place > 0 || word.as_encoded_bytes().contains(&b'/'));
            if let (true, Ok(whole)) = (is_file, path::absolute(&*word)) {
                *word = whole.into();
            }
        }
        self.directory = Some(folder.into());
        self
    }

    /// Gives this ADDRESS instead of `127.0.0.1:0`.
    pub fn address(mut self, address: &str) -> Program {
        self.address = Some(address.to_owned());
        self
    }

    /// Gives an APPLICATION.
    pub fn application(mut self, name: &str) -> Program {
        self.application = Some(name.to_owned());
        self
    }

    /// Gives these arguments and neither address nor application.
    pub fn arguments(mut self, arguments: &[&str]) -> Program {
        self.instead = Some(arguments.iter().map(|&argument| argument.to_owned()).collect());
        self
    }

    /// Starts with no file descriptor 0.
    pub fn without_stdin(mut self) -> Program {
        self.stdin_closed = true;
        self
    }

    /// Closes the reading end of the program's stdout once the address is known.
    pub fn stdout_dropped(mut self) -> Program {
        self.stdout_dropped = true;
        self
    }

    /// Starts with a stderr that takes nothing, and that nobody will read: a write to it waits forever.
    pub fn stderr_full(mut self) -> Program {
        self.stderr_full = true;
        self
    }

    /// Starts with SIGTERM, SIGINT and SIGCHLD blocked and ignored, as a careless launcher leaves them.
    pub fn signals_blocked(mut self) -> Program {
        self.blocks_signals = true;
        self
    }

    /// Starts with a copy of this descriptor as its stderr. It has to stay open until then.
    pub fn stderr_to(mut self, descriptor: &impl AsRawFd) -> Program {
        self.stderr = Some(descriptor.as_raw_fd());
        self
    }

    /// Starts as the first process of a session on this terminal, which is its stderr too.
    pub fn on_terminal(mut self, terminal: &impl AsRawFd) -> Program {
        self.terminal = Some(terminal.as_raw_fd());
        self.stderr_to(terminal)
    }

    /// Starts by another program, whose last arguments the command line becomes.
    pub fn launched_by<Word: Into<OsString>>(mut self, launcher: impl IntoIterator<Item = Word>) -> Program {
        self.command.splice(0..0, launcher.into_iter().map(Into::into));
        self
    }

    /// Lets the user of the program have so many processes at the most; root has no limit.
    pub fn max_processes(mut self, count: u64) -> Program {
        self.max_processes = Some(count);
        self
    }

    /// Puts another file in the place of the program's own; its arguments stay.
    pub fn executable(mut self, file: impl Into<OsString>) -> Program {
        if let Some(name) = self.command.first_mut() {
            *name = file.into();
        }
        self
    }

    /// Starts as the user and the group of this number, which root alone can do.
    pub fn user(mut self, number: u32) -> Program {
        self.user = Some(number);
        self
    }

    /// What a case asks for that the program doesn't have; the case is skipped then.
    pub(crate) fn lacks(&self) -> Option<String> {
        let has_knob = |name: &str| self.adapter.as_ref().map_or(self.reads_knobs, |adapter| adapter.has_knob(name));
        if let Some((name, value)) = self.needs.iter().find(|(name, _)| !has_knob(name)) {
            return Some(format!("needs {name}={value}"));
        }
        let adapter = self.adapter.as_ref()?;
        if self.instead.is_some() || self.own_address().is_some_and(|address| address.is_none()) {
            return Some("needs the arguments of the contract".to_owned());
        }
        let application = self.application.as_ref().filter(|name| *name != SITE && !adapter.has_application(name));
        application.map(|name| format!("needs the application {name}"))
    }

    /// The adapter, if there is one.
    pub(crate) fn adapter(&self) -> Option<&Arc<Adapter>> {
        self.adapter.as_ref()
    }

    /// Whether it has to choose as the versions of this repository do.
    pub(crate) fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// The sizes that it refuses more than.
    pub(crate) fn limits(&self) -> Limits {
        self.adapter.as_ref().map_or(Limits::CONTRACT, |adapter| adapter.limits)
    }

    /// What an adapter's program needs for a start. One that keeps the contract needs nothing.
    pub(crate) fn launch(&self) -> io::Result<Option<Launch>> {
        let Some(adapter) = &self.adapter else { return Ok(None) };
        let address = self.own_address().unwrap_or(self.fixed);
        adapter.launch(address, self.application.as_deref().unwrap_or(SITE), &self.environment).map(Some)
    }

    /// The address that the case gives, if it gives one; None inside if it is no IP:PORT.
    fn own_address(&self) -> Option<Option<SocketAddr>> {
        self.address.as_ref().map(|address| address.parse().ok())
    }

    /// Whether the program is a file, started by its path and without arguments of its own.
    pub fn is_one_file(&self) -> bool {
        self.adapter.is_none() && self.command.len() == 1 && Path::new(self.name()).is_file()
    }

    /// The program's own name, as it was given.
    pub fn name(&self) -> &OsStr {
        let adapted = self.adapter.as_ref().and_then(|adapter| adapter.start.first()).map_or("", String::as_str);
        self.command.first().map_or(OsStr::new(adapted), OsString::as_os_str)
    }

    /// The whole command line, for people.
    pub fn line(&self) -> String {
        self.line_of(None)
    }

    pub(crate) fn line_of(&self, launch: Option<&Launch>) -> String {
        let own = self.environment.iter().map(|(name, value)| (name, value));
        let environment: Vec<_> = launch.map_or_else(|| own.collect(), |launch| launch.environment.iter().collect());
        let variables = environment.into_iter().map(|(name, value)| format!("{name}={value}"));
        let command = self.command.iter().map(|word| word.to_string_lossy().into_owned());
        let words = launch.map_or_else(|| self.words(), |launch| launch.words.clone());
        variables.chain(command).chain(words).collect::<Vec<_>>().join(" ")
    }

    /// What stands behind the options of the tester to name the program: the words of a shell.
    pub fn typed(&self) -> String {
        if let Some(adapter) = &self.adapter {
            return format!("--adapter {}", quoted(&adapter.file.to_string_lossy()));
        }
        let command = self.command.iter().map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ");
        format!("-- {command}")
    }

    fn words(&self) -> Vec<String> {
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        if let Some(adapter) = &self.adapter {
            return adapter.start.clone();
        }
        let fixed = self.fixed.map_or(ANY_PORT.to_owned(), |address| address.to_string());
        let address = self.address.clone().unwrap_or(fixed);
        [address].into_iter().chain(self.application.clone()).collect()
    }

    /// The command, with pipes for stdout and stderr and a process group of its own, ready to be spawned by the thread that
    /// will use the server.
    pub(crate) fn command(&self, launch: Option<&Launch>) -> Command {
        let words = launch.map_or_else(|| self.words(), |launch| launch.words.clone());
        let mut words = self.command.iter().cloned().chain(words.into_iter().map(OsString::from));
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        for knob in KNOBS {
            command.env_remove(knob);
        }
        match launch {
            Some(launch) => command.envs(&launch.environment),
            None => command.envs(self.environment.iter().map(|(name, value)| (name, value))),
        };
        if let Some(folder) = self.directory.as_deref().or(self.adapter.as_ref().map(|adapter| adapter.folder())) {
            command.current_dir(folder);
        }
        if let Some(number) = self.user {
            command.uid(number).gid(number);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (parent, stdin_closed, stderr, terminal) = (getpid(), self.stdin_closed, self.stderr, self.terminal);
        let (blocks_signals, max_processes) = (self.blocks_signals, self.max_processes);
        let prepare = move || {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            if getppid() != parent {
                return Err(io::Error::other("the test ended")); // It died before the line above took effect.
            }
            // A test run started in the background of a shell ignores SIGINT, one under nohup(1) SIGHUP, and a server would
            // inherit that.
            // SAFETY: the default action runs no code of ours.
            unsafe { signal(Signal::SIGHUP, SigHandler::SigDfl) }?;
            for number in STOP_AND_CHILD {
                let action = if blocks_signals { SigHandler::SigIgn } else { SigHandler::SigDfl };
                // SAFETY: neither action runs any code of ours.
                unsafe { signal(number, action) }?;
            }
            if blocks_signals {
                SigSet::from_iter(STOP_AND_CHILD).thread_block()?;
            }
            if let Some(terminal) = terminal {
                setsid()?; // A group too.
                // SAFETY: this request takes a number and touches no memory (TIOCSCTTY(2const)).
                Errno::result(unsafe { libc::ioctl(terminal, libc::TIOCSCTTY, 0) })?;
            }
            if terminal.is_none() {
                setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
            }
            if let Some(stderr) = stderr {
                // SAFETY: dup2 takes numbers and touches no memory; stderr is this process's to replace.
                Errno::result(unsafe { libc::dup2(stderr, 2) })?;
            }
            if let Some(count) = max_processes {
                setrlimit(Resource::Nproc, Rlimit { current: Some(count), maximum: Some(count) })?;
            }
            if stdin_closed {
                close(0)?;
            }
            Ok(())
        };
        // SAFETY: between fork and exec it makes system calls only, and allocates nothing unless it fails.
        unsafe { command.pre_exec(prepare) };
        command
    }
}

/// A word for a shell, in quotes if it needs them.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./:=+,@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn a_command_for_another_folder_names_the_same_files() {
        let here = env::current_dir().expect("a folder");
        let typed = Program::new(["./Cargo.toml", "src/lib.rs", "src", "-S"]).directory("/").typed();
        assert_eq!(typed, format!("-- {0}/Cargo.toml {0}/src/lib.rs src -S", here.display()));
        assert_eq!(Program::new(["Cargo.toml"]).directory("/").typed(), "-- Cargo.toml");
    }

    #[test]
    fn a_command_can_be_typed_again() {
        let words = ["sh", "-c", "echo it's \"$HOME\"", ""];
        let typed = Program::new(words).typed();
        assert_eq!(typed, r#"-- sh -c 'echo it'\''s "$HOME"' ''"#);
        let said = Command::new("sh").args(["-c", &format!("printf '%s|' {}", &typed[3..])]).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&said.stdout), words.map(|word| format!("{word}|")).concat());
    }
}
