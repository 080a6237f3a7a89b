//! Reaping. A child that has ended stays a zombie until its parent waits for it (wait(2)).

use std::collections::HashSet;
use std::mem;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use anyhow::Result;
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::groups;
use crate::log;

/// The workers.
pub(crate) struct Children(HashSet<Pid>);

impl Children {
    pub(crate) fn new() -> Result<Children> {
        prctl::set_child_subreaper(true)?; // Orphans below the master become its children.
        Ok(Children(HashSet::new()))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn contains(&self, pid: Pid) -> bool {
        self.0.contains(&pid)
    }

    pub(crate) fn add(&mut self, child: Pid) {
        self.0.insert(child);
    }

    pub(crate) fn reap(&mut self) {
        reap(&mut self.0);
    }

    /// Ends a worker with its group. It is still to be reaped.
    pub(crate) fn end(&self, worker: Pid) {
        groups::end(worker);
        let _ = kill(worker, Signal::SIGKILL); // It may have no group yet.
    }

    /// Ends all workers, and the orphans that came to the master, and waits for them.
    pub(crate) fn end_all(&mut self) {
        self.0.clear();
        groups::end_all();
    }
}

/// Reaps everything that has ended. `children` are the workers: each leaves the set, with a line on stderr if it failed.
fn reap(children: &mut HashSet<Pid>) {
    while let Some(pid) = find_zombie() {
        let served = children.remove(&pid);
        if served {
            groups::end(pid); // If the child was killed, what it started is still there.
        }
        let mut status = 0;
        // SAFETY: `status` may be written to for the whole call.
        unsafe { libc::waitpid(pid.as_raw(), &mut status, 0) };
        let status = ExitStatus::from_raw(status);
        if served && !status.success() {
            log::line(format_args!("worker {pid} failed: {status}"));
        }
    }
}

/// A child that has ended, if there is one. WNOWAIT leaves the zombie in place: until it is reaped, its number can't be
/// given to a new process or group. (nix's `waitid` can't be used, because it fails for a child killed by a real-time
/// signal, without saying which child it is.)
fn find_zombie() -> Option<Pid> {
    // SAFETY: a siginfo_t consists of numbers, so it may be all zeros.
    let mut child: libc::siginfo_t = unsafe { mem::zeroed() };
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `child` may be written to for the whole call.
    unsafe { libc::waitid(libc::P_ALL, 0, &mut child, options) };
    // SAFETY: waitid(2) has filled in si_pid, or left it 0 because no child has ended.
    let pid = unsafe { child.si_pid() };
    (pid != 0).then(|| Pid::from_raw(pid))
}
