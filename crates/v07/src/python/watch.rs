//! A watch over calls that hold up the loop: an application that never returns ends its worker, and the master starts
//! another one.
//!
//! A thread looks at intervals whether the same call is still running. It counts these looks, and not the time between
//! them: while the whole server is stopped (SIGSTOP, a suspended machine), time passes, but the thread
//! doesn't look.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::log;

/// How many looks make the time that a call may take.
const LOOKS: u32 = 20;

/// How many calls have begun, and how many have ended: while one runs, it is odd.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// Calls the application, or something that it made. A call in the middle of another one is a part of that.
pub(super) fn during<T>(call: impl FnOnce() -> T) -> T {
    if CALLS.load(Ordering::Relaxed) % 2 == 1 {
        return call();
    }
    CALLS.fetch_add(1, Ordering::Relaxed);
    let output = call();
    CALLS.fetch_add(1, Ordering::Relaxed);
    output
}

/// The thread that looks, if all calls are this loop's. A call may take `limit`.
pub(super) fn run(limit: Duration) {
    let (mut last, mut looks) = (0, 0);
    while looks <= LOOKS {
        thread::sleep(limit / LOOKS);
        let calls = CALLS.load(Ordering::Relaxed);
        looks = if calls == last && calls % 2 == 1 { looks + 1 } else { 0 };
        last = calls;
    }
    let (pid, seconds) = (process::id(), limit.as_secs_f64());
    log::line(format_args!("worker {pid}: a call took longer than {seconds} s (APP_TIMEOUT): the worker is replaced"));
    let _ = kill(Pid::this(), Signal::SIGKILL);
}
