//! The knobs: environment variables that change what the server does.

use std::env;
use std::time::Duration;

use anyhow::{Result, bail};

pub(crate) struct Knobs {
    /// LOG: whether each request gets a line on stderr.
    pub(crate) log: bool,
    /// TIMEOUT: how long a request may take to come.
    pub(crate) timeout: Duration,
}

impl Knobs {
    /// Reads all knobs; a value that can't be read is an error that says what may stand there.
    pub(crate) fn read() -> Result<Knobs> {
        let log = match value("LOG", "on").as_str() {
            "on" => true,
            "off" => false,
            other => bail!("LOG={other} can't be read; set it to on or off"),
        };
        Ok(Knobs { log, timeout: seconds("TIMEOUT", "10")? })
    }
}

fn value(name: &str, default: &str) -> String {
    env::var_os(name).map_or_else(|| default.to_owned(), |value| value.to_string_lossy().into_owned())
}

/// From a millisecond, as a timeout of 0 would mean none to the kernel, to a day.
fn seconds(name: &str, default: &str) -> Result<Duration> {
    let value = value(name, default);
    match value.parse() {
        Ok(seconds) if (0.001..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => bail!("{name}={value} can't be read; set it to a number of seconds from 0.001 to 86400"),
    }
}
