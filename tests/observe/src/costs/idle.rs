//! What a server needs for clients that connect and say nothing.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use procfs::net::TcpState;
use suite::server::Server;
use suite::stage::Stage;

use crate::costs::usage;
use crate::versions::{self, Version};

/// How long a connection to v01 to v03 may take: on one machine it comes at once, or not as long as the queue is full.
const PATIENCE: Duration = Duration::from_millis(200);
/// So many clients come before the next wait until the server has accepted them: else they overflow its queue.
const BATCH: usize = 50;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Idle {
    /// How many of the clients were connected.
    pub connected: usize,
    pub processes_before: usize,
    pub processes: usize,
    /// How many bytes of memory all processes took more than before.
    pub memory: u64,
}

/// Connects `count` silent clients, and looks at the server's processes while it holds them.
pub fn measure(version: &Version, count: usize) -> Result<Idle> {
    let program = version.program().knob("TIMEOUT", "60").knob("WORKERS", "2");
    let server = versions::start(version.stage, program)?;
    let processes_before = living(&server);
    server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").map_err(versions::told)?;
    // The client may have its answer before the child for it has ended.
    server
        .wait_for_processes("the child for a client has ended", |_| living(&server) == processes_before)
        .map_err(versions::told)?;
    let memory_before = usage::memory(&server)?;
    let clients = connect(&server, version.stage, count)?;
    settle(&server)?;
    let memory = usage::memory(&server)?.saturating_sub(memory_before);
    Ok(Idle { connected: clients.len(), processes_before, processes: living(&server), memory })
}

/// Connects until all are, or the server's queue is full: v01 to v03 take none from it while they wait for the first.
fn connect(server: &Server, stage: Stage, count: usize) -> Result<Vec<TcpStream>> {
    let mut clients = Vec::new();
    let takes_all = stage >= Stage::V04;
    let patience = if takes_all { server.patience() } else { PATIENCE };
    while clients.len() < count {
        match TcpStream::connect_timeout(&server.address(), patience) {
            Ok(client) => clients.push(client),
            Err(error) if takes_all => return Err(error).context("an idle client can't connect"),
            Err(_) => break,
        }
        if takes_all && (clients.len() % BATCH == 0 || clients.len() == count) {
            let all = clients.len();
            server
                .wait_for_processes("it accepts all clients", |_| accepted(server.address()) >= all)
                .map_err(versions::told)?;
        }
    }
    Ok(clients)
}

/// How many connections a process of the server holds: until it accepts one, that has no inode (proc_pid_net(5)).
fn accepted(server: SocketAddr) -> usize {
    let sockets = procfs::net::tcp().into_iter().flatten();
    sockets
        .filter(|socket| socket.local_address == server && socket.state == TcpState::Established && socket.inode != 0)
        .count()
}

/// Waits until every process sleeps: then each has come to wait for its client.
fn settle(server: &Server) -> Result<()> {
    let asleep = |process: &suite::proc::Process| matches!(process.state, 'S' | 'Z');
    server
        .wait_for_processes("all its processes wait", |processes| processes.iter().all(asleep))
        .map(drop)
        .map_err(versions::told)
}

/// How many processes there are that have not ended.
fn living(server: &Server) -> usize {
    server.processes().iter().filter(|process| !process.is_zombie()).count()
}
