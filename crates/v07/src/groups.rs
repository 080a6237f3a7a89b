//! Process groups: each child leads one, and everything that an application starts is in it too, unless it leaves. So all
//! of it can be ended together, however the child or the server ends.
//!
//! Sources: setpgid(2), prctl(2), signal-safety(7).

use std::fs;

use nix::libc::c_int;
use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, Signal, kill, killpg, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpgid, getpid, getppid, setpgid};

/// A worker's first call. It makes a group of its own, which ends when its parent, the master, dies.
pub(crate) fn become_child(master: Pid) -> nix::Result<()> {
    setpgid(getpid(), getpid())?;
    // SAFETY: all that the handler calls is getpid(2) and kill(2), which signal-safety(7) allows.
    unsafe { signal(Signal::SIGQUIT, SigHandler::Handler(end_own)) }?;
    // The group is in the background of its terminal. After `stty tostop`, SIGTTOU would stop a child that writes to the
    // terminal, unless the signal is blocked (termios(3)).
    SigSet::from(Signal::SIGTTOU).thread_set_mask()?;
    prctl::set_pdeathsig(Signal::SIGQUIT)?;
    if getppid() != master {
        end_own(0); // The server died before it could have a signal sent.
    }
    Ok(())
}

/// A child's last call. It ends everything that the child has started, but not the child itself, which joins the server's
/// group first. (If the server is gone, it can't, and ends with the others.)
pub(crate) fn end_started(server: Pid) {
    let own = getpid();
    let _ = getpgid(Some(server)).and_then(|group| setpgid(own, group));
    end(own);
}

/// Ends the group that `leader` made, if any of it is left.
pub(crate) fn end(leader: Pid) {
    let _ = killpg(leader, Signal::SIGKILL);
}

/// Ends all children of the server, with their groups, and waits for them. Each death can leave orphans, which become
/// children of the server, so it goes on until there are no more.
pub(crate) fn end_all() {
    loop {
        let children = fs::read_to_string("/proc/thread-self/children").unwrap_or_default(); // proc(5)
        if children.is_empty() {
            return;
        }
        for child in children.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw) {
            end(child);
            let _ = kill(child, Signal::SIGKILL); // An orphan may lead no group.
        }
        let _ = waitpid(None, None);
    }
}

/// Ends the calling child with its group. The group is named: `kill(0)` would end the server's if the child has joined it.
extern "C" fn end_own(_: c_int) {
    let _ = kill(Pid::from_raw(-getpid().as_raw()), Signal::SIGKILL);
}
