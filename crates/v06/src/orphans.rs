//! Orphans: what applications have started and left behind.
//!
//! v05 ends them with their request, for each request has a process of its own. Here the requests of a worker share one,
//! and nobody can tell which of them started a program; only that it was none that began after the program. So the
//! requests are counted in two shifts. Those that begin are of the new shift; when the old one has no request left, what
//! was there at the last change of shifts is nobody's any more: it is ended, and the shifts change.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;

use crate::children;
use crate::runtime;

/// How often orphans are looked for.
const INTERVAL: Duration = Duration::from_millis(500);

/// The requests at work.
#[derive(Default)]
pub(crate) struct Requests {
    /// How many there are of each shift.
    running: [Cell<usize>; 2],
    /// Which of the two is the new shift.
    shift: Cell<usize>,
    /// Whether one has begun since the last look.
    has_begun: Cell<bool>,
}

/// A request at work, until it is dropped.
pub(crate) struct Running<'a>(&'a Cell<usize>);

impl Requests {
    pub(crate) fn begin(&self) -> Running<'_> {
        self.has_begun.set(true);
        let running = &self.running[self.shift.get()];
        running.update(|count| count + 1);
        Running(running)
    }

    /// Ends orphans, for ever.
    pub(crate) async fn end_orphans(&self) {
        let mut before = HashSet::new();
        loop {
            runtime::sleep(INTERVAL).await;
            let old = 1 - self.shift.get();
            if self.running[old].get() > 0 || before.is_empty() && !self.has_begun.take() {
                continue;
            }
            let mut now = children::list();
            for pid in before.intersection(&now) {
                let _ = kill(*pid, Signal::SIGKILL);
                let _ = waitpid(*pid, None);
            }
            now.retain(|pid| !before.contains(pid));
            before = now;
            self.shift.set(old);
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.update(|count| count - 1);
    }
}
