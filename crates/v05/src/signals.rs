//! Waiting for a client or a signal, whichever comes first.
//!
//! A signal handler may do next to nothing (signal-safety(7)). So it writes a byte into a pipe, the self-pipe, and poll(2)
//! waits for that byte as it waits for a client. (std's `accept` keeps waiting when a signal has come.) The pipe is a pair of
//! connected sockets, because signal-hook can write to a socket without waiting.

use std::io::Read;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::SigSet;
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

pub(crate) struct Signals {
    /// The reading end of the self-pipe.
    pipe: UnixStream,
    /// Set by SIGTERM and SIGINT.
    stop: Arc<AtomicBool>,
}

impl Signals {
    /// From here on SIGCHLD, SIGTERM and SIGINT wake `wait`, even if they were ignored or blocked when the server started.
    pub(crate) fn new() -> Result<Signals> {
        let (pipe, writer) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        low_level::pipe::register(SIGCHLD, writer.try_clone()?)?;
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            // If the loop hasn't seen the last signal yet, it may hang, in a write to stderr say: this one ends the server.
            flag::register_conditional_shutdown(signal, 0, stop.clone())?;
            flag::register(signal, stop.clone())?; // Before the pipe: once the loop is awake, the flag is set.
            low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        SigSet::empty().thread_set_mask()?;
        Ok(Signals { pipe, stop })
    }

    /// Whether SIGTERM or SIGINT came since the last call.
    pub(crate) fn take_stop(&self) -> bool {
        self.stop.swap(false, Ordering::Relaxed)
    }

    /// Waits for a signal, for a client at `listener`, if one is given, and no longer than `timeout`, if one is given. Says
    /// whether there is a client.
    pub(crate) fn wait(&self, listener: Option<&TcpListener>, timeout: Option<Duration>) -> Result<bool> {
        let mut sources = vec![PollFd::new(self.pipe.as_fd(), PollFlags::POLLIN)];
        sources.extend(listener.map(|listener| PollFd::new(listener.as_fd(), PollFlags::POLLIN)));
        match poll(&mut sources, timeout.map(PollTimeout::try_from).transpose()?) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        // The pipe is emptied before anything is done about the signals: one that comes from here on wakes `wait` again.
        let _ = (&self.pipe).read(&mut [0; 64]);
        Ok(sources.get(1).and_then(PollFd::any).unwrap_or_default())
    }
}
