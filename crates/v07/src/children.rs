//! Reaping. A child that has ended stays a zombie until its parent waits for it (wait(2)).

use std::collections::HashSet;
use std::mem;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::libc;
use nix::unistd::Pid;

use crate::groups;
use crate::log;

/// Reaps everything that has ended. `children` are those that serve clients: each leaves the set, with a line on stderr
/// if it failed.
pub(crate) fn reap(children: &mut HashSet<Pid>) {
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
            log::line(format_args!("process {pid} failed: {status}"));
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
