//! The page `timelines.md`: for each version a sentence, the picture, and the same in tables.
//!
//! When only some versions are played, the sections of the others stay as they were.

use std::time::Duration;

use suite::stage::Stage;

use super::facts::WORKERS;
use super::legend;
use super::model::{Client, Process, Timeline};
use super::picture;

/// How a section begins; the version's name follows.
const HEADING: &str = "\n## ";

/// The whole page: the sections that are new, and from the page that was there those that are not.
pub fn page(before: &str, new: &[(Stage, String)], made: &str) -> String {
    let mut page = introduction(made);
    for stage in Stage::WITHOUT_PYTHON {
        let made = new.iter().find(|(one, _)| *one == stage).map(|(_, section)| section.as_str());
        page.push_str(made.or_else(|| section_in(before, stage)).unwrap_or_default());
    }
    page
}

fn section_in(page: &str, stage: Stage) -> Option<&str> {
    let start = page.find(&format!("{HEADING}{stage}:"))?;
    let end = page[start + 1..].find(HEADING).map_or(page.len(), |end| start + 1 + end);
    Some(&page[start..end])
}

fn introduction(made: &str) -> String {
    format!(
        "# Timelines\n\n\
         Made by `cargo run --release -p observe -- timeline` on {made}.\n\n\
         The same small drama is played to each version: three quick clients, two that send their request in pieces, \
         two whose application sleeps, and one that only connects, and leaves after a second. Each does the same at \
         the same time in each version, but for what it asks for: v01 and v02 have no applications, so there all ask \
         for `/`. From v03 on the quick and the slow ones ask for a page that takes {} ms, for it tells who made it. \
         v06 has {WORKERS} workers.\n\n\
         A bar stands in the lane of the process that holds the connection. *Work* begins when the connection is \
         accepted and the request whole, and ends with the last byte of the answer. All times are milliseconds since \
         the drama began. The clients' own are exact; when a connection was accepted, and a process born or ended, \
         comes from looks at /proc, some 3 ms apart. All pictures have the same scale, {}.\n",
        super::drama::PAGE.as_millis(),
        picture::scale(),
    )
}

/// The section of a version. `file` is the name of its picture.
pub fn section(timeline: &Timeline, file: &str, made: &str) -> String {
    let stage = timeline.stage;
    let clients: String = timeline.clients.iter().map(|client| client_row(timeline, client)).collect();
    let processes: String = timeline.processes.iter().map(process_row).collect();
    format!(
        "{HEADING}{stage}: {}\n\n{}\n\n![{}]({file})\n\nSeen on {made}; the longest time without a look was {} ms.\n\n\
         | client | what it does | connected | accepted | served by | request whole | answered | left \
         | waited to be accepted | worked for |\n\
         |---|---|--:|--:|---|--:|--:|--:|--:|--:|\n{clients}\n\
         | process | born | ended | reaped |\n|---|--:|--:|--:|\n{processes}",
        stage.title(),
        timeline.sentences(),
        alternative(timeline),
        timeline.blind.as_millis(),
    )
}

/// What the picture shows, for those who can't see it; the tables follow.
fn alternative(timeline: &Timeline) -> String {
    let words = [timeline.sentences().replace('`', ""), legend::note(timeline.stage).to_owned()].join(" ");
    format!("Timeline of {}, a lane for each process. {}", timeline.stage, words.trim_end())
}

fn client_row(timeline: &Timeline, client: &Client) -> String {
    let by = client.process.and_then(|place| timeline.processes.get(place)).map_or("–", |process| &process.name);
    let work = client.work();
    let cells = [
        client.name.clone(),
        client.asks.clone(),
        ms(Some(client.connected)),
        ms(client.accepted),
        by.to_owned(),
        ms(client.whole),
        ms(work.map(|(_, end)| end)),
        ms(Some(client.ended)),
        ms(Some(client.queued())),
        ms(work.map(|(start, end)| end.saturating_sub(start))),
    ];
    format!("| {} |\n", cells.join(" | "))
}

fn process_row(process: &Process) -> String {
    let born = process.born.map_or("before".to_owned(), |time| ms(Some(time)));
    let reaped = if process.is_zombie_in_the_end() { "never: a zombie".to_owned() } else { ms(process.reaped) };
    format!("| {} | {born} | {} | {reaped} |\n", process.name, ms(process.ended))
}

fn ms(time: Option<Duration>) -> String {
    time.map_or("–".to_owned(), |time| time.as_millis().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_new_stays() {
        let section = |stage: Stage, words: &str| (stage, format!("{HEADING}{stage}: heading\n\n{words}\n"));
        let all = Stage::WITHOUT_PYTHON.map(|stage| section(stage, "old"));
        let before = page("", &all, "a day");
        let after = page(&before, &[section(Stage::V03, "new")], "another day");
        assert_eq!(after.matches("\nold\n").count(), 5);
        assert!(
            after.contains("## v03: heading\n\nnew\n")
                && after.contains("another day")
                && !after.contains("a day.\n\nThe same small drama is played to each version, a")
        );
        let order: Vec<_> = after.match_indices(HEADING).map(|(at, _)| after[at + 4..at + 7].to_owned()).collect();
        assert_eq!(order, Stage::WITHOUT_PYTHON.map(|stage| stage.name().to_owned()));
    }
}
