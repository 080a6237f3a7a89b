//! The knobs: environment variables that change what the server does.

use std::env;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

#[derive(Clone, Copy)]
pub(crate) struct Knobs {
    /// LOG: whether each request gets a line on stderr.
    pub(crate) log: bool,
    /// TIMEOUT: how long a request may take to come.
    pub(crate) timeout: Duration,
    /// KEEP_ALIVE: how long a connection may wait for its next request.
    pub(crate) keep_alive: Duration,
    /// SEND_TIMEOUT: how long a piece of a response may take to go.
    pub(crate) send_timeout: Duration,
    /// WORKERS: how many there are.
    pub(crate) workers: usize,
    /// MAX_CONNECTIONS: how many a worker has at the most.
    pub(crate) max_connections: usize,
    /// MAX_BODIES: how many bytes of request bodies a worker has at the most.
    pub(crate) max_bodies: usize,
    /// GRACE: how long running requests get to finish when the server is stopped, or a worker replaced.
    pub(crate) grace: Duration,
}

impl Knobs {
    /// Reads all knobs. A value that can't be read is an error that says which values are valid.
    pub(crate) fn read() -> Result<Knobs> {
        let log = match value("LOG", "on").as_str() {
            "on" => true,
            "off" => false,
            other => bail!("LOG={other} is not valid; set it to on or off"),
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Ok(Knobs {
            log,
            timeout: seconds("TIMEOUT", "10", 0.001)?,
            keep_alive: seconds("KEEP_ALIVE", "60", 0.001)?,
            send_timeout: seconds("SEND_TIMEOUT", "30", 0.001)?,
            workers: number("WORKERS", &cores.to_string())?,
            max_connections: number("MAX_CONNECTIONS", "10000")?,
            max_bodies: number("MAX_BODIES", "256")?.saturating_mul(1024 * 1024),
            grace: seconds("GRACE", "5", 0.0)?,
        })
    }
}

fn value(name: &str, default: &str) -> String {
    env::var_os(name).map_or_else(|| default.to_owned(), |value| value.to_string_lossy().into_owned())
}

fn number(name: &str, default: &str) -> Result<usize> {
    let value = value(name, default);
    match value.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => bail!("{name}={value} is not valid; set it to a whole number from 1"),
    }
}

/// A number of seconds from `least` to a day.
fn seconds(name: &str, default: &str, least: f64) -> Result<Duration> {
    let value = value(name, default);
    match value.parse() {
        Ok(seconds) if (least..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => bail!("{name}={value} is not valid; set it to a number of seconds from {least} to 86400"),
    }
}
