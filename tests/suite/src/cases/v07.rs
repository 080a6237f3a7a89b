//! Stage v07: applications in Python, named `module:callable` (PEP 3333). The cases start the server in a folder with
//! modules of their own. They are the core of what frameworks rely on, and need no more than the standard library.

mod body;
mod call;
mod failure;
mod loading;
mod threads;

pub(crate) use body::*;
pub(crate) use call::*;
pub(crate) use failure::*;
pub(crate) use loading::*;
pub(crate) use threads::*;

use std::fs;

use tempfile::TempDir;

use crate::bench::Bench;
use crate::case::Outcome;
use crate::cases::v01::not_here;
use crate::program::Program;

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! v07_cases {
    ($with:ident $to:ident) => { $crate::$with! { $to; v07;
        serves_a_python_application:
            "An application with a colon in its name is Python's: start the interpreter, import the module from the current directory, and call the \
             callable with an environ and start_response for each request. tests/suite/src/cases/v07/suite_app.py has the applications of these cases.";
        finds_an_application_by_its_name:
            "The module may be in a package, and the callable an attribute of an object: `package.module:object.method`. Call `module:factory()` once, \
             without arguments, before the announcement: what it returns is the application.";
        #[house_rule]
        names_an_application_that_it_can_not_load:
            "When there is no such module, or nothing of that name in it, write one line that names it to stderr and exit with code 1. When the module fails as \
             it is imported, its traceback comes before that line.";
        satisfies_the_validator:
            "wsgiref.validate has found something wrong: the traceback on stderr says what. It wants the variables of PEP 3333 in a real dict, values of the \
             right types, an input with read, readline, readlines and iteration, a `write`, and a close().";
        describes_the_request_in_latin_1:
            "Texts in the environ have a character for each byte that came (latin-1; PEP 3333, \"Unicode Issues\"): PATH_INFO is percent-decoded, fields that come \
             again are joined, and those with `_` in their name are dropped.";
        sends_a_block_before_it_asks_for_the_next:
            "Send a block of the body before you ask the iterator for another one: PEP 3333 forbids to hold it back.";
        closes_each_body_once:
            "If what the application returned has a close(), call it once, also when its iterator raises, for HEAD, and when the client leaves. It is a method of \
             the iterable, not of its iterator.";
        a_failing_application_harms_no_other_request:
            "An application that raises, before its first block, gets a 500 without any detail, and its traceback goes to stderr. Catch every exception: \
             sys.exit() raises SystemExit, and must not end the worker.";
        a_call_that_waits_holds_up_no_other_thread:
            "With THREADS=2 two threads of a worker call the application. The one that waits, for its client to read say, must release Python's lock: \
             `Python::detach`.";
        replaces_a_worker_whose_application_hangs:
            "A call that takes longer than APP_TIMEOUT seconds may never return, and nothing can end a thread in Python: end the process, and start another \
             worker. Its client gets an error, or the end of its connection.";
        sighup_loads_the_module_again:
            "At SIGHUP each new worker imports the application itself. A module that the master has imported before the fork would stay as it was.";
    } };
}

/// The applications.
const SUITE_APP: &str = include_str!("v07/suite_app.py");

/// A folder with the module `suite_app` and these files. It is gone when this is dropped.
pub(crate) fn folder(files: &[(&str, &str)]) -> Outcome<TempDir> {
    let folder = TempDir::new().map_err(not_here)?;
    for (name, text) in files.iter().chain(&[("suite_app.py", SUITE_APP)]) {
        let file = folder.path().join(name);
        file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, text)).map_err(not_here)?;
    }
    Ok(folder)
}

/// How many times longer Python may take to start than a program that brings all it needs.
const SLOWER: u32 = 3;

/// The program, to be started in this folder, with one worker: each one starts Python.
pub(crate) fn program(bench: &Bench, folder: &TempDir) -> Program {
    let program = bench.program().directory(folder.path()).knob("WORKERS", "1");
    let patience = program.patience * SLOWER;
    program.patience(patience)
}
