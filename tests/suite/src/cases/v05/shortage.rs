//! Processes and descriptors run out, and come back.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, require};
use crate::cases::v04::{hold_in_service, release};
use crate::client::Client;
use crate::limit::Limit;
use crate::program::Program;
use crate::request::get;
use crate::server::Server;

/// A user that is not root, whom the limit on processes binds: `nobody`.
const NOBODY: u32 = 65_534;

/// How long a server in need is watched, and how many lines it may write meanwhile. A flood is found at once.
const WATCH: Duration = Duration::from_millis(500);
const LINES: usize = 50;

pub(crate) fn outlives_a_shortage_of_descriptors(bench: &Bench) -> Outcome {
    let server = bench.start(&in_need(bench.program()))?;
    let mut held = hold_in_service(&server)?;
    let limits = out_of_descriptors(&server)?;
    let mut client = server.connect()?;
    client.send(get("/"))?;
    complains(&server)?;
    let stderr = server.stderr().wait(WATCH, |text| text.lines().count() > LINES);
    let count = stderr.lines().count();
    require(count <= LINES, "a rest after accept() has failed, not a flood of lines", || format!("{count} lines"))?;
    release(&mut held)?;
    drop(limits);
    is_served_or_refused(&mut client)?;
    server.serves_the_next()
}

pub(crate) fn outlives_a_shortage_of_processes(bench: &Bench) -> Outcome {
    let user = geteuid().is_root().then_some(NOBODY);
    let (program, _folder) = owned_by(user, bench)?;
    let mut server = bench.start(&in_need(program)).map_err(|stop| match stop {
        Stop::NotStarted(problem) => not_here(io::Error::other(problem)),
        other => other,
    })?;
    server.serves_the_next()?;
    let limit = Limit::of_processes(server.pid(), user).map_err(not_here)?;
    let mut client = server.connect()?;
    client.send(get("/"))?;
    complains(&server)?;
    require(server.is_running(), "the server goes on", || "it has ended")?;
    drop(limit);
    is_served_or_refused(&mut client)?;
    server.serves_the_next()
}

/// No process of the server can open one more, until the limits are dropped.
pub(crate) fn out_of_descriptors(server: &Server) -> Outcome<Vec<Limit>> {
    let limits: io::Result<_> = server.processes().iter().map(|process| Limit::of_descriptors(process.pid)).collect();
    limits.map_err(not_here)
}

/// Requests write no line, so that every line is about the shortage; and no held client is too slow.
pub(crate) fn in_need(program: Program) -> Program {
    program.knob("LOG", "off").knob("TIMEOUT", "60")
}

/// The line shows too that the limit binds.
pub(crate) fn complains(server: &Server) -> Outcome {
    let stderr = server.stderr().wait(server.patience(), |text| text.contains('\n'));
    require(stderr.contains('\n'), "a line on stderr that tells what has run out (LOG=off)", || format!("{stderr:?}"))
}

/// The client that came in the shortage: it was told to come again, or has waited for the end of it.
fn is_served_or_refused(client: &mut Client) -> Outcome {
    let response = client.response()?;
    let came = || format!("{} {}", response.status, response.reason);
    require([200, 503].contains(&response.status), "a 503 in the shortage, or a 200 after it", came)
}

/// The program as another user can run it, if it is to be another, and the folder that it is in.
fn owned_by(user: Option<u32>, bench: &Bench) -> Outcome<(Program, Option<TempDir>)> {
    let program = bench.program();
    let Some(user) = user else { return Ok((program, None)) };
    if !program.is_one_file() {
        let reason = "root has no limit on processes, and this program is not a single file to be run by another user";
        return Err(Stop::Skipped(reason.into()));
    }
    let folder = TempDir::new().map_err(not_here)?;
    let all_may_run = || Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), all_may_run()).map_err(not_here)?;
    let file = folder.path().join("server");
    // By another program: a file that this one has open for writing can't be run, and a child that another thread is
    // just starting would hold it open for a moment.
    let copied = Command::new("cp").arg(program.name()).arg(&file).status().map_err(not_here)?;
    if !copied.success() {
        return Err(not_here(io::Error::other("the program can't be copied")));
    }
    fs::set_permissions(&file, all_may_run()).map_err(not_here)?;
    Ok((program.executable(file).user(user), Some(folder)))
}

pub(crate) fn not_here(error: io::Error) -> Stop {
    Stop::Skipped(format!("the shortage can't be made here: {error}"))
}
