//! How an application is found, at the start and again at SIGHUP.

use std::fs;

use nix::sys::signal::Signal;

use super::{SUITE_APP, folder, program};
use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v01::{not_here, refuses_to_start};
use crate::cases::v02::has_body;
use crate::cases::v03::{has_status, start_with};
use crate::cases::v06::are_replaced;
use crate::request::get;

pub(crate) fn finds_an_application_by_its_name(bench: &Bench) -> Outcome {
    let folder = folder(&[("package/__init__.py", ""), ("package/inner.py", SUITE_APP)])?;
    let program = program(bench, &folder);
    for name in ["package.inner:greeting", "suite_app:Holder.greeting"] {
        let server = start_with(bench, program.clone(), name)?;
        has_status(&server.exchange(get("/?world"))?, 201)?;
    }
    let server = start_with(bench, program, "suite_app:create()")?;
    for _ in 0..3 {
        has_body(&server.exchange(get("/"))?, b"1")?; // So many applications were made.
    }
    Ok(())
}

pub(crate) fn names_an_application_that_it_can_not_load(bench: &Bench) -> Outcome {
    let folder = folder(&[("wrong.py", "def app(:\n")])?;
    let program = program(bench, &folder);
    for (name, missing) in [("no_such_module:app", "no_such_module"), ("suite_app:nothing_here", "nothing_here")] {
        refuses_to_start(bench, &program.clone().application(name), missing)?;
    }
    let ended = bench.run(&program.application("wrong:app"))?;
    require(ended.status.code() == Some(1), "the exit code 1", || ended.status)?;
    require(ended.stdout.is_empty(), "no announcement", || format!("{:?}", ended.stdout))?;
    let is_traceback = ["wrong.py", "def app(:", "SyntaxError"].iter().all(|part| ended.stderr.contains(part));
    require(is_traceback, "a traceback of the SyntaxError in wrong.py on stderr", || format!("{:?}", ended.stderr))
}

pub(crate) fn sighup_loads_the_module_again(bench: &Bench) -> Outcome {
    let module = |text: &str| {
        format!("def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'{text}']\n")
    };
    let folder = folder(&[("edited.py", &module("before"))])?;
    let server = start_with(bench, program(bench, &folder), "edited:app")?;
    has_body(&server.exchange(get("/"))?, b"before")?;
    let (processes, old) = (server.processes().len(), server.others());
    // The texts differ in length: a compiled module is used again while the source has the same size and second (PEP 552).
    fs::write(folder.path().join("edited.py"), module("and after")).map_err(not_here)?;
    server.signal(Signal::SIGHUP);
    are_replaced(&server, processes, &old)?;
    has_body(&server.exchange(get("/"))?, b"and after")
}
