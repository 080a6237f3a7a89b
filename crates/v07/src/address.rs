//! Where a socket is: at an IP address and a port, or in a file of this machine (unix(7)).

use std::fmt::{self, Display, Formatter};
use std::net::SocketAddr;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Address {
    Ip(SocketAddr),
    /// In a file. (A client has none of its own, and no address.)
    Unix,
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Address {
        Address::Ip(address)
    }
}

impl Display for Address {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        match self {
            Address::Ip(address) => address.fmt(formatter),
            Address::Unix => formatter.write_str("unix"),
        }
    }
}
