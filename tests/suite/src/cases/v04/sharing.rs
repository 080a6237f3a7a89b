//! What the processes of a server share: stdout, stderr, the listening socket.

use nix::sys::signal::Signal;

use super::clients::{hold_in_service, patient, release};
use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::cases::v01::needs_an_announcement;
use crate::cases::v03::{Environ, has_status};
use crate::proc;
use crate::request::get;

/// How many clients log at the same time.
const CLIENTS: usize = 48;

pub(crate) fn announces_once_however_many_requests(bench: &Bench) -> Outcome {
    let mut server = patient(bench)?;
    needs_an_announcement(bench, &server)?;
    for path in ["/", "/stream", "/panic", "/no/such/page"] {
        let mut client = server.connect()?;
        client.send(get(path))?;
        client.final_response()?;
        client.closes()?;
    }
    server.connect()?.leave();
    server.connect()?.reset()?;
    release(&mut hold_in_service(&server)?)?;
    server.signal(Signal::SIGTERM);
    server.ends()?;
    let stdout = server.stdout().wait(server.patience(), |_| false);
    require(stdout.lines().count() == 1, "one line on stdout, from start to end", || format!("{stdout:?}"))
}

pub(crate) fn logs_whole_lines(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    let path = |number: usize| format!("/?{}-{number}-", "long".repeat(20));
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let mut client = server.connect()?;
        client.send(&get(&path(number))[..100])?;
        clients.push(client);
    }
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(&get(&path(number))[100..])?;
    }
    for client in &mut clients {
        has_status(&client.final_response()?, 200)?;
    }
    let about = |text: &str| text.split_inclusive('\n').filter(|line| line.contains("/?long")).count();
    let text = server.stderr().wait(server.patience(), |text| text.ends_with('\n') && about(text) >= CLIENTS);
    for (number, client) in clients.iter().enumerate() {
        let (peer, request) = (client.address()?.to_string(), format!("GET {} HTTP/1.1", path(number)));
        let named: Vec<_> = text.lines().filter(|line| line.contains(&peer)).collect();
        let expected = format!("one line on stderr for {peer} with `{request}`, the status, and nothing of another");
        let [line] = &named[..] else { return Err(failed(expected, format!("{named:?}"))) };
        let whole = line.contains(&request) && line.contains("200") && line.matches("HTTP/1.1").count() == 1;
        require(whole, expected, || line)?;
    }
    Ok(())
}

pub(crate) fn is_told_of_other_processes(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    let held = hold_in_service(&server)?;
    let environ = Environ::of(&server, get("/environ"))?;
    // A server can have threads in place of processes.
    let (right, value) = (!server.others().is_empty(), environ.get("wsgi.multiprocess"));
    let came = || format!("wsgi.multiprocess: {value}");
    require(value.eq_ignore_ascii_case(&right.to_string()), format!("wsgi.multiprocess: {right}"), came)?;
    held.leave();
    Ok(())
}

pub(crate) fn its_port_is_free_after_a_kill(bench: &Bench) -> Outcome {
    bench.with_a_second_start(starts_at_its_port_after_a_kill)
}

fn starts_at_its_port_after_a_kill(bench: &Bench) -> Outcome {
    let mut first = patient(bench)?;
    let address = first.address();
    let held = hold_in_service(&first)?;
    first.signal(Signal::SIGKILL);
    first.ends()?;
    proc::until(first.patience(), || !proc::is_listening(address))
        .then_some(())
        .ok_or_else(|| failed("nobody listens on the port of a server that was killed", "one of its processes does"))?;
    let second = bench.start(&bench.program().address(&address.to_string()))?;
    second.serves_the_next()?;
    held.leave();
    Ok(())
}
