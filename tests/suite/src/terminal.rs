//! A terminal that a server can be started on: a pair of pseudo-terminal ends (pty(7)).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::OFlag;
use nix::libc;
use nix::pty::{PtyMaster, grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

/// A terminal. What is written there nobody reads, so that it has to be little. Dropping it closes the terminal.
pub(crate) struct Terminal {
    _screen: PtyMaster,
    line: File,
}

impl Terminal {
    /// Opens one. Neither end gets to another program but the one that is started on it.
    pub(crate) fn new() -> io::Result<Terminal> {
        let screen = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&screen)?;
        unlockpt(&screen)?;
        let line = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open(ptsname_r(&screen)?)?;
        Ok(Terminal { _screen: screen, line })
    }

    /// As `stty tostop` does: lets a process in the background stop when it writes (SIGTTOU).
    pub(crate) fn stops_background_output(&self) -> io::Result<()> {
        let mut settings = tcgetattr(&self.line)?;
        settings.local_flags.insert(LocalFlags::TOSTOP);
        Ok(tcsetattr(&self.line, SetArg::TCSANOW, &settings)?)
    }
}

/// The end that a program is started on.
impl AsRawFd for Terminal {
    fn as_raw_fd(&self) -> RawFd {
        self.line.as_raw_fd()
    }
}
