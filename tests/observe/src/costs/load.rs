//! The load: wrk, for a time, or until the server has become too many processes.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};
use suite::server::Server;

use crate::costs::usage;

/// v04 is stopped when there are so many processes more than before, zombies included: the kernel has room for some
/// ten thousands.
pub const MOST_PROCESSES: usize = 4000;
/// How often it is looked whether that is so.
const LOOK: Duration = Duration::from_millis(20);

/// A load to be put on a server.
#[derive(Clone, Copy)]
pub struct Load {
    pub connections: usize,
    pub duration: Duration,
    /// Whether connections are kept for the next request.
    pub kept: bool,
    /// Header fields beside those that wrk sends itself.
    pub fields: &'static [&'static str],
}

/// What wrk saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub requests: u64,
    pub per_second: f64,
    /// In milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// Requests that were not answered, or not with a 200.
    pub failures: u64,
}

/// Sees that there is a wrk; the error tells what to do.
pub fn check() -> Result<()> {
    match Command::new("wrk").arg("-v").stdin(Stdio::null()).output() {
        Ok(_) => Ok(()), // Its exit code is 1.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("wrk is not installed; it is in the package wrk of most systems")
        }
        Err(error) => Err(error).context("cannot start wrk"),
    }
}

impl Load {
    /// Puts the load on the server at `address`.
    pub fn run(self, address: SocketAddr) -> Result<Seen> {
        let mut wrk = Wrk(self.command(address).spawn().context("cannot start wrk")?);
        let (start, before) = (Instant::now(), processes());
        while start.elapsed() < self.duration && processes() < before + MOST_PROCESSES {
            if wrk.0.try_wait()?.is_some() {
                break;
            }
            thread::sleep(LOOK.min(self.duration));
        }
        let text = wrk.finish()?;
        Seen::parse(&text).with_context(|| format!("wrk says nothing that can be understood: {text}"))
    }

    /// Puts the load on a server. Also returns the processor time that a request took there, in microseconds.
    pub fn measure(self, server: &Server) -> Result<(Seen, f64)> {
        let before = usage::processor_time(server)?;
        let seen = self.run(server.address())?;
        let used = usage::processor_time(server)? - before;
        ensure!(seen.requests > 0, "it answered no request of the load");
        Ok((seen, used / seen.requests as f64))
    }

    fn command(self, address: SocketAddr) -> Command {
        let mut command = Command::new("wrk");
        let (connections, seconds) = (self.connections.to_string(), self.duration.as_secs() + 1);
        command.args(["-t1", "--latency", "-c", &connections, "-d", &format!("{seconds}s")]);
        if !self.kept {
            command.args(["-H", "Connection: close"]);
        }
        command.args(self.fields.iter().flat_map(|field| ["-H", field]));
        command.arg(format!("http://{address}/")).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let parent = getpid();
        let tied = move || {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            if getppid() == parent { Ok(()) } else { Err(io::Error::other("observe ended")) }
        };
        // SAFETY: between fork and exec it makes system calls only, and allocates nothing unless it fails.
        unsafe { command.pre_exec(tied) };
        command
    }
}

/// A wrk that runs. Dropping it kills it.
struct Wrk(Child);

impl Wrk {
    /// Ends it, and gives back what it says then.
    fn finish(mut self) -> Result<String> {
        // It is still this process's child, so its number is nobody else's.
        let _ = kill(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGINT);
        let mut text = String::new();
        if let Some(mut stdout) = self.0.stdout.take() {
            stdout.read_to_string(&mut text)?;
        }
        if !self.0.wait()?.success() {
            let mut error = String::new();
            if let Some(mut stderr) = self.0.stderr.take() {
                stderr.read_to_string(&mut error)?;
            }
            bail!("wrk failed: {}", error.trim());
        }
        Ok(text)
    }
}

impl Drop for Wrk {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many processes and threads there are in all, zombies included (proc_loadavg(5)).
fn processes() -> usize {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split([' ', '/']).nth(4).and_then(|word| word.parse().ok()).unwrap_or(0)
}

impl Seen {
    fn parse(text: &str) -> Option<Seen> {
        let after = |start: &str| text.lines().find_map(|line| line.trim().strip_prefix(start)).map(str::trim);
        let requests = text.lines().find_map(|line| line.trim().split_once(" requests in "))?.0.parse().ok()?;
        let numbers = |text: &str| text.split([' ', ',']).filter_map(|word| word.parse::<u64>().ok()).sum::<u64>();
        let failures =
            numbers(after("Socket errors:").unwrap_or("")) + numbers(after("Non-2xx or 3xx responses:").unwrap_or(""));
        Some(Seen {
            requests,
            per_second: after("Requests/sec:")?.parse().ok()?,
            p50: milliseconds(after("50%")?)?,
            p99: milliseconds(after("99%")?)?,
            failures,
        })
    }
}

/// A time as wrk tells it: `812.00us`, `3.09ms`, `1.20s`, `1.50m`.
fn milliseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_at(text.find(|letter: char| letter.is_ascii_alphabetic())?);
    let factor = match unit {
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1000.0,
        "m" => 60_000.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Running 5s test @ http://127.0.0.1:45073/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     3.58ms    3.40ms  51.94ms   93.84%
    Req/Sec     4.52k     0.89k    6.90k    64.00%
  Latency Distribution
     50%  812.00us
     75%    4.35ms
     90%    5.82ms
     99%    1.20s
  22664 requests in 5.06s, 3.24MB read
  Socket errors: connect 0, read 3, write 0, timeout 2
  Non-2xx or 3xx responses: 7
Requests/sec:   4479.07
Transfer/sec:    656.11KB
";

    #[test]
    fn what_wrk_says_is_understood() {
        let seen = Seen { requests: 22664, per_second: 4479.07, p50: 0.812, p99: 1200.0, failures: 12 };
        assert_eq!(Seen::parse(SAID), Some(seen));
        assert_eq!(Seen::parse("unable to connect to 127.0.0.1:1 Connection refused"), None);
    }
}
