//! The page, in Markdown, with what was measured and how below each table.

use std::time::Duration;

use crate::costs::figures::{Spread, shown};
use crate::costs::row::{Measured, Speed};
use crate::costs::table::{cell, table};
use crate::wsgi::comparison::Comparison;
use crate::wsgi::idle::CONNECTIONS;
use crate::wsgi::rounds::Rounds;

/// A comparison and what came of it.
pub struct Row {
    pub comparison: Comparison,
    pub rounds: Measured<Rounds>,
}

/// All that was measured.
pub struct Page {
    pub rows: Vec<Row>,
    /// Servers, and their bytes for an idle connection.
    pub idle: [(&'static str, Measured<f64>); 2],
    pub rounds: usize,
    /// Of a load.
    pub duration: Duration,
}

impl Page {
    /// The whole page; `measured_on` names the machine and the versions.
    pub fn text(&self, measured_on: &str) -> String {
        let rounds = if self.rounds == 1 { "1 round".to_owned() } else { format!("{} rounds", self.rounds) };
        format!(
            "# v07 and other WSGI servers\n\n\
             Measured by `cargo run --release -p observe -- wsgi`: {measured_on}. A ratio is v07's figure divided by the \
             other server's: below 1, v07 needs less CPU; above 1, it answers more requests. It is the median of {rounds}, \
             in brackets the least and the greatest. If 1 is within the brackets, this measurement can't tell which \
             server is better.\n{}{}",
            self.speed(),
            self.memory()
        )
    }

    fn speed(&self) -> String {
        let head = ["application", "against", "CPU a request, ratio", "requests a second, ratio"];
        let line = |row: &Row| {
            let ratio = |figure: fn(&Speed) -> &[f64]| {
                let spread = |Rounds { v07, other }: &Rounds| Spread::of_ratios(figure(v07), figure(other));
                cell(row.rounds.clone(), |rounds| spread(rounds).map_or(String::new(), |ratio| ratio.shown()))
            };
            let Comparison { application, other, .. } = &row.comparison;
            vec![
                application.to_string(),
                other.name.to_owned(),
                ratio(|speed| &speed.cpu),
                ratio(|speed| &speed.per_second),
            ]
        };
        let seconds = self.duration.as_secs_f64();
        let text = format!(
            "\n## Speed\n\n{}\n\
             Both servers have two workers and log errors only. `wrk -t1 -c64` is put on one and then on the other, for \
             {seconds} s each, in every round; with \"20 ms of sleep\" it is `-c32`, and v07 has THREADS=16. Connections are \
             kept for the next request, except with \"closing\": gunicorn's sync workers close them, so each request has one \
             of its own (`Connection: close`), for v07 too. CPU is the user and system time of all processes of the server. \
             wrk's own isn't in it, but wrk and the server share the processors, so requests a second say less than CPU a \
             request. hello sets no Content-Length: v07 adds one, and bjoern sends chunks, the last one with a write of its \
             own. Frameworks set one; compare the row that has it. The applications are in `tests/observe/wsgi`.\n",
            table(&head, self.rows.iter().map(line))
        );
        text + &self.rows.iter().map(failures).collect::<String>()
    }

    fn memory(&self) -> String {
        let lines = self.idle.iter().map(|(server, bytes)| vec![(*server).to_owned(), cell(bytes.clone(), whole)]);
        format!(
            "\n## Idle connections\n\n{}\n\
             Measured once: what the memory of all processes of the server (the part of PSS that isn't mapped from files) \
             grows by with {} idle connections, each of which has had one answer of hello, divided by their number. The \
             kernel's own memory for a socket isn't in it.\n",
            table(&["server", "bytes a connection"], lines),
            shown(CONNECTIONS as f64)
        )
    }
}

fn whole(bytes: &f64) -> String {
    shown(bytes.round())
}

/// A line on the requests that failed, if there were any.
fn failures(row: &Row) -> String {
    let Comparison { application, other, .. } = &row.comparison;
    let Ok(Rounds { v07, other: others }) = &row.rounds else { return String::new() };
    if v07.failures + others.failures == 0 {
        return String::new();
    }
    let counts = format!("{} of v07, {} of {}", v07.failures, others.failures, other.name);
    format!("\nFailed requests with \"{application}\": {counts}.\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wsgi::comparison::COMPARISONS;

    fn page(rounds: Measured<Rounds>) -> String {
        let rows = vec![Row { comparison: COMPARISONS[0], rounds }];
        let idle = [("v07", Ok(348.4)), ("bjoern", Err("bjoern isn't installed".to_owned()))];
        Page { rows, idle, rounds: 3, duration: Duration::from_secs(2) }.text("1 core, Python 3.11.2")
    }

    fn speed(cpu: &[f64], per_second: &[f64]) -> Speed {
        Speed { cpu: cpu.to_vec(), per_second: per_second.to_vec(), ..Speed::default() }
    }

    #[test]
    fn a_ratio_is_made_in_each_round_and_shown_with_its_spread() {
        let mut v07 = speed(&[8.0, 9.0, 20.0], &[30.0, 20.0, 10.0]);
        v07.failures = 2;
        let other = speed(&[10.0, 10.0, 10.0], &[20.0, 10.0, 10.0]);
        let page = page(Ok(Rounds { v07, other }));
        let row = page.lines().find(|line| line.starts_with("| hello ")).unwrap_or_default();
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        assert_eq!(cells, ["", "hello", "bjoern", "0.900 (0.800–2)", "1.50 (1–2)", ""], "{page}");
        assert!(page.contains("\nFailed requests with \"hello\": 2 of v07, 0 of bjoern.\n"), "{page}");
        assert!(page.contains("1 core, Python 3.11.2. ") && page.contains("median of 3 rounds,"), "{page}");
    }

    #[test]
    fn a_server_that_is_missing_has_a_row_that_says_so() {
        let page = page(Err("bjoern isn't installed".to_owned()));
        assert_eq!(page.matches("| (bjoern isn't installed) ").count(), 3, "{page}");
        assert!(page.contains("| v07    | 348 "), "{page}");
        assert!(!page.contains("Failed requests"), "{page}");
    }
}
