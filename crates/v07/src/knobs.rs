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
    /// MAX_BODY: how many bytes the body of a request has at the most.
    pub(crate) max_body: usize,
    /// MAX_BODIES: how many bytes of request bodies a worker has at the most.
    pub(crate) max_bodies: usize,
    /// THREADS: how many of a worker's threads call a Python application; 0: its loop does.
    pub(crate) threads: usize,
    /// APP_TIMEOUT: how long a call of a Python application may take, if there is a limit.
    pub(crate) app_timeout: Option<Duration>,
    /// RELOAD: whether the workers are renewed when a module of a Python application has changed.
    pub(crate) reload: bool,
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
        let reload = match value("RELOAD", "0").as_str() {
            "0" => false,
            "1" => true,
            other => bail!("RELOAD={other} is not valid; set it to 0 or 1"),
        };
        let (max_body, max_bodies) = (number("MAX_BODY", "16", 1)?, number("MAX_BODIES", "256", 1)?);
        if max_body > max_bodies && env::var_os("MAX_BODY").is_some() {
            bail!(
                "MAX_BODY={max_body} is more than MAX_BODIES={max_bodies}, the most for all bodies together; set both"
            );
        }
        let app_timeout = seconds("APP_TIMEOUT", "30", 0.0)?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Ok(Knobs {
            log,
            timeout: seconds("TIMEOUT", "10", 0.001)?,
            keep_alive: seconds("KEEP_ALIVE", "60", 0.001)?,
            send_timeout: seconds("SEND_TIMEOUT", "30", 0.001)?,
            workers: number("WORKERS", &cores.to_string(), 1)?,
            max_connections: number("MAX_CONNECTIONS", "10000", 1)?,
            max_body: max_body.saturating_mul(1024 * 1024),
            max_bodies: max_bodies.saturating_mul(1024 * 1024),
            threads: number("THREADS", "0", 0)?,
            app_timeout: Some(app_timeout).filter(|limit| !limit.is_zero()),
            reload,
            grace: seconds("GRACE", "5", 0.0)?,
        })
    }
}

fn value(name: &str, default: &str) -> String {
    env::var_os(name).map_or_else(|| default.to_owned(), |value| value.to_string_lossy().into_owned())
}

/// A whole number from `least`.
fn number(name: &str, default: &str, least: usize) -> Result<usize> {
    let value = value(name, default);
    match value.parse() {
        Ok(number) if number >= least => Ok(number),
        _ => bail!("{name}={value} is not valid; set it to a whole number from {least}"),
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
