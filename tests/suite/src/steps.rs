//! Which files each step changes, adds or removes, and which packages each version depends on: declared once, here,
//! and held against the tree by `tests/steps.rs` (`steps/check.rs` is how).
//!
//! A version is a copy of the one before plus its step, because the diff between the two is the lesson. So a file that
//! a step has no reason to change stays byte-identical, and a package enters with the version that first needs it.
//! A new version is a new `Step` at the end of `STEPS`.

mod check;

pub use check::check;

/// How a step may change a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Growth {
    /// In any way.
    Any,
    /// By new lines only: every line of the version before stays, in its order.
    Only,
}

/// What one version does to the one before.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    pub version: &'a str,
    /// What the step is about, in a few words.
    pub why: &'a str,
    /// The files below `src` that differ from those of the version before.
    pub changes: &'a [(&'a str, Growth)],
    pub adds: &'a [&'a str],
    pub removes: &'a [&'a str],
    /// All packages that the version depends on, not only those that it adds.
    pub packages: &'a [&'a str],
    /// The packages of its build script.
    pub builds_with: &'a [&'a str],
}

/// The ladder.
pub const STEPS: &[Step] = &[
    Step {
        version: "v01",
        why: "an iterative echo server: socket, bind, listen, accept, one read, one write",
        changes: &[],
        adds: &["knobs.rs", "log.rs", "main.rs", "server.rs", "signals.rs"],
        removes: &[],
        packages: &["anyhow", "nix", "signal-hook"],
        builds_with: &[],
    },
    Step {
        version: "v02",
        why: "HTTP/1.1: request framing and limits, responses, errors",
        changes: &[("knobs.rs", Growth::Any), ("main.rs", Growth::Any), ("server.rs", Growth::Any)],
        adds: &[
            "connection.rs",
            "http/body.rs",
            "http/buffer.rs",
            "http/date.rs",
            "http/parser.rs",
            "http/request.rs",
            "http/response.rs",
            "http/mod.rs",
            "http/refusal.rs",
            "http/target.rs",
        ],
        removes: &[],
        packages: &["anyhow", "httparse", "nix", "signal-hook"],
        builds_with: &[],
    },
    Step {
        version: "v03",
        why: "the WSGI workflow: environ, application, start_response",
        changes: &[
            ("connection.rs", Growth::Only),
            ("http/response.rs", Growth::Any),
            ("main.rs", Growth::Any),
            ("server.rs", Growth::Any),
            ("signals.rs", Growth::Any),
        ],
        adds: &[
            "app.rs",
            "http/response/tests.rs",
            "wsgi/environ.rs",
            "wsgi/environ/tests.rs",
            "wsgi/gateway.rs",
            "wsgi/gateway/tests.rs",
            "wsgi/gateway/tests/body.rs",
            "wsgi/gateway/tests/failure.rs",
            "wsgi/gateway/tests/start.rs",
            "app/index.html",
            "app/processes.rs",
            "wsgi/mod.rs",
        ],
        removes: &[],
        packages: &["anyhow", "httparse", "nix", "signal-hook"],
        builds_with: &[],
    },
    Step {
        version: "v04",
        why: "a child process for each connection",
        changes: &[("main.rs", Growth::Any), ("server.rs", Growth::Any)],
        adds: &[],
        removes: &[],
        packages: &["anyhow", "httparse", "nix", "signal-hook"],
        builds_with: &[],
    },
    Step {
        version: "v05",
        why: "reaping: no zombies, no orphans, a bound, a graceful stop",
        changes: &[
            ("knobs.rs", Growth::Any),
            ("main.rs", Growth::Any),
            ("server.rs", Growth::Any),
            ("signals.rs", Growth::Any),
        ],
        adds: &["children.rs", "groups.rs"],
        removes: &[],
        packages: &["anyhow", "httparse", "nix", "signal-hook"],
        builds_with: &[],
    },
    Step {
        version: "v06",
        why: "async: a master and a few workers, each an event loop",
        changes: &[
            ("app.rs", Growth::Any),
            ("connection.rs", Growth::Any),
            ("http/body.rs", Growth::Any),
            ("http/date.rs", Growth::Any),
            ("http/parser.rs", Growth::Any),
            ("http/request.rs", Growth::Any),
            ("http/response.rs", Growth::Any),
            ("wsgi/environ.rs", Growth::Any),
            ("wsgi/gateway.rs", Growth::Any),
            ("wsgi/gateway/tests.rs", Growth::Any),
            ("wsgi/gateway/tests/body.rs", Growth::Any),
            ("wsgi/gateway/tests/failure.rs", Growth::Any),
            ("wsgi/gateway/tests/start.rs", Growth::Any),
            ("groups.rs", Growth::Any),
            ("knobs.rs", Growth::Any),
            ("log.rs", Growth::Any),
            ("main.rs", Growth::Any),
            ("signals.rs", Growth::Any),
        ],
        adds: &[
            "bodies.rs",
            "connection/tests.rs",
            "connections.rs",
            "conversation.rs",
            "conversation/tests.rs",
            "wsgi/gateway/tests/waiting.rs",
            "http/parser/tests.rs",
            "listeners.rs",
            "master.rs",
            "runtime/channel.rs",
            "runtime/channel/tests.rs",
            "runtime/executor.rs",
            "runtime/executor/tests.rs",
            "runtime/mod.rs",
            "runtime/pool.rs",
            "runtime/pool/tests.rs",
            "runtime/reactor.rs",
            "runtime/reactor/tests.rs",
            "runtime/slab.rs",
            "runtime/sockets.rs",
            "runtime/sockets/tests.rs",
            "runtime/tests.rs",
            "runtime/timers.rs",
            "runtime/timers/tests.rs",
            "worker.rs",
        ],
        removes: &["server.rs"],
        packages: &["anyhow", "httparse", "nix", "signal-hook"],
        builds_with: &[],
    },
    Step {
        version: "v07",
        why: "real WSGI applications: CPython in each worker",
        changes: &[
            ("app.rs", Growth::Any),
            ("connection.rs", Growth::Any),
            ("connections.rs", Growth::Any),
            ("conversation.rs", Growth::Any),
            ("conversation/tests.rs", Growth::Any),
            ("http/body.rs", Growth::Any),
            ("http/parser.rs", Growth::Any),
            ("http/parser/tests.rs", Growth::Any),
            ("http/request.rs", Growth::Any),
            ("http/response/tests.rs", Growth::Any),
            ("knobs.rs", Growth::Any),
            ("listeners.rs", Growth::Any),
            ("log.rs", Growth::Any),
            ("main.rs", Growth::Any),
            ("master.rs", Growth::Any),
            ("runtime/mod.rs", Growth::Any),
            ("runtime/sockets.rs", Growth::Any),
            ("runtime/sockets/tests.rs", Growth::Any),
            ("worker.rs", Growth::Any),
            ("wsgi/environ.rs", Growth::Any),
            ("wsgi/environ/tests.rs", Growth::Any),
            ("wsgi/gateway.rs", Growth::Any),
            ("wsgi/gateway/tests.rs", Growth::Any),
        ],
        adds: &[
            "address.rs",
            "python/application.rs",
            "python/body.rs",
            "python/call.rs",
            "python/environ.rs",
            "python/failure.rs",
            "python/interpreter.rs",
            "python/mod.rs",
            "python/parts.rs",
            "python/reload.rs",
            "python/start_response.rs",
            "python/threads.rs",
            "python/watch.rs",
            "socket_file.rs",
        ],
        removes: &[],
        packages: &["anyhow", "httparse", "nix", "pyo3", "signal-hook"],
        builds_with: &["pyo3-build-config"],
    },
];
