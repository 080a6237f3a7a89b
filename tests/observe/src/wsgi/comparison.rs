//! What is compared: an application, a load, and the server that v07 runs against; and how both are started.
//!
//! All have two workers, no line for each request, and `tests/observe/wsgi` as their folder.

use std::net::TcpListener;
use std::time::Duration;

use anyhow::{Result, ensure};
use suite::bench::Bench;
use suite::program::Program;
use suite::server::Server;

use crate::versions::told;
use crate::wsgi::Plan;

/// The folder of the applications.
pub const APPLICATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wsgi");
/// It bounds a failure: importing a framework takes seconds on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server other than v07.
#[derive(Clone, Copy)]
pub struct Other {
    pub name: &'static str,
    /// The Python package that it is in.
    pub package: &'static str,
    /// What Python is started with, in words.
    command: &'static str,
}

const BJOERN: Other = Other { name: "bjoern", package: "bjoern", command: "bjoern_workers.py {address} {callable}" };
const GRANIAN: Other = Other {
    name: "granian, 1 blocking thread",
    package: "granian",
    command: "-m granian --interface wsgi --workers 2 --blocking-threads 1 --log-level error --host 127.0.0.1 \
              --port {port} {callable}",
};
const GUNICORN: Other = Other {
    name: "gunicorn sync",
    package: "gunicorn",
    command: "-m gunicorn --workers 2 --log-level error --bind {address} {callable}",
};
const GTHREAD_4: Other = Other {
    name: "gunicorn gthread, 4 threads",
    command: "-m gunicorn --worker-class gthread --threads 4 --workers 2 --log-level error --bind {address} {callable}",
    ..GUNICORN
};
const GTHREAD_16: Other = Other {
    name: "gunicorn gthread, 16 threads",
    command: "-m gunicorn --worker-class gthread --threads 16 --workers 2 --log-level error --bind {address} {callable}",
    ..GUNICORN
};

/// One line of the table.
#[derive(Clone, Copy)]
pub struct Comparison {
    /// As the table names it.
    pub application: &'static str,
    callable: &'static str,
    /// The package that the application needs.
    framework: Option<&'static str>,
    pub other: Other,
    /// v07's THREADS.
    threads: &'static str,
    pub connections: usize,
    /// Whether connections are kept for the next request.
    pub kept: bool,
    /// What clients send beside Host.
    pub fields: &'static [&'static str],
}

const HELLO: Comparison = Comparison {
    application: "hello",
    callable: "hello:app",
    framework: None,
    other: BJOERN,
    threads: "0",
    connections: 64,
    kept: true,
    fields: &[],
};
const FLASK: Comparison =
    Comparison { application: "Flask hello", callable: "flaskapp:app", framework: Some("Flask"), ..HELLO };
const SLEEP: Comparison =
    Comparison { application: "20 ms of sleep", callable: "waits:app", threads: "16", connections: 32, ..HELLO };

pub const COMPARISONS: [Comparison; 8] = [
    HELLO,
    Comparison { application: "hello with Content-Length", callable: "hello:sized", ..HELLO },
    Comparison { application: "hello, a browser's 14 fields", fields: &BROWSER, ..HELLO },
    Comparison { other: GRANIAN, ..HELLO },
    Comparison { application: "hello, closing", other: GUNICORN, kept: false, ..HELLO },
    FLASK,
    Comparison { other: GTHREAD_4, ..FLASK },
    Comparison { other: GTHREAD_16, ..SLEEP },
];

/// What a browser sends, with Host, which wrk sends itself.
const BROWSER: [&str; 13] = [
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.9,de;q=0.8",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Cache-Control: max-age=0",
    "Cookie: session=4f1c2b9e8d7a6c5b4a39281706f5e4d3; theme=dark",
    "Sec-Ch-Ua: \"Chromium\";v=\"130\"",
    "Sec-Ch-Ua-Mobile: ?0",
    "Sec-Ch-Ua-Platform: \"Linux\"",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: none",
    "Upgrade-Insecure-Requests: 1",
];

impl Comparison {
    /// The Python packages that it needs.
    pub fn packages(&self) -> impl Iterator<Item = &'static str> {
        [self.other.package].into_iter().chain(self.framework)
    }
}

/// Starts v07 with the application of a comparison.
pub(crate) fn start_v07(plan: &Plan, comparison: &Comparison) -> Result<Server> {
    let program = Program::new([&plan.v07]).application(comparison.callable).knob("VIRTUAL_ENV", plan.python.folder());
    start(program.knob("LOG", "off").knob("WORKERS", "2").knob("THREADS", comparison.threads))
}

/// Starts the other server of a comparison with its application.
pub(crate) fn start_other(plan: &Plan, comparison: &Comparison) -> Result<Server> {
    // A port that was free a moment ago: not all of them can say which one they have chosen.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let fill = |word: &str| match word {
        "{address}" => address.to_string(),
        "{port}" => address.port().to_string(),
        "{callable}" => comparison.callable.to_owned(),
        _ => word.to_owned(),
    };
    let words: Vec<_> = comparison.other.command.split_whitespace().map(fill).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    start(Program::new([plan.python.executable()]).at(Some(address)).arguments(&words))
}

fn start(program: Program) -> Result<Server> {
    let program = program.directory(APPLICATIONS).knob("PYTHONDONTWRITEBYTECODE", "1").patience(PATIENCE);
    let server = Bench::new(&program).start(&program).map_err(told)?;
    let response = server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").map_err(told)?;
    ensure!(response.status == 200, "`{}` answers with {} {}", program.line(), response.status, response.reason);
    Ok(server)
}
