//! A terminal with a shell, as a reader has: keys go in, and what stands on the screen comes out.
//!
//! The terminal is a pty (pty(7)) without echo. The shell is bash, interactive, so that it has a prompt, job control, and
//! gives its commands a process group that Ctrl-C goes to. Its prompt is a mark that no program prints by accident; a
//! command has returned when the next mark has come.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use anyhow::{Context, Result, bail};
use rustix::process::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, OutputModes, Winsize};
use rustix::termios::{tcgetattr, tcgetpgrp, tcsetattr, tcsetwinsize};

/// The prompt; the letter before and behind is ASCII's record separator.
const PROMPT: &str = "\u{1e}$ \u{1e}";

/// What the shell is told first.
const GREETING: &str = "PS1=$'\\036$ \\036' PS2=; unset HISTFILE MAILCHECK\n";

/// Wide enough that no program cuts its lines.
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 250, ws_xpixel: 0, ws_ypixel: 0 };

/// The longest line that a terminal takes; see termios(3), canonical mode.
const LONGEST_LINE: usize = 4095;

/// How often it is looked whether the foreground has changed.
const LOOK: Duration = Duration::from_millis(5);

/// What cargo and the tests' own configuration put into the environment, by the start of its name.
const NOT_A_READERS: [&str; 7] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_PRIMARY_", "CARGO_TARGET_TMPDIR", "RUST_TEST_", "NEXTEST"];

/// What else would change what a command prints: the knobs of the servers, colours, backtraces, proxies, and what an
/// interactive shell heeds.
const UNWANTED: &str = "CARGO CARGO_CRATE_NAME OUT_DIR ZEPPER_MARK MALLOC_MMAP_THRESHOLD_ \
    LOG TIMEOUT MAX_CHILDREN GRACE WORKERS MAX_CONNECTIONS MAX_BODIES KEEP_ALIVE SEND_TIMEOUT FUZZ_SECONDS \
    CARGO_TERM_COLOR CARGO_TERM_VERBOSE CARGO_TERM_QUIET CLICOLOR_FORCE RUST_BACKTRACE RUST_LIB_BACKTRACE RUST_LOG \
    http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY \
    BASHOPTS SHELLOPTS BASH_ENV ENV POSIXLY_CORRECT TIMEFORMAT PS_PERSONALITY GREP_OPTIONS CURL_HOME \
    PROMPT_COMMAND PS0 PS1 PS2 TMOUT MAIL MAILPATH LANG LANGUAGE COLUMNS LINES PS_FORMAT CDPATH GLOBIGNORE IGNOREEOF";

/// The near end of a terminal.
pub(crate) struct Terminal {
    keys: File,
    screen: Arc<(Mutex<Screen>, Condvar)>,
    path: PathBuf,
    /// The group of the shell itself, which is in the foreground while no command is.
    shell: Option<Pid>,
    /// The byte at which what the command printed begins.
    start: usize,
}

#[derive(Default)]
struct Screen {
    bytes: Vec<u8>,
    ended: bool,
}

/// What a terminal shows since the command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) text: String,
    /// The prompt is back.
    pub(crate) returned: bool,
    /// The shell has ended.
    pub(crate) ended: bool,
}

