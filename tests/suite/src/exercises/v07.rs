//! The exercises of v07's chapters.

use crate::bench::Bench;
use crate::case::{Outcome, require};
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
