//! v05, zombies and orphans: no child is left behind, neither as a zombie nor at work. And the server stops gracefully.
//!
//! `children.rs` reaps, `groups.rs` makes sure that all processes end, `signals.rs` waits for a client or a signal, and
//! `server.rs` uses all three; the other files are v04's.
//!
//! Still wrong: each silent client costs a process. To see three, below the server in the list:
//!
//!     for i in 1 2 3; do sleep 5 | curl -so /dev/null telnet://127.0.0.1:8888 & done; sleep 1
//!     ps -o pid,ppid,stat,comm -C v05
//!
//! One limit stays: a program can leave its process group, for instance with setsid(2), and then a `kill -9` of the server
//! does not reach it. Only a cgroup (cgroups(7)) or a pid namespace (pid_namespaces(7)) would.
//!
//! Sources: wait(2), signal(7), setpgid(2), prctl(2) for PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER.

mod app;
mod children;
mod connection;
mod groups;
mod http;
mod knobs;
mod log;
mod server;
mod signals;
mod wsgi;

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, ToSocketAddrs};
use std::panic;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};

use crate::knobs::Knobs;
use crate::server::Server;

const NAME: &str = env!("CARGO_PKG_NAME");

const HELP: &str = concat!(
    "usage: ",
    env!("CARGO_PKG_NAME"),
    " [ADDRESS] [APPLICATION]

ADDRESS       HOST:PORT to listen on; port 0 is any free one (default 127.0.0.1:8888)
APPLICATION   what answers: site, with a page for each thing to try, or hello (default site)

Environment:
GRACE         seconds that running requests get to finish when the server is stopped (default 5)
LOG           on: a line on stderr for each request; off: none (default on)
MAX_CHILDREN  how many connections are served at once; more wait (default 256)
TIMEOUT       seconds that a request may take to arrive, and 64 KiB of a response to be sent (default 10)
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

    let listener = listen(address)?;
    let address = listener.local_addr()?;
    let server = Server::new(address, &knobs, application)?;
    writeln!(io::stdout(), "{NAME} listening on http://{address}").context("cannot write to stdout")?;
    server.run(listener)
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
