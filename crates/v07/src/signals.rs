//! Waiting for a signal.
//!
//! A signal handler may do next to nothing (signal-safety(7)). So it writes a byte into a pipe, the self-pipe, and poll(2)
//! waits for that byte. The pipe is a pair of connected sockets, because signal-hook can write to a socket without waiting.
//!
//! SIGHUP asks for new workers. It also comes when the server's terminal is closed, and then the server stops.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};

pub(crate) struct Signals {
    /// The reading end of the self-pipe.
    pipe: UnixStream,
    /// Set by SIGTERM and SIGINT.
    stop: Arc<AtomicBool>,
    /// Set by SIGHUP.
    renew: Arc<AtomicBool>,
    /// Whether the server stops when its terminal is closed: not if it has none, or was told to outlive it (nohup(1)).
    stops_with_terminal: bool,
    registered: Vec<SigId>,
}

impl Signals {
    /// From here on SIGCHLD, SIGHUP, SIGTERM and SIGINT wake `wait`, even if they were ignored or blocked when the server
    /// started.
    pub(crate) fn new() -> Result<Signals> {
        // SAFETY: the default action runs no code of this program.
        let at_hangup = unsafe { signal(Signal::SIGHUP, SigHandler::SigDfl) }?;
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let (stop, renew) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let mut registered = Vec::new();
        for signal in [SIGTERM, SIGINT] {
            // If the loop hasn't seen the last signal yet, it may hang, in a write to stderr say: this one ends the server.
            registered.push(flag::register_conditional_shutdown(signal, 0, stop.clone())?);
            registered.push(flag::register(signal, stop.clone())?); // Before the pipe: once the loop is awake, the flag is set.
        }
        registered.push(flag::register(SIGHUP, renew.clone())?);
        for signal in [SIGCHLD, SIGHUP, SIGTERM, SIGINT] {
            registered.push(low_level::pipe::register(signal, writer.try_clone()?)?);
        }
        SigSet::empty().thread_set_mask()?;
        let stops_with_terminal = has_terminal() && !matches!(at_hangup, SigHandler::SigIgn);
        Ok(Signals { pipe, stop, renew, stops_with_terminal, registered })
    }

    /// Makes the signals a worker's, which is a child of the master: SIGTERM makes the stream readable that this returns, and
    /// the others do nothing. (Ignored signals would stay ignored in the programs that an application starts.)
    pub(crate) fn become_worker(&mut self) -> Result<UnixStream> {
        for registered in self.registered.drain(..) {
            low_level::unregister(registered); // The handler stays, with nothing to do.
        }
        let (stream, writer) = UnixStream::pair()?;
        low_level::pipe::register(SIGTERM, writer)?;
        Ok(stream)
    }

    /// Whether SIGTERM or SIGINT came since the last call of `take_stop`.
    pub(crate) fn has_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether SIGTERM or SIGINT came since the last call.
    pub(crate) fn take_stop(&self) -> bool {
        self.stop.swap(false, Ordering::Relaxed)
    }

    /// Whether SIGHUP came since the last call. If it came because the terminal was closed, that is a stop.
    pub(crate) fn take_renew(&self) -> bool {
        let renews = self.renew.swap(false, Ordering::Relaxed);
        if renews && self.stops_with_terminal && !has_terminal() {
            self.stop.store(true, Ordering::Relaxed);
            return false;
        }
        renews
    }

    /// Waits for a signal or for bytes on one of `streams`, and no longer than `timeout`, if one is given.
    pub(crate) fn wait(&self, streams: &[&UnixStream], timeout: Option<Duration>) -> Result<()> {
        let all = [&self.pipe].into_iter().chain(streams.iter().copied());
        let mut sources: Vec<_> = all.map(|stream| PollFd::new(stream.as_fd(), PollFlags::POLLIN)).collect();
        match poll(&mut sources, timeout.map(PollTimeout::try_from).transpose()?) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        // The pipe is emptied before anything is done about the signals: one that comes from here on wakes `wait` again.
        let _ = (&self.pipe).read(&mut [0; 64]);
        Ok(())
    }
}

/// Whether this process has a terminal that is still there (tty(4)).
fn has_terminal() -> bool {
    File::open("/dev/tty").is_ok()
}

/// Holds the signals back until the mask that it returns is set again.
pub(crate) fn block() -> Result<SigSet> {
    let signals = SigSet::from_iter([Signal::SIGCHLD, Signal::SIGHUP, Signal::SIGTERM, Signal::SIGINT]);
    Ok(signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?)
}
