//! Processes and descriptors run out, and come back.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, require};
use crate::cases::v01::{in_need, is_in_need, is_served_or_turned_away, not_here, out_of_descriptors, rests};
use crate::cases::v04::{hold_in_service, release};
use crate::limit::Limit;
use crate::program::Program;
use crate::request::get;

/// A user that is not root, whom the limit on processes binds: `nobody`.
const NOBODY: u32 = 65_534;

pub(crate) fn outlives_a_shortage_of_descriptors(bench: &Bench) -> Outcome {
    let server = bench.start(&in_need(bench.program()))?;
    let mut held = hold_in_service(&server)?;
    let limits = out_of_descriptors(&server)?;
    let mut client = server.connect()?;
    client.send(get("/"))?;
    is_in_need(bench, &server)?;
    rests(&server)?;
    release(&mut held)?;
    drop(limits);
    is_served_or_turned_away(bench, &mut client)?;
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
    is_in_need(bench, &server)?;
    require(server.is_running(), "the server goes on", || "it has ended")?;
    drop(limit);
    is_served_or_turned_away(bench, &mut client)?;
    server.serves_the_next()
}

/// The program as another user can run it, if it is to be another, and the folder that it is in.
pub(crate) fn owned_by(user: Option<u32>, bench: &Bench) -> Outcome<(Program, Option<TempDir>)> {
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
