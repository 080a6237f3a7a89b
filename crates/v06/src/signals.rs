//! Waiting for a signal.
//!
//! A signal handler may do next to nothing (signal-safety(7)). So it writes one byte into a pipe, the self-pipe, and
//! poll(2) waits for that. The pipe is a pair of connected sockets, which std offers, and which signal-hook can write to
//! without waiting.

use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

pub(crate) struct Signals {
    /// The reading end of the self-pipe.
    pipe: UnixStream,
    /// Set by SIGTERM and SIGINT.
    stop: Arc<AtomicBool>,
    /// Set by SIGHUP.
    renew: Arc<AtomicBool>,
}

impl Signals {
    /// From here on SIGCHLD, SIGHUP, SIGTERM and SIGINT wake `wait`.
    pub(crate) fn new() -> Result<Signals> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let (stop, renew) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        for signal in [SIGTERM, SIGINT] {
            // A second one while nobody has looked at the first: the server hangs, in a write to stderr say, so it ends
            // here. That is the children's end too, as for every death of the server.
            flag::register_conditional_shutdown(signal, 0, stop.clone())?;
            flag::register(signal, stop.clone())?; // Before the pipe: who is woken finds the flag set.
        }
        flag::register(SIGHUP, renew.clone())?;
        for signal in [SIGCHLD, SIGHUP, SIGTERM, SIGINT] {
            low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(Signals { pipe, stop, renew })
    }

    /// Whether SIGTERM or SIGINT came since the last call.
    pub(crate) fn take_stop(&self) -> bool {
        self.stop.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGHUP came since the last call.
    pub(crate) fn take_renew(&self) -> bool {
        self.renew.swap(false, Ordering::Relaxed)
    }

    /// Waits for a signal; `None` waits for ever.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Result<()> {
        let mut sources = [PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        // Rounded up: a timeout that is too short would be waited for again and again.
        let timeout =
            timeout.map_or(Ok(PollTimeout::NONE), |timeout| PollTimeout::try_from(timeout.as_millis() + 1))?;
        match poll(&mut sources, timeout) {
            // The signal's byte is in the pipe.
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        self.drain()
    }

    /// Empties the self-pipe, before anything is done about the signals: one that comes meanwhile wakes `wait` again.
    fn drain(&mut self) -> Result<()> {
        let mut bytes = [0; 64];
        loop {
            match self.pipe.read(&mut bytes) {
                Ok(count) if count == bytes.len() => {}
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Keeps the signals from coming until the mask that it gives back is set again.
pub(crate) fn block() -> Result<SigSet> {
    let signals = SigSet::from_iter([Signal::SIGCHLD, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT]);
    Ok(signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?)
}
