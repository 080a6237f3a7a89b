//! The supervisor: a process that outlives the tester and ends what it leaves behind.
//!
//! A tester that comes to its end has ended its servers itself. One that a signal kills has not: by Ctrl-C, by a shortage
//! of memory, or by SIGPIPE when nobody reads its output any more, as in `suite … | head`. Its children then have a new
//! parent: this process, which is a subreaper.

use std::process::ExitCode;

use nix::sys::prctl;
use nix::sys::signal::{SigHandler, SigSet, Signal, kill, raise, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid};

use super::family;

/// Lets a write to a pipe that nobody reads end this process quietly, as in `book check | head`. Rust ignores SIGPIPE, and
/// then printing panics.
pub fn end_without_a_reader() {
    reset(Signal::SIGPIPE);
}

/// Goes on in a child, in which this returns None. In the parent it returns when the child has ended and nothing is left
/// of what that started. The process must have one thread.
pub fn supervise() -> Option<ExitCode> {
    let heard: SigSet = [Signal::SIGCHLD, Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
    reset(Signal::SIGCHLD); // Where it is ignored, children can't be waited for.
    let _ = heard.thread_block();
    let supervisor = getpid();
    // SAFETY: this process has one thread.
    let tester = match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => child,
        // Without a second process the tester goes on alone.
        Ok(ForkResult::Child) | Err(_) => {
            let _ = heard.thread_unblock();
            end_without_a_reader();
            let _ = prctl::set_pdeathsig(Signal::SIGKILL);
            let is_alone = getpid() != supervisor && getppid() != supervisor;
            return is_alone.then_some(ExitCode::FAILURE); // The supervisor died before the line above took effect.
        }
    };
    let _ = prctl::set_child_subreaper(true);
    let end = wait(tester, &heard);
    family::end_children(|_| true);
    match end {
        Some(WaitStatus::Exited(_, code)) => Some(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)),
        Some(WaitStatus::Signaled(_, number, _)) => {
            reset(number);
            let _ = heard.thread_unblock();
            let _ = raise(number); // Whoever waits sees the same end.
            Some(ExitCode::FAILURE)
        }
        _ => Some(ExitCode::FAILURE),
    }
}

/// Waits for the tester's end, and passes on the signals that come before.
fn wait(tester: Pid, heard: &SigSet) -> Option<WaitStatus> {
    loop {
        match heard.wait() {
            Ok(Signal::SIGCHLD) => match waitpid(tester, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => {} // Another process has ended, or the tester was stopped.
                end => return end.ok(),
            },
            Ok(number) => drop(kill(tester, number)),
            Err(_) => {}
        }
    }
}

/// Gives a signal its default action back.
fn reset(number: Signal) {
    // SAFETY: the default action runs no code of ours.
    let _ = unsafe { signal(number, SigHandler::SigDfl) };
}
