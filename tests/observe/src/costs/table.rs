//! The tables, in Markdown, with what was measured and how below each.

use crate::costs::Plan;
use crate::costs::figures::{Spread, shown};
use crate::costs::idle::Idle;
use crate::costs::load::MOST_PROCESSES;
use crate::costs::row::{Measured, Row, Speed};
use crate::costs::waiting::{SLOW, Wait};

/// The whole page.
pub fn page(rows: &[Row], plan: &Plan, machine: &str) -> String {
    let title = "# What each version costs\n\n";
    let seen = format!(
        "Measured by `cargo run --release -p observe -- costs`: {machine}. A figure is the median of {}, in \
         brackets the least and the greatest. Compare the ratios: they are made round by round, and whatever else the \
         machine did in a round is in both versions' figures. Where the brackets of two versions overlap, this measurement \
         can't tell which is better.\n",
        if plan.rounds == 1 { "1 round".to_owned() } else { format!("{} rounds", plan.rounds) }
    );
    [title, &seen, &speed(rows, plan), &patience(rows, plan), &work(rows), "\n![The costs as bars](costs.svg)\n"]
        .concat()
}

fn speed(rows: &[Row], plan: &Plan) -> String {
    let head = ["version", "requests a second", "× v01's", "CPU a request, µs", "× v01's", "p50, ms", "p99, ms"];
    let of = |row: &Row, figure: fn(&Speed) -> &[f64]| {
        let speed = row.speed.as_ref().map_err(Clone::clone);
        cell(speed.and_then(|speed| Spread::of(figure(speed)).ok_or_else(|| "no round".to_owned())), |it| it.shown())
    };
    let line = |row: &Row| {
        let per_second: fn(&Speed) -> &[f64] = |speed| &speed.per_second;
        let cpu: fn(&Speed) -> &[f64] = |speed| &speed.cpu;
        vec![
            row.name(),
            of(row, per_second),
            cell(row.ratio(rows, per_second), |ratio| ratio.shown()),
            of(row, cpu),
            cell(row.ratio(rows, cpu), |ratio| ratio.shown()),
            of(row, |speed| &speed.p50),
            of(row, |speed| &speed.p99),
        ]
    };
    let seconds = plan.duration.as_secs_f64();
    let mut text = format!("\n## Speed\n\n{}\n", table(&head, rows.iter().map(line)));
    text += &format!(
        "Requests and CPU: `wrk -t1 -c16` for {seconds} s, in which every request has a connection of its own (`Connection: \
         close`); in the row \"kept open\" a connection is kept for the next request. v04 is stopped after some \
         {MOST_PROCESSES} requests: each leaves a zombie, and processes are limited. CPU is the user and system time of \
         all processes of the server, also of those that have ended; wrk's own is not in it, but wrk and the \
         server share the processors, so requests a second tell less than CPU a request. p50 and p99: half of the requests, \
         and 99 of 100, were answered in this time, with `wrk -c2`, without the time to connect. Servers start anew in \
         each round, with LOG=off, and answer with `hello`; v01 echoes, v02 has one page.\n"
    );
    for row in rows {
        if let Ok(Speed { failures: failures @ 1.., .. }) = row.speed {
            text += &format!("\nFailed requests of {}: {failures}.\n", row.name());
        }
    }
    text
}

fn patience(rows: &[Row], plan: &Plan) -> String {
    let behind = format!("a quick client behind {SLOW} slow ones waits");
    let processes = format!("processes with {} idle clients", plan.idle);
    let head = ["version", &behind, &processes, "before them", "connected", "memory more, kB"];
    let line = |row: &Row| {
        let idle = |shown: fn(&Idle) -> String| cell(row.idle.clone(), shown);
        vec![
            row.name(),
            cell(row.waiting.clone(), |wait| waited(*wait)),
            idle(|idle| idle.processes.to_string()),
            idle(|idle| idle.processes_before.to_string()),
            idle(|idle| idle.connected.to_string()),
            idle(|idle| shown(idle.memory as f64 / 1000.0)),
        ]
    };
    let lines = rows.iter().filter(|row| !row.kept).map(line);
    let text = format!("\n## Slow and idle clients\n\n{}\n", table(&head, lines));
    text + &format!(
        "Measured once, for it is not the machine that decides. The slow clients send half a request, keep the connection \
         open, and leave when the server answers them; v01 would answer that half, so its slow clients send nothing. \
         TIMEOUT={} bounds how long v02 and v03 wait for each; v01 waits forever, and the quick client gives up \
         after {} s. The idle clients connect and send nothing. v01 to v03 take one of them; the kernel lets some more \
         connect and wait, the others not even that. v06 has WORKERS=2, the rest is as by default. Memory is the \
         proportional set size (PSS) of all processes: pages that several share count once in all.\n",
        plan.limits.timeout.as_secs_f64(),
        plan.limits.patience.as_secs_f64(),
    )
}

fn work(rows: &[Row]) -> String {
    let head = ["version", "system calls a request", "lines of code", "lines changed"];
    let line = |row: &Row| {
        let size = row.size.as_ref().map_err(Clone::clone);
        let changed = cell(size.clone(), |size| {
            size.changed.map_or("–".to_owned(), |(added, removed)| format!("+{added} −{removed}"))
        });
        let lines = cell(size, |size| shown(size.lines as f64));
        let (lines, changed) = if row.kept { ("as above".to_owned(), "as above".to_owned()) } else { (lines, changed) };
        vec![row.name(), cell(row.calls.clone(), |calls| format!("{calls:.1}")), lines, changed]
    };
    let text = format!("\n## Work and size\n\n{}\n", table(&head, rows.iter().map(line)));
    text + "System calls: counted by strace in all processes of the server, a request after another, without those of the \
            start; `observe syscalls` shows them. Lines: of the `.rs` files in `src`, without blank lines, lines that are only \
            a comment, and unit tests; changed against the version before.\n"
}

fn waited(wait: Wait) -> String {
    match wait {
        Wait::Answered(time) if time.as_secs() == 0 => format!("{} ms", shown(time.as_secs_f64() * 1000.0)),
        Wait::Answered(time) => format!("{} s", shown(time.as_secs_f64())),
        Wait::GivenUp(time) => format!("more than {} s", time.as_secs_f64()),
    }
}

/// A value, or why there is none.
pub(crate) fn cell<T>(value: Measured<T>, shown: impl Fn(&T) -> String) -> String {
    value.as_ref().map_or_else(|reason| format!("({reason})"), shown)
}

/// A table whose columns stand one below the other in the source too.
pub(crate) fn table(head: &[&str], lines: impl Iterator<Item = Vec<String>>) -> String {
    let head: Vec<_> = head.iter().map(|&word| word.to_owned()).collect();
    let lines: Vec<_> = lines.collect();
    let width = |column: usize| {
        let cells = lines.iter().chain([&head]).filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let row = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!(" {cell:width$} |"));
        format!("|{}\n", padded.collect::<String>())
    };
    let rule = widths.iter().map(|&width| format!("{}|", "-".repeat(width + 2))).collect::<String>();
    let body = lines.iter().map(|line| row(line)).collect::<String>();
    format!("{}|{rule}\n{body}", row(&head))
}
