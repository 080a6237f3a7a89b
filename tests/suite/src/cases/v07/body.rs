//! The body that an application returns: sent as it is made, and closed.

use std::fs;

use nix::sys::signal::Signal;

use super::{folder, program};
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v01::not_here;
use crate::cases::v02::has_body;
use crate::cases::v03::start_with;
use crate::proc;
use crate::request::{bare, get};
use crate::transcript::visible;

/// The second block is only made once the first has come.
pub(crate) fn sends_a_block_before_it_asks_for_the_next(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let server = start_with(bench, program(bench, &folder), "suite_app:pausing")?;
    let mut client = server.connect()?;
    client.send(get("/"))?;
    let came = |bytes: &[u8]| bytes.windows(5).any(|window| window == b"first");
    while !came(client.received()) && client.hears_more_within(server.patience())? {}
    let expected = "the first block of the body, while the application makes the second";
    require(came(client.received()), expected, || visible(client.received()))?;
    fs::write(folder.path().join("go"), "").map_err(not_here)?;
    has_body(&client.final_response()?, b"first, second")
}

/// A server that closes a body twice has done so by its end.
pub(crate) fn closes_each_body_once(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let mut server = start_with(bench, program(bench, &folder), "suite_app:closing")?;
    has_body(&server.exchange(get("/"))?, b"onetwo")?;
    for request in [bare("HEAD", "/", ""), get("/broken"), get("/endless")] {
        let mut client = server.connect()?;
        client.send(request)?;
        client.take_all(100)?;
        client.reset()?;
    }
    let closed = || {
        let text = fs::read_to_string(folder.path().join("closed")).unwrap_or_default(); // There may be none yet.
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let expected = ["GET /", "GET /broken", "GET /endless", "HEAD /"];
    proc::until(server.patience(), || closed().len() >= expected.len());
    server.signal(Signal::SIGTERM);
    server.ends()?;
    require(closed() == expected, format!("the bodies of {expected:?} are closed, each once"), || {
        format!("closed were {:?}", closed())
    })
}
