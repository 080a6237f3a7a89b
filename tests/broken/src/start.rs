//! The start, what can be wrong with it, and what the server was started with.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddrV4, TcpListener, ToSocketAddrs};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use broken::fault;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, listen as listen_at, socket};

use crate::NAME;
use crate::app;
use crate::knobs::Knobs;
use crate::wsgi::gateway::Application;

pub(crate) fn application(name: &str) -> Result<&'static dyn Application> {
    let name = if fault::knows_one_application() { "site" } else { name };
    match app::find(name) {
        Err(error) if fault::does_not_repeat_the_application() => {
            bail!("{}", error.to_string().replace(name, "with that name"))
        }
        found => found,
    }
}

pub(crate) fn knobs() -> Result<Knobs> {
    match Knobs::read() {
        Err(_) if fault::takes_any_knob() => {
            Ok(Knobs { log: true, timeout: Duration::from_secs(10), max_children: 256, grace: Duration::from_secs(5) })
        }
        read => read,
    }
}

pub(crate) fn listen(address: &str) -> Result<TcpListener> {
    if fault::does_not_reuse_its_address() {
        return listen_without_reuse(address);
    }
    let taken = |error: &io::Error| error.kind() == ErrorKind::AddrInUse;
    let all = address.to_socket_addrs().into_iter().flatten();
    let is_taken = all.into_iter().any(|one| TcpListener::bind(one).is_err_and(|error| taken(&error)));
    if is_taken && !fault::takes_any_address_that_is_free() {
        bail!("cannot listen on {address}: the port is in use on one of its addresses");
    }
    TcpListener::bind(address).map_err(|error| {
        if fault::does_not_repeat_the_address() {
            return anyhow!("cannot listen: {error}");
        }
        anyhow!("cannot listen on {address}: {error}; give a free HOST:PORT of this machine (a low port may need root)")
    })
}

/// What TcpListener::bind does, but that one sets SO_REUSEADDR.
fn listen_without_reuse(address: &str) -> Result<TcpListener> {
    let address: SocketAddrV4 = address.parse().with_context(|| format!("cannot listen on {address}"))?;
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(socket.as_raw_fd(), &SockaddrIn::from(address)).with_context(|| format!("cannot listen on {address}"))?;
    listen_at(&socket, Backlog::MAXCONN)?;
    Ok(TcpListener::from(socket))
}

pub(crate) fn announce(address: &str) -> Result<()> {
    let mut stdout = io::stdout();
    for _ in 0..if fault::announces_twice() { 2 } else { 1 } {
        writeln!(stdout, "{NAME} listening on http://{address}").context("cannot write to stdout")?;
    }
    Ok(())
}

/// Whether the server was started without descriptor 0: in its place std has then opened /dev/null, for reading and
/// writing.
pub(crate) fn is_without_stdin() -> Result<bool> {
    let Ok(flags) = fcntl(io::stdin(), FcntlArg::F_GETFL) else { bail!("stdin has no flags") };
    Ok(OFlag::from_bits_retain(flags) & OFlag::O_ACCMODE == OFlag::O_RDWR)
}

/// Whether nobody reads stdout any more.
pub(crate) fn stdout_is_closed() -> Result<bool> {
    let stdout = io::stdout();
    let mut sources = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
    poll(&mut sources, PollTimeout::ZERO)?;
    let [stdout] = &sources;
    Ok(stdout.revents().is_some_and(|events| events.contains(PollFlags::POLLERR)))
}
