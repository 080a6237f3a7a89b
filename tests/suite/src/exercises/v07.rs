//! The exercises of v07's chapters.

use std::collections::HashSet;
use std::fs;

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v01::not_here;
use crate::cases::v02::has_body;
use crate::cases::v03::{has_status, start_with};
use crate::cases::v07::{folder, program};
use crate::request::get;

/// Says of each file that it has sent whether it is closed; the files are this module's own.
const FILES: &str = "
sent = []

def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    if environ['PATH_INFO'] == '/closed':
        return [repr([file.closed for file in sent]).encode()]
    sent.append(open(__file__, 'rb'))
    return environ['wsgi.file_wrapper'](sent[-1], 100)
";

pub(super) fn wraps_files(bench: &Bench) -> Outcome {
    let folder = folder(&[("files.py", FILES)])?;
    let server = start_with(bench, program(bench, &folder), "files:application")?;
    let response = server.exchange(get("/"))?;
    has_status(&response, 200)?;
    has_body(&response, FILES.as_bytes())?;
    let chunks = response.field("Content-Length").is_none();
    require(chunks, "a body in blocks, so no Content-Length", || "a Content-Length")?;
    has_body(&server.exchange(get("/closed"))?, b"[True]")
}

/// The application makes its second block when there is a file `go`.
pub(super) fn refuses_what_would_wait_too_long(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let program = program(bench, &folder).knob("THREADS", "1");
    for (queue, room) in [("0", 0), ("2", 2)] {
        let server = start_with(bench, program.clone().knob("QUEUE", queue), "suite_app:pausing")?;
        let mut clients = Vec::new();
        for _ in 0..=room {
            let mut client = server.connect()?;
            client.send(get("/"))?;
            client.wait_until_read()?;
            clients.push(client);
        }
        for _ in 0..3 {
            has_status(&server.exchange(get("/"))?, 503)?;
        }
        fs::write(folder.path().join("go"), "").map_err(not_here)?;
        for mut client in clients {
            has_body(&client.final_response()?, b"first, second")?;
        }
        fs::remove_file(folder.path().join("go")).map_err(not_here)?;
    }
    Ok(())
}

/// How many requests a worker answers.
const REQUESTS: usize = 3;

/// Each client connects anew, right after the response before, so each third one comes while a worker leaves.
pub(super) fn replaces_a_worker_after_its_last_request(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("WORKERS", "1").knob("RETIRE", &REQUESTS.to_string()))?;
    let mut answers = Vec::new();
    for _ in 0..4 * REQUESTS {
        let response = server.exchange(get("/sleep/0"))?;
        has_status(&response, 200)?;
        answers.push(String::from_utf8_lossy(&response.body).into_owned()); // It names its process.
    }
    let (mut seen, mut changes) = (HashSet::new(), Vec::new());
    changes.extend(answers.iter().map(|answer| seen.insert(answer)));
    let expected: Vec<_> = (0..answers.len()).map(|number| number % REQUESTS == 0).collect();
    require(changes == expected, format!("another process after each {REQUESTS} responses"), || answers.concat())
}
