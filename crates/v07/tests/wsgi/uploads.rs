//! Large bodies: how large they may be, and how long they may take.

use std::thread;
use std::time::Duration;

use suite::bench::Bench;
use suite::case::Outcome;
use suite::request::{bare, post};

use crate::server::{program, start};

/// A body may take longer than TIMEOUT, if each 64 KiB of it come in that time.
#[test]
fn a_body_that_comes_at_some_speed_is_not_late() -> Outcome {
    let server = start(&program("probes:app").knob("WORKERS", "1").knob("TIMEOUT", "2"))?;
    let mut client = server.connect()?;
    client.send(bare("POST", "/environ", "Content-Length: 2000000\r\n"))?;
    for _ in 0..25 {
        thread::sleep(Duration::from_millis(100)); // Not to wait for something: this is the client's speed.
        client.send([b'x'; 80_000])?;
    }
    client.status(200)?;
    let mut slow = server.connect()?;
    slow.send(bare("POST", "/environ", "Content-Length: 2000000\r\n"))?;
    slow.send([b'x'; 1000])?;
    slow.status(408)?;
    Ok(())
}

#[test]
fn a_body_may_have_as_many_bytes_as_max_body_says() -> Outcome {
    let server = start(&program("probes:app").knob("WORKERS", "1").knob("MAX_BODY", "2"))?;
    let body = vec![b'x'; 2 << 20];
    assert_eq!(server.exchange(post("/environ", &body))?.status, 200);
    let mut client = server.connect()?;
    client.send(bare("POST", "/environ", &format!("Content-Length: {}\r\n", (2 << 20) + 1)))?;
    client.status(413)?;
    let mut client = server.connect()?;
    client.send(bare("POST", "/environ", "Transfer-Encoding: chunked\r\n") + "200001\r\n")?;
    client.status(413)?;
    Ok(())
}

/// All bodies together may not take less than one.
#[test]
fn the_limits_must_fit_each_other() -> Outcome {
    let program = program("probes:app").knob("MAX_BODY", "300");
    let ended = Bench::new(&program).run(&program)?;
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(
        ended.stderr,
        "v07: MAX_BODY=300 is more than MAX_BODIES=256, the most for all bodies together; set both\n"
    );
    Ok(())
}
