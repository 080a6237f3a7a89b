//! v07, real WSGI applications: v06 with CPython in each worker.
//!
//! `python/` has all of it: it finds an application by its name (`app.rs` asks it), starts the interpreter in each worker, and
//! is the gateway's side of the calls. The loop calls the application itself or, with THREADS, lets threads do so, because an
//! application that waits would hold up the loop.
//!
//! An application can fail to load, hang, crash, or change. So `master.rs` takes a worker for ready only when it says so, lets
//! an old one serve until then, and replaces one whose call takes too long. A body may be as large as MAX_BODY and, if it
//! comes at some speed, take its time.
//!
//! ADDRESS may be the file of a socket (`socket_file.rs`, `address.rs`).
//!
//! Still wrong: it speaks neither TLS nor HTTP/2, and all its processes are on one machine. A proxy in front of it, such as
//! nginx or HAProxy, has the first two, and can share the load between machines.
//!
//! Sources: PEP 3333; the Python/C API manual; PEP 567 for the context of a request.

mod address;
mod app;
mod bodies;
mod children;
mod connection;
mod connections;
mod conversation;
mod groups;
mod http;
mod knobs;
mod listeners;
mod log;
mod master;
mod python;
mod runtime;
mod signals;
mod socket_file;
mod worker;
mod wsgi;

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, ToSocketAddrs};
use std::panic;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::knobs::Knobs;
use crate::master::Master;
use crate::runtime::Listener;
use crate::socket_file::SocketFile;

const NAME: &str = env!("CARGO_PKG_NAME");

const HELP: &str = concat!(
    "usage: ",
    env!("CARGO_PKG_NAME"),
    " [ADDRESS] [APPLICATION]

ADDRESS       HOST:PORT to listen on; port 0 is any free one (default 127.0.0.1:8888);
              or unix:PATH, a socket's file
APPLICATION   what answers: site, with a page for each thing to try, or hello (default site);
              or a WSGI application in Python: module:callable, or module:factory()

Environment:
APP_TIMEOUT      seconds that a call of a Python application may take; 0: any number (default 30)
GRACE            seconds that running requests get to finish when the server stops or renews its workers (default 5)
KEEP_ALIVE       seconds that a connection may wait for its next request (default 60)
LOG              on: a line on stderr for each request; off: none (default on)
MAX_BODIES       MiB that the request bodies in a worker may take; a body beyond that gets a 503 (default 256)
MAX_BODY         MiB that the body of a request may have; a larger one gets a 413 (default 16)
MAX_CONNECTIONS  how many connections a worker has at once; more wait (default 10000)
RELOAD           1: start new workers when a module of the Python application has changed (default 0)
SEND_TIMEOUT     seconds that 64 KiB of a response may take to go (default 30)
THREADS          how many threads of a worker call the Python application; 0: its loop does (default 0)
TIMEOUT          seconds that a request, or each 64 KiB of its body, may take to come (default 10)
WORKERS          how many processes serve (default: one for each core)
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
    let (address, application) = match &arguments[..] {
        [] => ("127.0.0.1:8888", "site"),
        [address] => (&**address, "site"),
        [address, application] => (&**address, &**application),
        [_, _, more, ..] => bail!("unexpected argument {more}; see `{NAME} --help`"),
    };
    let application = app::find(application)?;
    let knobs = Knobs::read()?;
    panic::set_hook(Box::new(|panic| log::line(panic.to_string().replace('\n', " "))));

    raise_limit_of_descriptors()?;
    let (listener, shown, _file) = match address.strip_prefix("unix:") {
        Some(path) => {
            let (listener, file) = SocketFile::listen(Path::new(path))?;
            (Listener::Unix(listener), address.to_owned(), Some(file))
        }
        None => {
            let listener = listen(address)?;
            let shown = format!("http://{}", listener.local_addr()?);
            (Listener::Tcp(listener), shown, None)
        }
    };
    let listeners =
        listeners::for_workers(listener, knobs.workers).context("cannot make a listener for each worker")?;
    let master = Master::new(listeners, knobs, application)?;
    writeln!(io::stdout(), "{NAME} listening on {shown}").context("cannot write to stdout")?;
    master.run()
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

/// To what it may be at the most: each connection is a descriptor. (Programs that applications start inherit this.)
fn raise_limit_of_descriptors() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, most)?)
}
