//! The children, and how they are reaped.
//!
//! A child that has ended stays as a zombie until its parent waits for it. One SIGCHLD can stand for many of them, so `reap`
//! waits until there is none left. The server is also a subreaper: a process that loses its parent, and descends from the
//! server, becomes the server's own child, is reaped, and is ended with the server.

use std::collections::HashSet;
use std::fs;
use std::mem;

use anyhow::Result;
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpid, setpgid};

use crate::log;

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

    /// Takes note of a child that was just forked.
    pub(crate) fn add(&mut self, child: Pid) {
        // `become_child` does this too: whichever of the two runs first, nobody ever finds the child without its group.
        let _ = setpgid(child, child);
        self.0.insert(child);
    }

    /// Waits for all that ended, and ends what is left of their groups.
    pub(crate) fn reap(&mut self) {
        while let Some(Zombie { pid, failure }) = find_zombie() {
            if self.0.remove(&pid) {
                let _ = killpg(pid, Signal::SIGKILL); // If it was killed, what it started is left.
                if let Some(failure) = failure {
                    log::line(format_args!("child {pid} {failure}"));
                }
            }
            let _ = waitpid(pid, None);
        }
    }

    /// Ends all children with their groups, and the grandchildren that left these and came to the server as orphans, and
    /// waits for them.
    pub(crate) fn end_all(&mut self) {
        for child in self.0.drain() {
            let _ = killpg(child, Signal::SIGKILL);
        }
        loop {
            // The kernel's list of all that are children of this process by now (proc(5)).
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

/// A child that has ended and was not waited for yet.
struct Zombie {
    pid: Pid,
    /// How it ended, unless it exited with code 0.
    failure: Option<String>,
}

/// A child that has ended, if there is one. WNOWAIT leaves the zombie there: until it is waited for, no new process or group
/// can get its number. This is not nix's `waitid`, because that knows no real-time signals: it would find a child that died
/// of one again and again, and no other.
fn find_zombie() -> Option<Zombie> {
    // SAFETY: a siginfo_t is made of numbers, so all zeros are a value of it.
    let mut ended: libc::siginfo_t = unsafe { mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `ended` is there to be written to for the whole call.
    let result = unsafe { libc::waitid(libc::P_ALL, 0, &mut ended, options) };
    // SAFETY: waitid(2) fills in si_pid, or leaves it 0 if no child has ended.
    let pid = unsafe { ended.si_pid() };
    // SAFETY: waitid(2) fills in si_status too.
    let status = unsafe { ended.si_status() };
    let failure = match (ended.si_code, Signal::try_from(status)) {
        (libc::CLD_EXITED, _) => (status != 0).then(|| format!("exited with code {status}")),
        (_, Ok(signal)) => Some(format!("was killed by {signal}")),
        (_, Err(_)) => Some(format!("was killed by signal {status}")),
    };
    (result == 0 && pid != 0).then(|| Zombie { pid: Pid::from_raw(pid), failure })
}
