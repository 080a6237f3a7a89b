//! The listeners: one for each worker, all at one address (SO_REUSEPORT, socket(7)).

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, SockaddrIn6};
use nix::sys::socket::{bind, listen, setsockopt, socket, sockopt};

/// How many clients may wait in the queue of a listener; net.core.somaxconn, if that is less (listen(2)).
const QUEUE: i32 = 4096;

/// So many listeners, at the first of the addresses that is free.
pub(crate) fn at(addresses: &str, count: usize) -> io::Result<Vec<TcpListener>> {
    let mut failed = io::ErrorKind::AddrNotAvailable.into();
    for address in addresses.to_socket_addrs()? {
        match first_at(address) {
            Ok(first) => return with_more(first, count),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Gets the address without the option: so it fails where another server is, be it one that shares its address.
fn first_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = new_socket(address)?;
    bind_to(&socket, address)?;
    setsockopt(&socket, sockopt::ReusePort, &true)?;
    to_listener(socket)
}

fn with_more(first: TcpListener, count: usize) -> io::Result<Vec<TcpListener>> {
    let address = first.local_addr()?;
    let mut listeners = vec![first];
    while listeners.len() < count {
        let socket = new_socket(address)?;
        setsockopt(&socket, sockopt::ReusePort, &true)?;
        bind_to(&socket, address)?;
        listeners.push(to_listener(socket)?);
    }
    Ok(listeners)
}

fn new_socket(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?; // As std does: connections that end slowly don't keep the port.
    Ok(socket)
}

fn bind_to(socket: &OwnedFd, address: SocketAddr) -> io::Result<()> {
    match address {
        SocketAddr::V4(address) => bind(socket.as_raw_fd(), &SockaddrIn::from(address))?,
        SocketAddr::V6(address) => bind(socket.as_raw_fd(), &SockaddrIn6::from(address))?,
    }
    Ok(())
}

fn to_listener(socket: OwnedFd) -> io::Result<TcpListener> {
    // Connections inherit this. Responses go out in as few pieces as can be: none is to wait until the client has
    // acknowledged the piece before.
    setsockopt(&socket, sockopt::TcpNoDelay, &true)?;
    listen(&socket, Backlog::new(QUEUE)?)?;
    Ok(socket.into())
}
