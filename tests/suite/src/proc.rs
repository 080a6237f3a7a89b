//! What the kernel tells in /proc: a server's processes, and the sockets of a connection.

mod look;

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use procfs::net::{TcpNetEntry, TcpState};
use procfs::process::{FDTarget, Syscall, Task};

use crate::queue;
pub use look::Process;
pub(crate) use look::{everyone, marked};

/// How often /proc is looked at while a case waits for something that shows only there: soon at first, and the more
/// seldom the longer it takes, for a look reads a file of every process.
const SOON: Duration = Duration::from_millis(2);
const LATE: Duration = Duration::from_millis(50);

/// Whether a process waits in a write(2) to its stderr, as far as the kernel tells.
pub(crate) fn is_stuck_at_stderr(pid: i32) -> bool {
    let call = procfs::process::Process::new(pid).and_then(|process| process.syscall());
    matches!(call, Ok(Syscall::Blocked { syscall_number: libc::SYS_write, argument_registers: [2, ..], .. }))
}

/// Whether a process waits in system calls, with all its threads, as far as the kernel shows.
pub fn is_waiting(pid: i32) -> bool {
    let threads = procfs::process::Process::new(pid).and_then(|process| process.tasks());
    let waits = |thread: Task| matches!(thread.syscall(), Ok(Syscall::Blocked { .. }) | Err(_));
    threads.into_iter().flatten().flatten().all(waits)
}

/// Whether somebody listens at `address`.
pub(crate) fn is_listening(address: SocketAddr) -> bool {
    queue::is_listened_at(address).unwrap_or_else(|_| {
        sockets().any(|socket| socket.state == TcpState::Listen && socket.local_address.port() == address.port())
    })
}

/// The ports that a process listens on.
pub(crate) fn listening(pid: i32) -> Vec<u16> {
    let inodes = inodes(pid);
    let listening = |socket: &TcpNetEntry| socket.state == TcpState::Listen && inodes.contains(&socket.inode);
    sockets().filter(listening).map(|socket| socket.local_address.port()).collect()
}

/// The numbers by which the kernel knows a process's sockets.
fn inodes(pid: i32) -> Vec<u64> {
    let descriptors = procfs::process::Process::new(pid).and_then(|process| process.fd());
    let descriptors = descriptors.into_iter().flatten().flatten();
    descriptors
        .filter_map(|descriptor| if let FDTarget::Socket(inode) = descriptor.target { Some(inode) } else { None })
        .collect()
}

/// Which of the processes `pids` holds the server's end of a connection.
pub(crate) fn holder(pids: &[i32], client: SocketAddr, server: SocketAddr) -> Option<i32> {
    let ports = (server.port(), client.port());
    let listed = || sockets().find(|socket| (socket.local_address.port(), socket.remote_address.port()) == ports);
    let found = queue::of(server, client).map(|socket| socket.map(|queues| queues.inode.into()));
    let inode = found.unwrap_or_else(|_| listed().map(|socket| socket.inode))?;
    let holds = |pid: &i32| inodes(*pid).contains(&inode);
    pids.iter().copied().find(holds)
}

/// How many bytes of memory a process has in use; 0 if it has gone.
pub fn memory(pid: i32) -> u64 {
    let status = procfs::process::Process::new(pid).and_then(|process| process.status());
    status.ok().and_then(|status| status.vmrss).unwrap_or_default() * 1024
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

/// Whether the server's end of a connection is open: neither has it closed that, nor has its client.
pub(crate) fn is_open(client: SocketAddr, server: SocketAddr) -> bool {
    if let Ok(server_end) = queue::of(server, client) {
        return server_end.is_some_and(|queues| queues.is_open);
    }
    let ports = (server.port(), client.port());
    sockets().any(|socket| {
        (socket.local_address.port(), socket.remote_address.port()) == ports && socket.state == TcpState::Established
    })
}

/// All TCP sockets; a server that listens on `::` has IPv4 connections in the second list.
fn sockets() -> impl Iterator<Item = TcpNetEntry> {
    procfs::net::tcp().into_iter().flatten().chain(procfs::net::tcp6().into_iter().flatten())
}

/// Looks until `right` holds; false when it does not within `patience`.
pub(crate) fn until(patience: Duration, right: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        // A look can take long on a busy machine: the last one begins when the patience is used up.
        let is_last = start.elapsed() > patience;
        if right() {
            return true;
        }
        if is_last {
            return false;
        }
        pause(start);
    }
}

/// The pause between two looks, of which the first was at `start`.
pub(crate) fn pause(start: Instant) {
    thread::sleep((start.elapsed() / 8).clamp(SOON, LATE));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// How many looks there are if the first one takes so long, and whether it is found that the second one is right.
    fn looks(patience: Duration, first: Duration) -> (usize, bool) {
        let count = Cell::new(0);
        let found = until(patience, || {
            count.set(count.get() + 1);
            if count.get() == 1 {
                thread::sleep(first);
            }
            count.get() == 2
        });
        (count.get(), found)
    }

    #[test]
    fn a_listener_and_the_ends_of_its_connections_are_found() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = listener.local_addr().expect("an address");
        assert!(is_listening(server));
        let stream = TcpStream::connect(server).expect("a connection");
        let client = stream.local_addr().expect("an address");
        let this = std::process::id().cast_signed();
        assert_eq!(holder(&[1, this], server, client), Some(this));
        drop((listener, stream));
        // Programs that another test is just starting have copies of all descriptors for a moment.
        assert!(until(Duration::from_secs(10), || !is_listening(server)), "it is listened at still");
        assert_eq!(holder(&[1, this], server, client), None);
    }

    #[test]
    fn a_look_that_takes_longer_than_the_patience_is_followed_by_one_more() {
        assert_eq!(looks(Duration::from_millis(400), Duration::from_millis(500)), (2, true));
    }

    #[test]
    fn who_has_no_patience_looks_once() {
        assert_eq!(looks(Duration::ZERO, Duration::ZERO), (1, false));
    }
}
