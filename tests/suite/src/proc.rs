//! What the kernel tells in /proc: a server's processes, and the sockets of a connection.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use procfs::net::{TcpNetEntry, TcpState};
use procfs::process::FDTarget;

use crate::client::LOOK;
use crate::{guard, queue};

/// A process of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its parent's number.
    pub parent: i32,
    /// Its state as in proc(5): `R` running, `S` sleeping, `T` stopped, `Z` zombie.
    pub state: char,
    /// The name of its program.
    pub name: String,
}

impl Process {
    /// Whether it has ended and its parent has not waited for it yet.
    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }
}

/// The processes that bear `mark` in their environment, wherever they went, and their zombies. A zombie has no
/// environment left, so it is known by its parent: one of them, or `server` itself.
pub(crate) fn marked(mark: &str, server: i32) -> Vec<Process> {
    let (mut found, mut zombies) = (Vec::new(), Vec::new());
    for process in procfs::process::all_processes().into_iter().flatten().flatten() {
        let Ok(stat) = process.stat() else { continue }; // It has gone since.
        let seen = Process { pid: stat.pid, parent: stat.ppid, state: stat.state, name: stat.comm };
        if seen.is_zombie() {
            zombies.push(seen);
        } else if process.environ().is_ok_and(|all| all.get(OsStr::new(guard::VARIABLE)) == Some(&mark.into())) {
            found.push(seen);
        }
    }
    let parents: Vec<_> = found.iter().map(|process| process.pid).chain([server]).collect();
    found.extend(zombies.into_iter().filter(|zombie| parents.contains(&zombie.parent)));
    found
}

/// Whether somebody listens on `port`.
pub(crate) fn is_listening(port: u16) -> bool {
    sockets().any(|socket| socket.state == TcpState::Listen && socket.local_address.port() == port)
}

/// The ports that a process listens on.
pub(crate) fn listening(pid: i32) -> Vec<u16> {
    let descriptors = procfs::process::Process::new(pid).and_then(|process| process.fd());
    let inodes: Vec<u64> = descriptors
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|descriptor| if let FDTarget::Socket(inode) = descriptor.target { Some(inode) } else { None })
        .collect();
    let listening = |socket: &TcpNetEntry| socket.state == TcpState::Listen && inodes.contains(&socket.inode);
    sockets().filter(listening).map(|socket| socket.local_address.port()).collect()
}

/// Whether the server has read every byte that the client sent: none waits in the client's queue or in the server's.
/// A server that has closed its side has no queue left.
pub(crate) fn all_read(client: SocketAddr, server: SocketAddr) -> bool {
    let ends = queue::of(client, server).and_then(|client_end| Ok((client_end, queue::of(server, client)?)));
    if let Ok((client_end, server_end)) = ends {
        return client_end.is_none_or(|queues| queues.sent == 0)
            && server_end.is_none_or(|queues| queues.received == 0);
    }
    let (client, server) = (client.port(), server.port());
    sockets().all(|socket| match (socket.local_address.port(), socket.remote_address.port()) {
        (local, remote) if (local, remote) == (client, server) => socket.tx_queue == 0,
        (local, remote) if (local, remote) == (server, client) => socket.rx_queue == 0,
        _ => true,
    })
}

/// All TCP sockets; a server that listens on `::` has IPv4 connections in the second list.
fn sockets() -> impl Iterator<Item = TcpNetEntry> {
    procfs::net::tcp().into_iter().flatten().chain(procfs::net::tcp6().into_iter().flatten())
}

/// Looks until `right` holds; false when it does not within `patience`.
pub(crate) fn until(patience: Duration, right: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !right() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(LOOK);
    }
    true
}
