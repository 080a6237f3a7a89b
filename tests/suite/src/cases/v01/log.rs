//! The lines on stderr.

use nix::sys::signal::Signal;

use crate::bench::Bench;
use crate::case::{Outcome, require};

const REQUEST: &str = "GET /?logged HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

pub(crate) fn logs_each_request(bench: &Bench) -> Outcome {
    let mut server = bench.server()?;
    let mut client = server.connect()?;
    client.send(REQUEST)?;
    let response = client.final_response()?;
    let (peer, status) = (client.address()?.to_string(), response.status.to_string());
    let complete = |text: &str| text.ends_with('\n') && text.contains(&peer);
    server.stderr().wait(server.patience(), complete);
    server.signal(Signal::SIGTERM);
    server.ends()?;
    let text = server.stderr().wait(server.patience(), |_| false);
    let lines: Vec<_> = text.lines().filter(|line| line.contains(&peer)).collect();
    let expected = format!("one line on stderr that names the peer {peer}");
    require(lines.len() == 1, expected, || format!("{} such lines in {text:?}", lines.len()))?;
    for part in ["GET /?logged HTTP/1.1", &status] {
        require(lines[0].contains(part), format!("a line on stderr with {part}"), || lines[0])?;
    }
    Ok(())
}

pub(crate) fn logs_nothing_when_told_so(bench: &Bench) -> Outcome {
    let mut server = bench.start(&bench.program().needs("LOG", "off"))?;
    server.exchange(REQUEST)?;
    server.serves_the_next()?; // A server that logs after it has answered has done so by now.
    server.signal(Signal::SIGTERM);
    server.ends()?;
    let text = server.stderr().wait(server.patience(), |_| false);
    require(!text.contains("/?logged"), "no line on stderr for a request", || format!("{text:?}"))
}
