//! A server that runs under strace, and a client that makes one request at a time.
//!
//! strace writes to its stderr, which is read here as it comes. So it is known when the server waits for the next
//! client, and each request begins and ends in quiet. No time is measured, and no pause is made.

use std::io::ErrorKind;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use suite::client::Client;
use suite::program::Program;
use suite::server::Server;
use suite::stage::Stage;

use crate::syscalls::trace::Trace;
use crate::versions::{self, Version};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const KEPT: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// The first requests find buffers to be made; they are not counted.
const WARM_UP: usize = 3;
/// How long the server may take to wait again. It only bounds a failure.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sees that there is a strace that may trace here; the error tells what to do.
pub fn check() -> Result<()> {
    match Command::new("strace").args(["-o", "/dev/null", "true"]).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("strace may not trace here: {}", said.lines().next().unwrap_or("it does not say why"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("strace is not installed; it is in the package strace of most systems")
        }
        Err(error) => Err(error).context("cannot start strace"),
    }
}

/// A server under strace.
pub struct Traced {
    stage: Stage,
    server: Server,
}

impl Traced {
    /// Starts it, and lets it answer a few requests. v06 gets one worker, so that it is known who will answer.
    pub fn start(version: &Version) -> Result<Traced> {
        let mut command: Vec<_> = ["strace", "-f", "-q", "-s", "20", "-o", "/dev/stderr", "--"].map(Into::into).into();
        command.push(version.executable.clone().into_os_string());
        let program = Program::new(command).knob("WORKERS", "1").knob("TIMEOUT", "3600");
        let server = versions::start(version.stage, program)?;
        let traced = Traced { stage: version.stage, server };
        for _ in 0..WARM_UP {
            traced.request()?;
        }
        Ok(traced)
    }

    /// What happens in the server's processes at one request, from the call that waits for a client to the next.
    ///
    /// The calls must not depend on who is faster. A child of v04 and v05 is given its request when its parent waits
    /// again. The others find the request with the connection: strace, and with it the server, rests until it is sent.
    pub fn request(&self) -> Result<Trace> {
        let before = self.wait("waits for a client", |now| self.is_idle(now))?;
        let mut client = if self.forks() { self.sent_to_a_child(&before)? } else { self.sent_at_once()? };
        client.final_response().and_then(|_| client.closes()).map_err(versions::told)?;
        drop(client);
        let after =
            self.wait("waits for the next client", |now| now.responses() > before.responses() && self.is_idle(now))?;
        Ok(after.since(&before).without_noise())
    }

    fn sent_to_a_child(&self, before: &Trace) -> Result<Client> {
        let mut client = self.server.connect().map_err(versions::told)?;
        let has_child = |now: &Trace| now.processes.len() > before.processes.len();
        self.wait("waits for the request", |now| has_child(now) && now.is_held())?;
        client.send(REQUEST).map_err(versions::told)?;
        Ok(client)
    }

    fn sent_at_once(&self) -> Result<Client> {
        self.server.signal(Signal::SIGSTOP);
        let sent = self.server.connect().and_then(|mut client| client.send(REQUEST).map(|()| client));
        self.server.signal(Signal::SIGCONT);
        sent.map_err(versions::told)
    }

    /// How many calls a request takes, if `count` of them are made on connections of their own, or on one that is kept
    /// open.
    pub fn calls_per_request(&self, count: usize, kept: bool) -> Result<f64> {
        let mut calls = 0;
        if !kept {
            for _ in 0..count {
                calls += self.request()?.count();
            }
            return Ok(calls as f64 / count as f64);
        }
        let mut client = self.server.connect().map_err(versions::told)?;
        let mut before = self.kept_request(&mut client)?;
        for _ in 0..count {
            let after = self.kept_request(&mut client)?;
            calls += after.since(&before).without_noise().count();
            before = after;
        }
        Ok(calls as f64 / count as f64)
    }

    fn kept_request(&self, client: &mut Client) -> Result<Trace> {
        let before = self.trace().responses();
        client.send(KEPT).and_then(|()| client.final_response()).map_err(versions::told)?;
        self.wait("waits for the next request", |now| now.responses() > before && self.is_idle(now))
    }

    /// The number of the server's first process.
    pub fn first(&self) -> Option<i32> {
        self.trace().processes.first().map(|process| process.pid)
    }

    /// Whether it waits and nothing is on its way. v05's poll may be about to return: then a zombie is there still.
    fn is_idle(&self, now: &Trace) -> bool {
        now.is_idle() && (self.stage != Stage::V05 || now.is_reaped())
    }

    fn forks(&self) -> bool {
        matches!(self.stage, Stage::V04 | Stage::V05)
    }

    fn trace(&self) -> Trace {
        Trace::parse(&self.server.stderr().text())
    }

    /// Waits until the trace is as `right` says.
    fn wait(&self, expected: &str, right: impl Fn(&Trace) -> bool) -> Result<Trace> {
        let text = self.server.stderr().wait(PATIENCE, |text| right(&Trace::parse(text)));
        let trace = Trace::parse(&text);
        if !right(&trace) {
            let last: Vec<_> = text.lines().rev().take(3).collect();
            bail!("strace does not show that {} {expected}; its last lines: {}", self.stage, last.join(" / "));
        }
        Ok(trace)
    }
}
