//! How much memory a connection takes while its client says nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use suite::server::Server;

use crate::costs::usage;

/// How many connections there are.
pub(super) const CONNECTIONS: usize = 5000;
/// So many clients come and go first, so that what a worker does only once isn't counted.
const WARM_UP: usize = 200;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// It bounds a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes for each connection, in all processes of the server. Every client gets one answer, and keeps its connection.
pub(super) fn measure(server: &Server) -> Result<f64> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?; // Each connection is a descriptor.
    clients(server.address(), WARM_UP)?;
    let before = usage::anonymous_memory(server)?;
    let clients = clients(server.address(), CONNECTIONS)?;
    let more = usage::anonymous_memory(server)?.saturating_sub(before);
    for client in &clients {
        client.set_nonblocking(true)?;
        let is_open = matches!(client.peek(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock);
        ensure!(is_open, "the server has closed an idle connection");
    }
    Ok(more as f64 / CONNECTIONS as f64)
}

fn clients(server: SocketAddr, count: usize) -> Result<Vec<TcpStream>> {
    (1..=count).map(|number| client(server).with_context(|| format!("idle client {number}"))).collect()
}

fn client(server: SocketAddr) -> Result<TcpStream> {
    let mut client = TcpStream::connect_timeout(&server, PATIENCE)?;
    client.set_read_timeout(Some(PATIENCE))?;
    client.write_all(REQUEST)?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    // The end of the body, with or without the last chunk after it.
    while !answer.ends_with(b"Hello, World!") && !answer.ends_with(b"\r\n0\r\n\r\n") {
        let count = client.read(&mut buffer)?;
        ensure!(count > 0, "the server closed the connection after {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..count]);
    }
    Ok(client)
}
