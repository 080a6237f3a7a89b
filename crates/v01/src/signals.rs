//! The signals that stop the server: SIGTERM, and SIGINT, which is Ctrl-C.
//!
//! Their default action ends a process, so most programs do nothing about them. But a program starts with the signal
//! mask of the one that started it, and what that one ignored stays ignored (execve(2)); and process 1, the first one of
//! a container, has no default actions (pid_namespaces(7)). A handler and an empty mask work everywhere.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use nix::sys::signal::SigSet;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// From here on SIGTERM and SIGINT end the server, with exit code 0.
pub(crate) fn set_up() -> Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    for signal in [SIGTERM, SIGINT] {
        flag::register_conditional_shutdown(signal, 0, always.clone())?;
    }
    SigSet::empty().thread_set_mask()?;
    Ok(())
}
