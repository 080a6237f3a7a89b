//! A server that is broken on purpose: `BROKEN=announces_twice broken 127.0.0.1:0`. Without BROKEN it is sound.
//!
//! It is v05 with places where a fault can be. Its parser, environ, gateway, applications and signals are v05's own
//! files. Its own are the start (here), the accept loop (`server.rs`), the processes (`children.rs`), and the connection
//! (`connection.rs`), where what comes (`incoming.rs`) and what is sent (`outgoing.rs`) can be distorted.

mod children;
mod connection;
mod incoming;
mod outgoing;
mod server;
mod service;
mod start;

/// The files of v05. They find each other at the root of the crate.
#[path = "../../../crates/v05/src"]
mod v05 {
    pub(crate) mod app;
    pub(crate) mod http;
    pub(crate) mod knobs;
    pub(crate) mod log;
    pub(crate) mod signals;
    pub(crate) mod wsgi;
}

use std::env;
use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use broken::fault;
use v05::{app, http, knobs, log, signals, wsgi};

use crate::server::Server;

const NAME: &str = env!("CARGO_PKG_NAME");

const HELP: &str = "\
usage: broken [ADDRESS] [APPLICATION]

ADDRESS       HOST:PORT to listen on; port 0 is any free one (default 127.0.0.1:8888)
APPLICATION   what answers: site or hello (default site)

Environment:
BROKEN        the fault that this server has (default none)
GRACE         seconds that running requests get to finish when the server is stopped (default 5)
LOG           on: a line on stderr for each request; off: none (default on)
MAX_CHILDREN  how many connections are served at once; more wait (default 256)
TIMEOUT       seconds that a request may take to come (default 10)
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if fault::prints_a_backtrace() => {
            log::line(format_args!("{NAME}: {error:?}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            log::line(format_args!("{NAME}: {error:#}"));
            if fault::exits_with_0() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

fn run() -> Result<()> {
    fault::check()?;
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let help = if fault::does_not_list_its_applications() { HELP.replace("hello", "another") } else { HELP.to_owned() };
    let help = if fault::does_not_tell_its_knobs() { help.replace("GRACE", "PATIENCE") } else { help };
    let mut flags = arguments.iter().filter(|argument| argument.starts_with('-'));
    match flags.next() {
        Some(flag) if flag == "--help" && fault::prints_its_usage_to_stderr() => {
            return io::stderr().write_all(help.as_bytes()).context("cannot print the help");
        }
        Some(flag) if flag == "--help" || fault::takes_a_flag_for_help() => {
            return io::stdout().write_all(help.as_bytes()).context("cannot print the help");
        }
        Some(flag) => bail!("there is no flag {flag}; `{NAME} --help` tells the usage"),
        None => {}
    }
    let (address, application) = match &arguments[..] {
        [] => ("127.0.0.1:8888", "site"),
        [address] => (&**address, "site"),
        [address, application] => (&**address, &**application),
        [_, _, more, ..] => bail!("no use for the argument {more}; `{NAME} --help` tells the usage"),
    };
    let application = start::application(application)?;
    let knobs = start::knobs()?;
    panic::set_hook(Box::new(|panic| {
        if !fault::keeps_silent_about_failures() {
            log::line(panic.to_string().replace('\n', " "));
        }
    }));

    let listener = start::listen(address)?;
    let server = Server::new(&listener, &knobs, application)?;
    start::announce(&listener.local_addr()?.to_string())?;
    server.run(listener)
}
