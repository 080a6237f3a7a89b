//! The server with an application in Python.
//!
//! V07_PROGRAM names another program to test in place of v07, such as one that is broken on purpose (`tests/broken-v07`), and
//! V07_PATIENCE the seconds that a step of it may take.

use std::env;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use suite::bench::Bench;
use suite::case::{Outcome, failed, require};
use suite::program::{PATIENCE, Program};
use suite::request::get;
use suite::server::Server;

const APPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apps");

/// The program, with the application of this name from the folder `apps`.
pub(crate) fn program(application: &str) -> Program {
    let file = env::var_os("V07_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_v07").into());
    let patience = env::var("V07_PATIENCE").ok().and_then(|seconds| seconds.parse().ok());
    let program = Program::new([file]).patience(patience.map_or(PATIENCE, Duration::from_secs));
    let program = program.directory(APPS).application(application);
    // So that `print` is buffered, as it is in most places.
    program.knob("PYTHONUNBUFFERED", "").knob("PYTHONDONTWRITEBYTECODE", "1")
}

/// A server with two workers, whose loops call the application.
pub(crate) fn inline(application: &str) -> Program {
    program(application).knob("WORKERS", "2")
}

/// A server with two workers of four threads each.
pub(crate) fn threaded(application: &str) -> Program {
    inline(application).knob("THREADS", "4")
}

pub(crate) fn start(program: &Program) -> Outcome<Server> {
    Bench::new(program).start(program)
}

/// The body of the response to a GET.
pub(crate) fn text(server: &Server, path: &str) -> Outcome<String> {
    let response = server.exchange(get(path))?;
    Ok(String::from_utf8_lossy(&response.body).into_owned())
}

/// Waits until stderr has this text.
pub(crate) fn says(server: &Server, text: &str) -> Outcome {
    let said = server.stderr().wait(server.patience(), |said| said.contains(text));
    require(said.contains(text), format!("stderr has {text:?}"), || said)
}

/// All that comes for a request, and whether it ends with a reset.
pub(crate) fn all(server: &Server, request: impl AsRef<[u8]>) -> Outcome<(Vec<u8>, bool)> {
    let mut received = Vec::new();
    let ended = TcpStream::connect(server.address()).and_then(|mut client| {
        client.set_read_timeout(Some(server.patience()))?;
        client.write_all(request.as_ref())?;
        client.read_to_end(&mut received)
    });
    match ended {
        Ok(_) => Ok((received, false)),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok((received, true)),
        Err(error) => Err(failed("the end of the connection", error)),
    }
}

/// A test of each function, with a server whose loops call the application, and with one whose threads do.
macro_rules! both {
    ($application:literal: $($name:ident)*) => { $(
        mod $name {
            use suite::case::Outcome;

            #[test]
            fn inline() -> Outcome {
                super::$name(&crate::server::start(&crate::server::inline($application))?)
            }

            #[test]
            fn in_threads() -> Outcome {
                super::$name(&crate::server::start(&crate::server::threaded($application))?)
            }
        }
    )* };
}

pub(crate) use both;
