//! The knobs: environment variables that change what the server does.

use std::env;
use std::time::Duration;

use anyhow::{Result, bail};

pub(crate) struct Knobs {
    /// LOG: whether each request gets a line on stderr.
    pub(crate) log: bool,
    /// TIMEOUT: how long a request may take to arrive, and 64 KiB of a response to be sent.
    pub(crate) timeout: Duration,
    /// MAX_CHILDREN: how many children may serve at once.
    pub(crate) max_children: usize,
    /// GRACE: how long running requests get to finish when the server is stopped.
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
        let max_children = value("MAX_CHILDREN", "256");
        let max_children = match max_children.parse() {
            Ok(number) if number > 0 => number,
            _ => bail!("MAX_CHILDREN={max_children} is not valid; set it to a whole number from 1"),
        };
        let timeout = seconds("TIMEOUT", "10", 0.001)?; // A timeout of 0 would mean none to the kernel.
        let grace = seconds("GRACE", "5", 0.0)?;
        Ok(Knobs { log, timeout, max_children, grace })
    }
}

fn value(name: &str, default: &str) -> String {
    env::var_os(name).map_or_else(|| default.to_owned(), |value| value.to_string_lossy().into_owned())
}

/// A number of seconds from `least` to a day.
fn seconds(name: &str, default: &str, least: f64) -> Result<Duration> {
    let value = value(name, default);
    match value.parse() {
        Ok(seconds) if (least..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => bail!("{name}={value} is not valid; set it to a number of seconds from {least} to 86400"),
    }
}
