//! Waiting for a client or a signal, whichever comes first.
//!
//! A signal handler may do next to nothing (signal-safety(7)). So it writes one byte into a pipe, the self-pipe, and
//! poll(2) waits for that as for a client. std's `accept` would go on waiting: it hides that a signal came (EINTR).
//! The pipe is a pair of connected sockets, which std offers, and which signal-hook can write to without waiting.

use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

pub(crate) struct Signals {
    /// The reading end of the self-pipe.
    pipe: UnixStream,
    /// Set by SIGTERM and SIGINT.
    stop: Arc<AtomicBool>,
}

impl Signals {
    /// From here on SIGCHLD, SIGTERM and SIGINT wake `wait`, also where the server was started with one of them ignored or
    /// blocked.
    pub(crate) fn new() -> Result<Signals> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            // A second one while nobody has looked at the first: the server hangs, in a write to stderr say, so it ends
            // here. That is the children's end too, as for every death of the server.
            flag::register_conditional_shutdown(signal, 0, stop.clone())?;
            flag::register(signal, stop.clone())?; // Before the pipe: who is woken finds the flag set.
        }
        for signal in [SIGCHLD, SIGTERM, SIGINT] {
            low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        SigSet::empty().thread_set_mask()?;
        Ok(Signals { pipe, stop })
    }

    /// Whether SIGTERM or SIGINT came since the last call.
    pub(crate) fn take_stop(&self) -> bool {
        self.stop.swap(false, Ordering::Relaxed)
    }

    /// Waits for a client at `listener`, if one is given, and for a signal; `None` waits forever.
    pub(crate) fn wait(&mut self, listener: Option<&TcpListener>, timeout: Option<Duration>) -> Result<Woken> {
        let pipe = |wanted| PollFd::new(self.pipe.as_fd(), wanted);
        let client = listener.map(|listener| PollFd::new(listener.as_fd(), PollFlags::POLLIN));
        // Without a listener its place is taken by the pipe, with nothing wanted of it.
        let mut sources = [pipe(PollFlags::POLLIN), client.unwrap_or_else(|| pipe(PollFlags::empty()))];
        // Rounded up: a timeout that is too short would be waited for again and again.
        let timeout =
            timeout.map_or(Ok(PollTimeout::NONE), |timeout| PollTimeout::try_from(timeout.as_millis() + 1))?;
        match poll(&mut sources, timeout) {
            // The signal's byte is in the pipe.
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [signal, client] = sources.map(|source| source.any().unwrap_or_default());
        if signal {
            self.drain()?;
        }
        Ok(Woken { signal, client })
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
    let signals = SigSet::from_iter([Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT]);
    Ok(signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?)
}

/// Why `wait` came back.
pub(crate) struct Woken {
    pub(crate) signal: bool,
    pub(crate) client: bool,
}
