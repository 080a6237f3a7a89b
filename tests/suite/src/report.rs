//! The paragraph about a case that failed: what was expected, what came, the bytes in both directions, and what to do
//! now.

use std::net::SocketAddr;

use crate::bench::Evidence;
use crate::case::{Case, Stop};
use crate::output::excerpt;
use crate::output::window::without_middle;
use crate::transcript::abridged;

/// The address in the commands that a reader is to type, unless the server has one of its own.
const TYPED: &str = "127.0.0.1:8888";

/// How many lines are shown of what came, from its start and from its end. The longest table has 22 rows.
const FIRST_LINES: usize = 40;
const LAST_LINES: usize = 5;

/// How many characters of a line are shown: of what came, and of each half of a failure that gets one line alone.
const CAME_WIDTH: usize = 500;
const HALF_WIDTH: usize = 80;

/// The paragraph, with a newline after each line.
pub fn paragraph(case: &Case, stop: &Stop, evidence: &Evidence, fixed: Option<SocketAddr>) -> String {
    paragraph_of(&case.stage.lesson(), case, stop, evidence, fixed)
}

/// The paragraph about a case that `lesson` tells of.
pub(crate) fn paragraph_of(
    lesson: &str,
    case: &Case,
    stop: &Stop,
    evidence: &Evidence,
    fixed: Option<SocketAddr>,
) -> String {
    let mut lines = vec![case.title()];
    match stop {
        Stop::Failed(failure) => {
            lines.push(format!("  expected: {}", failure.expected));
            lines.extend(came(&failure.came));
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
    if let Some(before) = &evidence.before {
        lines.push("  the connection before, after which the server answered no more:".to_owned());
        lines.extend(before.lines().iter().map(|line| format!("  {line}")));
        lines.push("  and then:".to_owned());
    }
    for transcript in &evidence.transcripts {
        lines.extend(transcript.lines().iter().map(|line| format!("  {line}")));
    }
    for (_, stderr) in evidence.servers.iter().filter(|(_, stderr)| !stderr.trim().is_empty()) {
        lines.push("  its stderr:".to_owned());
        lines.extend(excerpt(stderr).iter().map(|line| format!("    {line}")));
    }
    let typed = fixed.map_or(TYPED.to_owned(), |address| address.to_string());
    let cause = evidence.before.as_ref().or(evidence.transcripts.last());
    if let Some(shell) = cause.and_then(|transcript| transcript.shell(&typed)) {
        lines.push(format!("  by hand (with the server at {typed}): {shell}"));
    }
    lines.push(format!("  what to do: {}", case.says));
    lines.push(format!("  the lesson: {lesson}"));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The lines of what came: it can be a list, or a text without end.
fn came(text: &str) -> Vec<String> {
    let lines = without_middle(text, FIRST_LINES, LAST_LINES);
    let lines = lines.iter().map(|line| abridged(line, CAME_WIDTH)).enumerate();
    lines.map(|(at, line)| format!("{}{line}", if at == 0 { "  came:     " } else { "    " })).collect()
}

/// The failure in one line.
pub fn line(case: &Case, stop: &Stop) -> String {
    let first = |text: &str| abridged(text.lines().next().unwrap_or_default(), HALF_WIDTH);
    let why = match stop {
        Stop::Failed(failure) => format!("expected: {}; came: {}", first(&failure.expected), first(&failure.came)),
        Stop::NotStarted(problem) => format!("not started: {}", first(problem)),
        Stop::Skipped(reason) => format!("skipped: {}", first(reason)),
    };
    format!("{} ({why})", case.title())
}
