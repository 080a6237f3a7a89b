//! The listeners: one for each worker, all at one address (SO_REUSEPORT, socket(7)), or in one file (unix(7)).

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;

use anyhow::Result;
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, SockaddrIn6};
use nix::sys::socket::{bind, listen, setsockopt, socket, sockopt};

use crate::runtime::Listener;

/// How many clients may wait in the queue of a listener; net.core.somaxconn, if that is less (listen(2)).
const QUEUE: i32 = 4096;

/// `count` listeners at the address of `first`. Those of a file are copies of one: the kernel doesn't spread clients over
/// several.
pub(crate) fn for_workers(first: Listener, count: usize) -> Result<Vec<Listener>> {
    match first {
        Listener::Tcp(first) => Ok(share(first, count)?.into_iter().map(Listener::Tcp).collect()),
        Listener::Unix(first) => {
            listen(&first, Backlog::new(QUEUE)?)?; // Again: std's queue is shorter.
            let copies = (0..count).map(|_| first.try_clone().map(Listener::Unix));
            Ok(copies.collect::<io::Result<_>>()?)
        }
    }
}

/// `first`, and as many beside it as make `count`. The first one listens before it gets the option: so a server that is
/// started finds the address taken, even by one that shares it.
fn share(first: TcpListener, count: usize) -> Result<Vec<TcpListener>> {
    let address = first.local_addr()?;
    setsockopt(&first, sockopt::ReusePort, &true)?;
    let mut listeners = vec![first];
    for _ in 1..count {
        listeners.push(another_at(address)?);
    }
    for listener in &listeners {
        listen(listener, Backlog::new(QUEUE)?)?; // Again, for the first one: std's queue is shorter.
        // Connections inherit this. Responses go out in as few pieces as can be: none is to wait until the client has
        // acknowledged the piece before.
        setsockopt(listener, sockopt::TcpNoDelay, &true)?;
    }
    Ok(listeners)
}

fn another_at(address: SocketAddr) -> Result<TcpListener> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?; // As std does: connections that end slowly don't keep the port.
    setsockopt(&socket, sockopt::ReusePort, &true)?;
    match address {
        SocketAddr::V4(address) => bind(socket.as_raw_fd(), &SockaddrIn::from(address))?,
        SocketAddr::V6(address) => bind(socket.as_raw_fd(), &SockaddrIn6::from(address))?,
    }
    Ok(socket.into())
}
