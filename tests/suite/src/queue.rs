//! What the kernel knows of one socket, found by its two addresses: sock_diag(7), which answers at once. /proc/net/tcp
//! has the same, but lists every socket of the machine each time, and those can be tens of thousands.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;

use nix::libc;
use nix::sys::socket::{AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket};

/// The sizes of `struct nlmsghdr`, and of `struct inet_diag_req_v2` that follows it.
const HEADER: usize = 16;
const REQUEST: usize = 56;

/// Where `struct inet_diag_msg` has its state and its queues, counted from the start of the message.
const STATE: usize = HEADER + 1;
const RECEIVE_QUEUE: usize = HEADER + 56;
const SEND_QUEUE: usize = HEADER + 60;
const INODE: usize = HEADER + 68;

/// The state of a connection that neither end has closed.
const ESTABLISHED: u8 = 1;
/// The state of a listener, which is what the kernel finds when there is no such connection any more.
const LISTEN: u8 = 10;

/// A socket: the bytes that wait in it, and more.
pub(crate) struct Queues {
    /// Whether neither end has closed the connection.
    pub(crate) is_open: bool,
    /// Those that came and were not read.
    pub(crate) received: u32,
    /// Those that were sent and have not arrived.
    pub(crate) sent: u32,
    /// Its number in /proc/PID/fd; 0 if no process holds it.
    pub(crate) inode: u32,
}

/// The socket of a connection at its end `local`; None if it is closed. Fails where the kernel has no sock_diag.
pub(crate) fn of(local: SocketAddr, remote: SocketAddr) -> io::Result<Option<Queues>> {
    Ok(find(local, remote)?.filter(|(state, _)| *state != LISTEN).map(|(_, queues)| queues))
}

/// Whether somebody listens at this address, or at its port of all addresses.
pub(crate) fn is_listened_at(address: SocketAddr) -> io::Result<bool> {
    Ok(find(address, SocketAddr::new(address.ip(), 0))?.is_some_and(|(state, _)| state == LISTEN))
}

/// What the kernel finds for a packet from `remote` to `local`, with its state.
fn find(local: SocketAddr, remote: SocketAddr) -> io::Result<Option<(u8, Queues)>> {
    let netlink = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkSockDiag)?;
    sendto(netlink.as_raw_fd(), &request(local, remote), &NetlinkAddr::new(0, 0), MsgFlags::empty())?;
    let mut answer = [0; 1024];
    let count = recv(netlink.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    let answer = &answer[..count];
    let number =
        |at: usize| answer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_ne_bytes);
    if number(4) & 0xffff == libc::NLMSG_ERROR.cast_unsigned() {
        let code = -number(HEADER).cast_signed();
        return if code == libc::ENOENT { Ok(None) } else { Err(io::Error::from_raw_os_error(code)) };
    }
    if count < INODE + 4 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let (is_open, received, sent) = (answer[STATE] == ESTABLISHED, number(RECEIVE_QUEUE), number(SEND_QUEUE));
    Ok(Some((answer[STATE], Queues { is_open, received, sent, inode: number(INODE) })))
}

/// `struct nlmsghdr`, then `struct inet_diag_req_v2`: one TCP socket by its addresses, in any state.
fn request(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let mut bytes = Vec::with_capacity(HEADER + REQUEST);
    bytes.extend(((HEADER + REQUEST) as u32).to_ne_bytes());
    bytes.extend(20u16.to_ne_bytes()); // SOCK_DIAG_BY_FAMILY
    bytes.extend((libc::NLM_F_REQUEST as u16).to_ne_bytes());
    bytes.extend([0; 8]); // sequence and port: there is only one question
    bytes.extend([family as u8, libc::IPPROTO_TCP as u8, 0, 0]);
    bytes.extend(u32::MAX.to_ne_bytes()); // states
    bytes.extend(local.port().to_be_bytes());
    bytes.extend(remote.port().to_be_bytes());
    bytes.extend(address(local.ip()));
    bytes.extend(address(remote.ip()));
    bytes.extend(0u32.to_ne_bytes()); // interface
    bytes.extend([0xff; 8]); // no cookie
    bytes
}

fn address(ip: IpAddr) -> [u8; 16] {
    let mut bytes = [0; 16];
    match ip {
        IpAddr::V4(ip) => bytes[..4].copy_from_slice(&ip.octets()),
        IpAddr::V6(ip) => bytes.copy_from_slice(&ip.octets()),
    }
    bytes
}
