//! A machine of its own for a chapter: namespaces in which port 8888 is free, `ps` sees only what the chapter started,
//! and nothing outlives them.
//!
//! `Namespaces::start` runs this program once more, with a subcommand of its own: that process unshares, and forks what
//! becomes process 1 of the new namespaces. Process 1 mounts a `/proc`, takes the loopback up, starts a shell at each
//! terminal, and then reaps. When it dies the kernel kills all the others, and it can't have ended before they have. Its
//! parent kills it when its own stdin ends, which it does when the test drops `Namespaces` or dies.
//!
//! A user namespace is made only where the user may not do without; numbers of users mean the same in it.
//!
//! Source: namespaces(7), pid_namespaces(7), user_namespaces(7), netdevice(7).

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, mem};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::sys::wait::{wait, waitpid};
use nix::unistd::{ForkResult, fork, getgid, getuid, setsid};
use procfs::process::{Process, all_processes};

use crate::terminal;

/// The hidden subcommand; behind it stand the paths of the terminals.
pub const SUBCOMMAND: &str = "namespaces";

/// What it prints when the shells are started. Anything else is why they can't be.
const READY: &str = "ready";

/// The time between two looks at whether anything has run.
const LOOK: Duration = Duration::from_millis(20);

/// The namespaces of a chapter. Dropping them ends all that runs there.
pub(super) struct Namespaces {
    child: Child,
    /// By which the kernel knows the namespace of processes.
    identity: PathBuf,
}

impl Namespaces {
    /// Has `program`, which is this one or stands for it, make them, with a shell at each of these terminals; or says
    /// why that can't be.
    pub(super) fn start(
        program: &Path,
        terminals: [&Path; 2],
        folder: &Path,
        variables: &[(String, String)],
    ) -> Result<Namespaces, String> {
        let mut command = Command::new(program);
        command.arg(SUBCOMMAND).args(terminals).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        terminal::clean(&mut command);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut child = command.spawn().map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut line); // An empty line is judged below.
        }
        let identity = fs::read_link(format!("/proc/{}/ns/pid_for_children", child.id())).unwrap_or_default();
        let namespaces = Namespaces { child, identity };
        match line.trim() {
            READY => Ok(namespaces),
            "" => Err("the process that makes the namespaces ended without a word".to_owned()),
            reason => Err(reason.to_owned()),
        }
    }

    /// Waits until everything in them sleeps, but not longer than `patience`: what goes on computing is no failure.
    pub(super) fn rest(&self, patience: Duration) {
        let start = Instant::now();
        let mut before = self.states();
        while start.elapsed() < patience {
            thread::sleep(LOOK); // Nothing tells that nothing happens.
            let now = self.states();
            let asleep = |(_, state, ..): &(i32, char, String, u64)| "SITtZ".contains(*state);
            if now.iter().all(asleep) && now == before {
                return;
            }
            before = now;
        }
    }

    /// Whether cargo is still at work.
    pub(super) fn is_compiling(&self) -> bool {
        self.states().iter().any(|(.., name, _)| name == "cargo")
    }

    /// The processes, each with its state, its name, and how often it gave the processor up.
    fn states(&self) -> Vec<(i32, char, String, u64)> {
        let state = |process: Process| {
            let namespace = fs::read_link(format!("/proc/{}/ns/pid", process.pid)).ok()?;
            let stat = process.stat().ok().filter(|_| namespace == self.identity)?;
            let switches = process.status().ok()?.voluntary_ctxt_switches.unwrap_or_default();
            Some((process.pid, stat.state, stat.comm, switches))
        };
        all_processes().into_iter().flatten().flatten().filter_map(state).collect()
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait(); // It ends when all in the namespaces has ended.
    }
}

