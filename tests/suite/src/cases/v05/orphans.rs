//! What outlives its parent, unless something is done about it: children of a server that was killed, and programs that
//! an application has started and forgotten. One that makes a session of its own is out of reach; no case asks for it.

use nix::sys::signal::Signal;

use super::reaping::{AtRest, is_gone};
use crate::bench::Bench;
use crate::case::{Outcome, Stop};
use crate::cases::v03::started;
use crate::cases::v04::sleeper;
use crate::client::Client;
use crate::proc::Process;
use crate::request::get;
use crate::server::Server;

/// A client whose application has started a program, and that is not done with the server: half a request more is on the
/// way.
pub(crate) fn orphan(server: &Server) -> Outcome<Client> {
    let mut client = server.connect()?;
    client.send(get("/orphan") + "GET / HT")?;
    started(&client.status(200)?)?;
    Ok(client)
}

pub(crate) fn a_kill_ends_running_requests(bench: &Bench) -> Outcome {
    let mut server = bench.server()?;
    let running = (0..4).map(|_| sleeper(&server, 60_000)).collect::<Outcome<Vec<_>>>()?;
    server.signal(Signal::SIGKILL);
    is_gone(&mut server)?;
    running.into_iter().for_each(Client::leave);
    Ok(())
}

pub(crate) fn a_kill_ends_what_a_request_started(bench: &Bench) -> Outcome {
    let mut server = bench.server()?;
    let orphaned = orphan(&server)?;
    server.signal(Signal::SIGKILL);
    is_gone(&mut server)?;
    orphaned.leave();
    Ok(())
}

pub(crate) fn ends_what_a_request_started_with_it(bench: &Bench) -> Outcome {
    let rest = AtRest::new(bench.server()?);
    for _ in 0..3 {
        let mut client = rest.server.connect()?;
        client.send(get("/orphan"))?;
        let number = started(&client.status(200)?)?;
        client.closes()?;
        let expected = format!("process {number}, which a request started, ends with the request");
        let is_over = |all: &[Process]| all.iter().all(|process| process.pid != number);
        rest.server.wait_for_processes(&expected, is_over)?;
    }
    rest.returns()
}

/// The child is at its request already when the first process stops.
pub(crate) fn ends_what_a_request_started_though_the_server_hangs(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("TIMEOUT", "60"))?;
    let request = get("/orphan");
    let (start, rest) = request.split_at(request.len() / 2);
    let mut client = server.connect()?;
    client.send(start)?;
    client.wait_until_read()?;
    if server.holder(&client)? == Some(server.pid()) {
        return Err(Stop::Skipped("the server's first process serves clients itself".into()));
    }
    server.signal(Signal::SIGSTOP);
    client.send(rest)?;
    let number = started(&client.status(200)?)?;
    client.closes()?;
    let expected = format!("process {number}, which a request started, ends with it while the server is stopped");
    server.wait_for_processes(&expected, |all| all.iter().all(|one| one.pid != number || one.is_zombie()))?;
    server.signal(Signal::SIGCONT);
    server.serves_the_next()
}
