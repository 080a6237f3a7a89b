//! The exercise of the chapter v01.

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::transcript::visible;

pub(super) fn echoes_bytes_as_they_come(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("RAW", "on"))?;
    for words in
        [vec!["one", "two\r\n", "\0\u{e9}"], vec!["GET / HTTP/1.1\r\n\r\n"], vec![&"long ".repeat(2000), "end"]]
    {
        let mut client = server.connect()?;
        let mut sent = Vec::new();
        for word in words {
            client.send(word)?;
            sent.extend_from_slice(word.as_bytes());
            // The next word is sent when this one is back.
            while client.received().len() < sent.len() && client.hears_more_within(server.patience())? {}
            let came = || visible(client.received());
            require(client.received() == sent, format!("so far, the bytes that were sent: {}", visible(&sent)), came)?;
        }
        client.finish();
        let closed = client.is_let_go_within(server.patience())?;
        require(closed, "the server closes when its client has sent its last", || "the connection is still open")?;
    }
    let http = bench.server()?; // Without RAW.
    http.serves_the_next()
}