impl Terminal {
    pub(crate) fn open() -> Result<Terminal> {
        let near =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).context("no pty to be had")?;
        grantpt(&near)?;
        unlockpt(&near)?;
        let path = OsString::from_vec(ptsname(&near, Vec::new())?.into_bytes());
        let keys = File::from(near);
        let (reader, screen) = (keys.try_clone()?, Arc::<(Mutex<Screen>, Condvar)>::default());
        let shared = Arc::clone(&screen);
        thread::spawn(move || collect(reader, &shared));
        Ok(Terminal { keys, screen, path: path.into(), shell: None, start: 0 })
    }

    /// The far end.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for the shell, and gives it the prompt.
    pub(crate) fn greet(&mut self, patience: Duration) -> Result<()> {
        self.keys.write_all(GREETING.as_bytes())?;
        let shown = self.wait(patience, |shown| shown.returned);
        if !shown.returned {
            bail!("the shell gives no prompt; the terminal shows: {}", shown.text.trim());
        }
        self.shell = tcgetpgrp(&self.keys).ok();
        Ok(())
    }

    /// Types a command. What stands behind the last prompt already will count as printed by it.
    pub(crate) fn type_command(&mut self, command: &str) -> Result<()> {
        if command.lines().any(|line| line.len() > LONGEST_LINE) {
            bail!("a terminal takes no line of more than {LONGEST_LINE} bytes");
        }
        let prompt = PROMPT.as_bytes();
        {
            let screen = lock(&self.screen);
            let last = screen.bytes.windows(prompt.len()).rposition(|bytes| bytes == prompt);
            self.start = self.start.max(last.map_or(0, |at| at + prompt.len()));
        }
        Ok(self.keys.write_all(format!("{command}\n").as_bytes())?)
    }

    /// Takes all that came so far as seen.
    pub(crate) fn forget(&mut self) {
        self.start = lock(&self.screen).bytes.len();
    }

    pub(crate) fn interrupt(&mut self) -> Result<()> {
        Ok(self.keys.write_all(b"\x03")?)
    }

    /// Whether a program is in the foreground, rather than the shell.
    pub(crate) fn is_busy(&self) -> bool {
        tcgetpgrp(&self.keys).ok() != self.shell
    }

    /// Waits until the command is in the foreground, or has returned. A command of the shell's own never is.
    pub(crate) fn started(&self, patience: Duration) {
        let end = Instant::now() + patience;
        while !self.is_busy() && Instant::now() < end && !self.wait(LOOK, |shown| shown.returned).returned {}
    }

    /// Waits until `enough` says so of what is shown, the shell ends, or `patience` is over.
    pub(crate) fn wait(&self, patience: Duration, enough: impl Fn(&Shown) -> bool) -> Shown {
        let end = Instant::now() + patience;
        let mut screen = lock(&self.screen);
        loop {
            let shown = screen.since(self.start);
            let left = end.saturating_duration_since(Instant::now());
            if shown.ended || left.is_zero() || enough(&shown) {
                return shown;
            }
            screen = self.screen.1.wait_timeout(screen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Screen {
    fn since(&self, start: usize) -> Shown {
        let all = String::from_utf8_lossy(self.bytes.get(start..).unwrap_or_default());
        let mut text = String::new();
        for (at, piece) in all.split(PROMPT).enumerate() {
            if at > 0 && !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text += piece;
        }
        Shown { returned: all.contains(PROMPT), ended: self.ended, text }
    }
}

fn collect(mut reader: File, screen: &(Mutex<Screen>, Condvar)) {
    let mut buffer = [0; 4096];
    // It fails with EIO when nobody has the far end open any more.
    while let Ok(count @ 1..) = reader.read(&mut buffer) {
        lock(screen).bytes.extend_from_slice(&buffer[..count]);
        screen.1.notify_all();
    }
    lock(screen).ended = true;
    screen.1.notify_all();
}

fn lock(screen: &(Mutex<Screen>, Condvar)) -> MutexGuard<'_, Screen> {
    screen.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the far end up: no echo, a newline is one byte.
pub(crate) fn prepare(far: impl AsFd) -> io::Result<()> {
    let mut modes = tcgetattr(&far)?;
    modes.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
    modes.output_modes.remove(OutputModes::ONLCR);
    tcsetattr(&far, OptionalActions::Now, &modes)?;
    Ok(tcsetwinsize(&far, SIZE)?)
}

/// The shell. Without line editing it leaves the terminal as it is set up.
pub(crate) fn shell() -> Command {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "--noediting", "-i"]);
    command.env("TERM", "dumb").env("LC_ALL", "C.UTF-8").env("PAGER", "cat").env("GIT_PAGER", "cat");
    command
}

/// Gives a command the environment of a reader's shell.
pub(crate) fn clean(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let is_cargos = NOT_A_READERS.iter().any(|start| text.starts_with(start));
        if is_cargos || UNWANTED.split_whitespace().any(|unwanted| unwanted == text) {
            command.env_remove(&name);
        }
    }
}