/// The program `book`, also when this is one of its tests.
pub(super) fn program() -> Result<PathBuf> {
    if let Some(path) = env::var_os("CARGO_BIN_EXE_book") {
        return Ok(path.into());
    }
    let itself = env::current_exe().context("cannot tell which program this is")?;
    if itself.file_stem().is_some_and(|name| name == "book") {
        return Ok(itself);
    }
    let beside = itself.parent().and_then(Path::parent).map(|folder| folder.join("book"));
    beside.filter(|path| path.is_file()).context("the program `book` is not built")
}

/// Makes the namespaces and keeps them until stdin ends: what the hidden subcommand does.
///
/// # Errors
///
/// What can't be had. It is printed on stdout as well, for who started this.
pub fn keep(terminals: &[PathBuf]) -> Result<()> {
    let kept = make().and_then(|()| {
        // SAFETY: this process has one thread.
        match unsafe { fork() }.context("fork")? {
            ForkResult::Child => first_process(terminals),
            ForkResult::Parent { child } => {
                let _ = io::copy(&mut io::stdin(), &mut io::sink()); // Its end is all that matters.
                let _ = kill(child, Signal::SIGKILL);
                waitpid(child, None).map(|_| ()).context("waitpid")
            }
        }
    });
    kept.inspect_err(|error| println!("{error:#}"))
}

/// Puts this process into new namespaces; its next child will be process 1 of the new ones.
fn make() -> Result<()> {
    let (user, group) = (getuid(), getgid());
    let without_user = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS;
    match unshare(without_user) {
        Err(Errno::EPERM) => {}
        done => return done.context("namespaces can't be made: unshare"),
    }
    unshare(without_user | CloneFlags::CLONE_NEWUSER).context("namespaces can't be made: unshare")?;
    let write = |name: &str, text: String| {
        fs::write(format!("/proc/self/{name}"), text).with_context(|| format!("a user namespace can't be used: {name}"))
    };
    write("setgroups", "deny".to_owned())?;
    write("uid_map", format!("{user} {user} 1"))?;
    write("gid_map", format!("{group} {group} 1"))
}

/// Process 1: prepares the namespaces, starts the shells, and reaps until none is left.
fn first_process(terminals: &[PathBuf]) -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("prctl")?;
    let nothing = None::<&str>;
    // What is mounted from here on stays here.
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)
        .context("mounts can't be kept apart")?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, nothing).context("a new /proc can't be mounted")?;
    take_loopback_up().context("the loopback can't be taken up")?;
    for path in terminals {
        // SAFETY: this process has one thread.
        if let ForkResult::Child = unsafe { fork() }.context("fork")? {
            return shell(path);
        }
    }
    println!("{READY}");
    io::stdout().flush()?;
    while !matches!(wait(), Err(Errno::ECHILD)) {}
    Ok(())
}

/// Becomes the shell at a terminal; comes back only if that can't be.
fn shell(path: &Path) -> Result<()> {
    setsid().context("setsid")?;
    // The first terminal that a leader of a session opens becomes the session's.
    let mut terminal = File::options().read(true).write(true).open(path).context("the terminal can't be opened")?;
    terminal::prepare(&terminal).context("the terminal can't be set up")?;
    for number in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGTSTP, Signal::SIGCHLD] {
        // A test run started in the background of a shell ignores some, and would hand that down.
        // SAFETY: the default action runs no code of ours.
        unsafe { signal(number, SigHandler::SigDfl) }.context("signal")?;
    }
    let copy = || terminal.try_clone().context("dup");
    let error = terminal::shell().stdin(copy()?).stdout(copy()?).stderr(copy()?).exec();
    let _ = writeln!(terminal, "bash can't be started: {error}"); // Who plays the chapter shows it.
    bail!("bash can't be started: {error}")
}

/// Sets the flag IFF_UP of the interface `lo`; its addresses come with that.
fn take_loopback_up() -> Result<()> {
    let socket: OwnedFd = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    // SAFETY: zeros are a valid ifreq, with an empty name.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, letter) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = letter.cast_signed() as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: this call reads an ifreq, and this is one.
    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &request) })?;
    Ok(())
}
