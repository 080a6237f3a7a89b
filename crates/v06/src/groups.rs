//! Process groups: a child leads one, and everything that an application starts belongs to it, unless it leaves the group. So
//! all of it can be ended together, however the child or the server ends.
//!
//! Sources: setpgid(2), prctl(2), signal-safety(7).

use nix::libc::c_int;
use nix::sys::prctl;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, killpg, sigaction};
use nix::unistd::{Pid, getpgid, getpid, getppid, setpgid};

/// What a child does first, with the master's signals blocked. It leads a group of its own, and gets SIGQUIT when `parent`
/// dies, whose handler ends the whole group. (SIGKILL would end the child alone.)
pub(crate) fn become_child(parent: Pid) -> nix::Result<()> {
    setpgid(getpid(), getpid())?;
    let action = SigAction::new(SigHandler::Handler(end_group), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: end_group does nothing but getpid(2) and kill(2), which a handler may do (signal-safety(7)).
    unsafe { sigaction(Signal::SIGQUIT, &action) }?;
    // To its terminal a process outside of the foreground group is in the background. With `stty tostop` its first line there
    // would stop it, unless it blocks the signal (SIGTTOU, termios(3)).
    SigSet::from(Signal::SIGTTOU).thread_set_mask()?;
    prctl::set_pdeathsig(Signal::SIGQUIT)?;
    // A parent that died before that call sends nothing.
    if getppid() != parent {
        end_own_group();
    }
    Ok(())
}

/// Ends what the calling child has started, which is done last. To stay out of that, it joins the group of the server first; if
/// the server is gone, it can't, and ends with the others.
pub(crate) fn end_started(server: Pid) {
    let own = getpid();
    let _ = getpgid(Some(server)).and_then(|group| setpgid(own, group));
    let _ = killpg(own, Signal::SIGKILL);
}

/// Ends the calling child and all that it started. The group is named: `kill(0)` of a child that could not make one would end
/// the server's.
fn end_own_group() {
    let _ = kill(Pid::from_raw(-getpid().as_raw()), Signal::SIGKILL);
}

extern "C" fn end_group(_: c_int) {
    end_own_group();
}
