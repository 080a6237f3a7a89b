//! The paragraph about a case that failed: what was expected, what came, the bytes in both directions, and what to do
//! now.

use std::net::SocketAddr;

use crate::bench::Evidence;
use crate::case::{Case, Stop};

/// The address in the commands that a reader is to type, unless the server has one of its own.
const TYPED: &str = "127.0.0.1:8888";

/// Lines of a server's stderr that are shown.
const STDERR_LINES: usize = 8;

/// The paragraph, with a newline after each line.
pub fn paragraph(case: &Case, stop: &Stop, evidence: &Evidence, fixed: Option<SocketAddr>) -> String {
    let mut lines = vec![case.title()];
    match stop {
        Stop::Failed(failure) => {
            lines.push(format!("  expected: {}", failure.expected));
            lines.push(format!("  came:     {}", failure.came));
        }
        Stop::NotStarted(problem) => lines.push(format!("  not started: {problem}")),
        Stop::Skipped(reason) => lines.push(format!("  skipped: {reason}")),
    }
    for (line, _) in &evidence.servers {
        lines.push(format!("  the server: {line}"));
    }
    if evidence.earlier > 0 {
        lines.push(format!("  earlier connections, not shown: {}", evidence.earlier));
    }
    for transcript in &evidence.transcripts {
        lines.extend(transcript.lines().iter().map(|line| format!("  {line}")));
    }
    for (_, stderr) in &evidence.servers {
        lines.extend(last_lines(stderr));
    }
    let typed = fixed.map_or(TYPED.to_owned(), |address| address.to_string());
    if let Some(shell) = evidence.transcripts.last().and_then(|transcript| transcript.shell(&typed)) {
        lines.push(format!("  by hand (with the server at {typed}): {shell}"));
    }
    lines.push(format!("  what to do: {}", case.says));
    lines.push(format!("  the lesson: {}", case.stage.lesson()));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn last_lines(stderr: &str) -> Vec<String> {
    let all: Vec<_> = stderr.lines().collect();
    if all.is_empty() {
        return Vec::new();
    }
    let last = &all[all.len().saturating_sub(STDERR_LINES)..];
    let title = format!("  its stderr, {} of {} lines:", last.len(), all.len());
    [title].into_iter().chain(last.iter().map(|line| format!("    {line}"))).collect()
}
