//! The knobs: environment variables that change what the server does.

use std::env;

use anyhow::{Result, bail};

pub(crate) struct Knobs {
    /// LOG: whether each request gets a line on stderr.
    pub(crate) log: bool,
}

impl Knobs {
    /// Reads all knobs. A value that can't be read is an error that says which values are valid.
    pub(crate) fn read() -> Result<Knobs> {
        let log = match value("LOG", "on").as_str() {
            "on" => true,
            "off" => false,
            other => bail!("LOG={other} is not valid; set it to on or off"),
        };
        Ok(Knobs { log })
    }
}

fn value(name: &str, default: &str) -> String {
    env::var_os(name).map_or_else(|| default.to_owned(), |value| value.to_string_lossy().into_owned())
}
