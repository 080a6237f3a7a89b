//! Clients side by side. A half-sent request holds its connection for as long as a case likes.

use std::time::Duration;

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v03::has_status;
use crate::client::Client;
use crate::request::get;
use crate::server::Server;

/// Where a request for the first page is cut.
const CUT: usize = 20;

/// Starts the server with a TIMEOUT that no held client will reach.
pub(crate) fn patient(bench: &Bench) -> Outcome<Server> {
    bench.start(&bench.program().knob("TIMEOUT", "60"))
}

/// A client that has sent the first half of a request.
pub(crate) fn hold(server: &Server) -> Outcome<Client> {
    let mut client = server.connect()?;
    client.send(&get("/")[..CUT])?;
    Ok(client)
}

/// A client that has sent the first half of a request, and the server has read it: it is being served.
pub(crate) fn hold_in_service(server: &Server) -> Outcome<Client> {
    let mut client = hold(server)?;
    client.wait_until_read()?;
    Ok(client)
}

/// Sends the second half, and sees the answer and the end of the connection.
pub(crate) fn release(client: &mut Client) -> Outcome {
    client.send(&get("/")[CUT..])?;
    client.status(200)?;
    client.closes()
}

/// A client whose application sleeps, and the server is at it.
pub(crate) fn sleeper(server: &Server, milliseconds: u32) -> Outcome<Client> {
    let mut client = server.connect()?;
    client.send(get(&format!("/sleep/{milliseconds}")))?;
    client.wait_until_read()?;
    Ok(client)
}

pub(crate) fn answers_a_ninth_client_while_eight_are_held(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    let mut held = (0..8).map(|_| hold(&server)).collect::<Outcome<Vec<_>>>()?;
    server.serves_the_next()?;
    held.iter_mut().try_for_each(release)
}

pub(crate) fn a_slow_application_holds_up_nobody(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut slow = (0..8).map(|_| sleeper(&server, 60_000)).collect::<Outcome<Vec<_>>>()?;
    server.serves_the_next()?;
    for client in &mut slow {
        let waits = !client.hears_more_within(Duration::ZERO)? && !client.has_ended();
        require(waits, "the clients of /sleep/60000 are not answered yet", || "an answer or an end")?;
    }
    Ok(())
}

pub(crate) fn a_client_that_dies_ends_only_its_own(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    let mut held = hold_in_service(&server)?;
    hold_in_service(&server)?.reset()?;
    hold_in_service(&server)?.leave();
    let mut echo = server.connect()?;
    echo.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf")?;
    echo.wait_until_read()?;
    echo.reset()?;
    server.serves_the_next()?;
    release(&mut held)
}

pub(crate) fn answers_sixty_four_clients_at_once(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    let mut clients = (0..64).map(|_| hold(&server)).collect::<Outcome<Vec<_>>>()?;
    for client in &mut clients {
        client.wait_until_read()?; // From here on all of them are in service.
    }
    for client in &mut clients {
        client.send(&get("/")[CUT..])?;
    }
    for client in &mut clients {
        client.status(200)?;
        client.closes()?;
    }
    Ok(())
}

pub(crate) fn a_client_sees_the_end_while_others_are_held(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    let mut before = hold_in_service(&server)?;
    let mut client = hold_in_service(&server)?;
    let mut after = hold_in_service(&server)?;
    release(&mut client)?;
    release(&mut after)?;
    release(&mut before)
}

pub(crate) fn a_panic_leaves_the_others_served(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    let mut held = hold_in_service(&server)?;
    for _ in 0..3 {
        has_status(&server.exchange(get("/panic"))?, 500)?;
    }
    server.serves_the_next()?;
    release(&mut held)
}
