//! The children as in v05, and what can be wrong with how they begin and end.

use std::collections::HashSet;
use std::fs;
use std::mem;
use std::process;

use anyhow::Result;
use broken::fault;
use nix::libc::{self, c_int};
use nix::sys::prctl;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, killpg, sigaction};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{Pid, getpgid, getpid, getppid, setpgid};

use crate::log;

const OWN: Pid = Pid::from_raw(0);

/// The exit code of a child that takes others with it.
pub(crate) const DEADLY: i32 = 70;

/// The children that serve a connection.
pub(crate) struct Children(HashSet<Pid>);

impl Children {
    pub(crate) fn new() -> Result<Children> {
        prctl::set_child_subreaper(true)?;
        Ok(Children(HashSet::new()))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn add(&mut self, child: Pid) {
        let _ = setpgid(child, child);
        self.0.insert(child);
    }

    /// Waits for all that ended, and ends what is left of their groups.
    pub(crate) fn reap(&mut self) {
        if fault::reaps_nothing() {
            return;
        }
        while let Some(pid) = find_zombie() {
            if self.0.remove(&pid) && !fault::keeps_what_a_request_started() {
                let _ = killpg(pid, Signal::SIGKILL);
            }
            match waitpid(pid, None) {
                Ok(WaitStatus::Signaled(..)) if fault::ends_with_a_killed_child() => process::exit(1),
                Ok(WaitStatus::Signaled(_, signal, _)) if !fault::keeps_silent_about_killed_children() => {
                    log::line(format_args!("child {pid} was killed by {signal}"));
                }
                Ok(WaitStatus::Exited(_, DEADLY)) => self.end_all(),
                _ => {}
            }
            if fault::reaps_one_for_each_signal() {
                return;
            }
        }
    }

    /// Ends all children and their groups, and the orphans that came to the server, and waits for them.
    pub(crate) fn end_all(&mut self) {
        for child in self.0.drain() {
            let _ = killpg(child, Signal::SIGKILL);
        }
        loop {
            let list = fs::read_to_string(format!("/proc/self/task/{}/children", getpid())).unwrap_or_default();
            if list.is_empty() {
                return;
            }
            for pid in list.split_whitespace().filter_map(|pid| pid.parse().ok()) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            let _ = waitpid(None, None);
        }
    }
}

/// A child that ended; it stays a zombie.
fn find_zombie() -> Option<Pid> {
    // nix gives an error for a death by a real-time signal.
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    if fault::gives_up_at_a_nameless_signal() && waitid(Id::All, flags).is_err() {
        return None;
    }
    // SAFETY: a siginfo_t is made of numbers, so all zeros are a value of it.
    let mut ended: libc::siginfo_t = unsafe { mem::zeroed() };
    // SAFETY: `ended` is there to be written to for the whole call.
    let result = unsafe { libc::waitid(libc::P_ALL, 0, &mut ended, flags.bits()) };
    // SAFETY: waitid(2) fills in si_pid, or leaves it 0 if no child has ended.
    let pid = unsafe { ended.si_pid() };
    (result == 0 && pid != 0).then(|| Pid::from_raw(pid))
}

/// What a child does first.
pub(crate) fn become_child(parent: Pid) -> nix::Result<()> {
    setpgid(OWN, OWN)?;
    let (stop, other) = match () {
        () if fault::passes_sigterm_on() => (SigHandler::Handler(stop_the_server), SigHandler::Handler(go_on)),
        () if fault::ends_its_requests_at_sigterm() => (SigHandler::Handler(end_group), SigHandler::Handler(go_on)),
        () if fault::hands_ignored_signals_on() => (SigHandler::SigIgn, SigHandler::SigIgn),
        () => (SigHandler::Handler(go_on), SigHandler::Handler(go_on)),
    };
    let dies = if fault::ends_the_child_alone() { SigHandler::SigDfl } else { SigHandler::Handler(end_group) };
    let actions = [
        (Signal::SIGCHLD, SigHandler::SigDfl),
        (Signal::SIGINT, other),
        (Signal::SIGTERM, stop),
        (Signal::SIGQUIT, dies),
    ];
    for (signal, handler) in actions {
        // SAFETY: the handlers do nothing but getppid(2) and kill(2), which a handler may do (signal-safety(7)).
        unsafe { sigaction(signal, &SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty())) }?;
    }
    let blocked = if fault::writes_from_the_background() { SigSet::empty() } else { SigSet::from(Signal::SIGTTOU) };
    blocked.thread_set_mask()?;
    if fault::lets_children_outlive_it() || fault::keeps_the_listener() {
        return Ok(());
    }
    prctl::set_pdeathsig(Signal::SIGQUIT)?;
    if getppid() != parent {
        end_group(0);
    }
    Ok(())
}

/// Ends what the calling child has started.
pub(crate) fn end_started(server: Pid) {
    if fault::keeps_what_a_request_started() || fault::leaves_all_to_the_server() {
        return;
    }
    let own = getpid();
    let _ = getpgid(Some(server)).and_then(|group| setpgid(own, group));
    let _ = killpg(own, Signal::SIGKILL);
}

extern "C" fn go_on(_: c_int) {}

extern "C" fn stop_the_server(_: c_int) {
    let _ = kill(getppid(), Signal::SIGTERM);
}

extern "C" fn end_group(_: c_int) {
    let _ = kill(OWN, Signal::SIGKILL);
}
