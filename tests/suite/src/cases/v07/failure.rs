//! Applications that fail, and one that never returns.

use super::{folder, program};
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v03::{DETAILS, has_status, start_with};
use crate::cases::v04::{hold_in_service, release};
use crate::cases::v06::are_replaced;
use crate::request::get;
use crate::transcript::visible;

/// One worker serves all: what ends it ends the connection that is held too.
pub(crate) fn a_failing_application_harms_no_other_request(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let server = start_with(bench, program(bench, &folder).knob("TIMEOUT", "60"), "suite_app:failing")?;
    let mut held = hold_in_service(&server)?;
    for path in ["/raises", "/breaks", "/exits"] {
        let response = server.exchange(get(path))?;
        has_status(&response, 500)?;
        let body = String::from_utf8_lossy(&response.body);
        let has_detail = DETAILS.iter().chain(&["secret"]).any(|detail| body.contains(detail));
        require(!has_detail, "a 500 without details", || visible(&response.body))?;
    }
    let traceback = ["Traceback", "suite_app.py", "ValueError: the secret at the start"];
    let is_whole = |text: &str| traceback.iter().all(|part| text.contains(part));
    let stderr = server.stderr().wait(server.patience(), is_whole);
    require(is_whole(&stderr), "the traceback of the exception on stderr", || stderr)?;
    release(&mut held)
}

/// The second client comes while the only worker is held up.
pub(crate) fn replaces_a_worker_whose_application_hangs(bench: &Bench) -> Outcome {
    let folder = folder(&[])?;
    let program = program(bench, &folder).needs("APP_TIMEOUT", "1").knob("GRACE", "1");
    let server = start_with(bench, program, "suite_app:failing")?;
    let (processes, old) = (server.processes().len(), server.others());
    let mut hangs = server.connect()?;
    hangs.send(get("/hangs"))?;
    hangs.wait_until_read()?;
    server.serves_the_next()?;
    are_replaced(&server, processes, &old)?;
    hangs.hears_within(server.patience())?;
    let (is_over, came) = (hangs.has_ended(), hangs.received());
    let is_told = came.starts_with(b"HTTP/1.1 5") || (is_over && came.is_empty());
    require(is_told, "a status of the 500s, or the end of the connection", || visible(came))
}
