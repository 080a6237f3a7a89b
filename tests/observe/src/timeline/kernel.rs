//! One look at what the kernel knows: the server's processes, and who holds the server's end of each connection.
//!
//! The processes are the server and its descendants, zombies too (/proc/PID/task/PID/children). A connection's socket
//! is asked for by its addresses, with sock_diag(7): /proc/net/tcp lists every socket of the machine, which takes
//! too long. A connection that waits in the listener's queue has no inode yet; an accepted one has, and whose
//! descriptor refers to that inode (/proc/PID/fd), holds it.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::constants::{AF_INET, IPPROTO_TCP, TCP_LISTEN};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use netlink_packet_sock_diag::{SockDiagMessage, TCP_TIME_WAIT};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use procfs::process::{FDTarget, Process};

/// A process as a look sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub pid: i32,
    pub is_zombie: bool,
}

/// Where a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the listener's queue.
    Queue,
    /// In the hands of this process.
    Held(i32),
    /// Just in no hands.
    Nowhere,
}

/// The server and its descendants, parents before children, the older before the younger.
pub fn processes(server: i32) -> Vec<Seen> {
    let (mut found, mut next) = (Vec::new(), vec![server]);
    while let Some(pid) = next.pop() {
        let Ok(process) = Process::new(pid) else { continue };
        let Ok(stat) = process.stat() else { continue }; // It has gone.
        found.push(Seen { pid, is_zombie: stat.state == 'Z' });
        let children = process.task_main_thread().and_then(|thread| thread.children());
        next.extend(children.into_iter().flatten().rev().map(u32::cast_signed));
    }
    found
}

/// Questions about sockets.
pub struct Sockets {
    netlink: Socket,
}

impl Sockets {
    pub fn new() -> Result<Sockets> {
        let netlink = Socket::new(NETLINK_SOCK_DIAG).context("the kernel tells nothing of its sockets (sock_diag)")?;
        netlink.connect(&netlink_sys::SocketAddr::new(0, 0)).context("sock_diag can't be asked")?;
        Ok(Sockets { netlink })
    }

    /// Where the server's end of a connection is. Of several that hold it the youngest counts: a server that forks lets
    /// go of it a moment after the child has it.
    pub fn place(&self, processes: &[Seen], client: SocketAddr, server: SocketAddr) -> Result<Place> {
        let inode = match self.inode(server, client)? {
            None => return Ok(Place::Nowhere),
            Some(0) => return Ok(Place::Queue),
            Some(inode) => u64::from(inode),
        };
        let holder = processes.iter().rev().find(|seen| !seen.is_zombie && holds(seen.pid, inode));
        Ok(holder.map_or(Place::Nowhere, |seen| Place::Held(seen.pid)))
    }

    /// The number of the socket with these addresses; None if it is closed.
    fn inode(&self, local: SocketAddr, remote: SocketAddr) -> Result<Option<u32>> {
        self.netlink.send(&question(local, remote), 0)?;
        let (answer, _) = self.netlink.recv_from_full()?;
        match NetlinkMessage::<SockDiagMessage>::deserialize(&answer)?.payload {
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                // Where there is no such connection any more, the kernel finds the listener.
                let is_there = ![TCP_LISTEN, TCP_TIME_WAIT].contains(&response.header.state);
                Ok(is_there.then_some(response.header.inode))
            }
            NetlinkPayload::Error(_) => Ok(None), // No such socket.
            other => bail!("sock_diag answers {other:?}"),
        }
    }
}

fn question(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let socket_id = SocketId {
        source_port: local.port(),
        destination_port: remote.port(),
        source_address: local.ip(),
        destination_address: remote.ip(),
        interface_id: 0,
        cookie: [0xff; 8], // any
    };
    let (extensions, states) = (ExtensionFlags::empty(), StateFlags::all());
    let request = InetRequest { family: AF_INET, protocol: IPPROTO_TCP, extensions, states, socket_id };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

fn holds(pid: i32, inode: u64) -> bool {
    let descriptors = Process::new(pid).and_then(|process| process.fd());
    let mut targets = descriptors.into_iter().flatten().flatten().map(|descriptor| descriptor.target);
    targets.any(|target| matches!(target, FDTarget::Socket(number) if number == inode))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_is_in_the_queue_then_held_then_gone() -> Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (sockets, server) = (Sockets::new()?, listener.local_addr()?);
        let client = TcpStream::connect(server)?;
        let this = std::process::id().cast_signed();
        let processes = [Seen { pid: this, is_zombie: false }];
        let place = || sockets.place(&processes, client.local_addr()?, server);
        assert_eq!(place()?, Place::Queue);
        let accepted = listener.accept()?;
        assert_eq!(place()?, Place::Held(this));
        drop(accepted);
        assert_ne!(place()?, Place::Held(this));
        drop(listener);
        drop(sockets);
        Ok(())
    }
}
