//! A port for a program that can't choose one.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname, setsockopt, socket, sockopt};

/// A free port of 127.0.0.1. As long as the socket is there, the kernel gives the port to nobody who asks for any; a program
/// that asks for this one gets it, if it sets SO_REUSEADDR as servers do, for nobody listens here.
///
/// # Errors
///
/// The kernel has no socket or no port left.
pub fn reserve() -> io::Result<(OwnedFd, SocketAddr)> {
    let reserved = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&reserved, sockopt::ReuseAddr, &true)?;
    bind(reserved.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    let address: SockaddrIn = getsockname(reserved.as_raw_fd())?;
    Ok((reserved, SocketAddr::from((address.ip(), address.port()))))
}
