//! Whether the reader's package compiles, and the first error if it doesn't.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::mine::PACKAGE;

/// The compiler's verdict.
#[derive(Clone, Debug)]
pub enum Compiled {
    Yes,
    /// The first error, as the compiler shows it, and how many more there are.
    No(String, usize),
}

impl Compiled {
    pub fn is_yes(&self) -> bool {
        matches!(self, Compiled::Yes)
    }
}

/// Builds the package of the repository at `root`, and these of its examples.
///
/// # Errors
///
/// cargo can't be started.
pub fn compile(root: &Path, examples: &[&str], with_colours: bool) -> Result<Compiled> {
    let format = if with_colours { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "-p", PACKAGE, "--bins", "--message-format", format]);
    cargo.args(examples.iter().flat_map(|example| ["--example", example]));
    let output = cargo.current_dir(root).output().context("cannot start cargo; is it in PATH?")?;
    if output.status.success() {
        return Ok(Compiled::Yes);
    }
    let messages = output.stdout.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let is_error = |message: &Value| message["message"]["level"] == "error" && !message["message"]["spans"].is_null();
    let rendered = |message: Value| message["message"]["rendered"].as_str().map(|text| text.trim_end().to_owned());
    let errors: Vec<_> = messages.filter(is_error).filter_map(rendered).collect();
    // The last one only counts the others.
    let errors: Vec<_> = errors.into_iter().filter(|error| !error.contains("aborting due to")).collect();
    Ok(match errors.split_first() {
        Some((first, others)) => Compiled::No(first.clone(), others.len()),
        None => Compiled::No(String::from_utf8_lossy(&output.stderr).trim_end().to_owned(), 0),
    })
}
