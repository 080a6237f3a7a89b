//! Calls in threads.

use super::{folder, program};
use crate::bench::Bench;
use crate::case::Outcome;
use crate::cases::v02::has_body;
use crate::cases::v03::start_with;
use crate::request::get;

/// In so many requests, an endless body beside them fills the kernel's buffers.
const MANY: usize = 100;

/// Of two threads one waits: first for something that never happens, then for a client that doesn't read.
pub(crate) fn a_call_that_waits_holds_up_no_other_thread(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let program = program(bench, &folder).needs("THREADS", "2");
    let server = start_with(bench, program.clone(), "suite_app:failing")?;
    let mut waits = server.connect()?;
    waits.send(get("/hangs"))?;
    waits.wait_until_read()?;
    has_body(&server.exchange(get("/"))?, b"it goes on")?;
    let server = start_with(bench, program, "suite_app:closing")?;
    let mut never_reads = server.connect_narrow()?;
    never_reads.send(get("/endless"))?;
    for _ in 0..MANY {
        has_body(&server.exchange(get("/"))?, b"onetwo")?;
    }
    Ok(())
}
