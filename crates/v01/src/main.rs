//! v01, an iterative echo server: it takes one client after another, reads once, and sends back the bytes that it
//! read as the body of a small HTTP response.
//!
//! This file reads the arguments, listens, and says where. `server.rs` is the server, `knobs.rs` what can be
//! set from outside, `log.rs` the lines on stderr, `signals.rs` what stops the server.
//!
//! Still wrong: one read is not one request. A body that comes in many pieces is cut after the first. To see it:
//!
//!     head -c 1048576 /dev/zero | curl -s --data-binary @- http://127.0.0.1:8888/echo | wc -c
//!
//! At least 1048576 bytes should come back; at most 4096 do.
//!
//! Sources: socket(2), bind(2), listen(2), accept(2).

mod knobs;
mod log;
mod server;
mod signals;

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, ToSocketAddrs};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use crate::knobs::Knobs;

const NAME: &str = env!("CARGO_PKG_NAME");

const HELP: &str = concat!(
    "usage: ",
    env!("CARGO_PKG_NAME"),
    " [ADDRESS]

ADDRESS       HOST:PORT to listen on; port 0 is any free one (default 127.0.0.1:8888)

Environment:
LOG           on: a line on stderr for each request; off: none (default on)
"
);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::line(format_args!("{NAME}: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        return io::stdout().write_all(HELP.as_bytes()).context("cannot print the help");
    }
    if let Some(flag) = arguments.iter().find(|argument| argument.starts_with('-')) {
        bail!("unexpected argument {flag}; see `{NAME} --help`");
    }
    let address = match &arguments[..] {
        [] => "127.0.0.1:8888",
        [address] => address,
        [_, more, ..] => bail!("unexpected argument {more}; see `{NAME} --help`"),
    };
    let knobs = Knobs::read()?;

    signals::set_up().context("cannot prepare for signals")?;
    let listener = listen(address)?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "{NAME} listening on http://{address}").context("cannot write to stdout")?;
    server::run(&listener, &knobs)
}

/// Listens on the first of the host's addresses that is available. A host such as localhost can have several. If the port
/// is in use on one of them, that is an error, because the other server would get some of the clients.
fn listen(address: &str) -> Result<TcpListener> {
    let cannot = |address: &dyn Display, error: io::Error| {
        anyhow!("cannot listen on {address}: {error}; use a free HOST:PORT of this machine (a low port may need root)")
    };
    let mut addresses: Vec<_> = address.to_socket_addrs().map_err(|error| cannot(&address, error))?.collect();
    addresses.dedup();
    let (mut listener, mut failure) = (None, ErrorKind::AddrNotAvailable.into());
    for one in addresses {
        // One call of std, three system calls: socket, bind, listen.
        match TcpListener::bind(one) {
            Ok(bound) => listener = listener.or(Some(bound)),
            Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(cannot(&one, error)),
            Err(error) => failure = error,
        }
    }
    listener.ok_or_else(|| cannot(&address, failure))
}
