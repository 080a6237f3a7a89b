//! Readers who type chapters block by block, and `cargo learn` that watches them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::repository::{Repository, course};

/// How long a report may take: it only bounds a failure.
const PATIENCE: Duration = Duration::from_secs(120);

/// The lines that a program prints, as they come.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = BufReader::new(output);
        let mut line = Vec::new();
        while bytes.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    receiver
}

/// Waits for a line with these words.
fn wait(lines: &Receiver<String>, words: &str) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) if line.contains(words) => return Ok(()),
            Ok(line) => seen.push(line),
            Err(_) => bail!("{words:?} didn't come, but:\n{}", seen.join("\n")),
        }
    }
}

/// Types these chapters, and sees that each checkpoint is reported when its last block is saved.
fn types(chapters: &[&str]) -> Result<()> {
    let course = course();
    let repository = Repository::new(chapters[chapters.len() - 1])?;
    let (said, is_well) = repository.says(&["start", chapters[0]])?;
    ensure!(is_well, "{said}");
    let mut learn = repository.learn().stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let said = lines(learn.stdout.take().context("a pipe")?);
    wait(&said, "Compiles  yes")?;
    let typed = (|| {
        for name in chapters {
            let number = course.chapter(name)?;
            for mark in course.checkpoints.iter().filter(|mark| mark.chapter == number) {
                let before = course.checkpoints.iter().rev().map(|mark| mark.place).find(|place| *place < mark.place);
                for place in before.unwrap_or(0).max(course.chapters[number].first) + 1..=mark.place {
                    repository.put(&course.places[place].files)?;
                }
                wait(&said, &format!("You have reached {}.", mark.name)).with_context(|| mark.name.clone())?;
            }
        }
        Ok(())
    })();
    learn.kill()?;
    learn.wait()?;
    typed
}

#[test]
fn watch_sees_the_checkpoints_of_the_first_chapters_in_their_order() -> Result<()> {
    types(&["v01", "v02-read"])
}

#[test]
#[ignore = "it builds a package for each checkpoint of the book, which takes three minutes"]
fn watch_sees_every_checkpoint_of_the_book_in_order() -> Result<()> {
    let chapters: Vec<_> = course().chapters.iter().map(|chapter| chapter.name.as_str()).collect();
    types(&chapters)
}

/// A package with other names, and one that doesn't do what the page shows.
#[test]
fn a_package_that_does_the_same_has_reached_its_checkpoint() -> Result<()> {
    let repository = Repository::new("check")?;
    let (said, _) = repository.says(&["start"])?;
    ensure!(repository.mine().exists(), "{said}");
    repository.says(&["reset", "v01.1", "--yes"])?;
    let main = repository.mine().folder().join("src/main.rs");
    let text = fs::read_to_string(&main)?;
    // The compiler warns about the second change.
    let other = text.replace("buffer", "bytes").replace("    loop {", "    let unused = 1;\n    loop {");
    fs::write(&main, other)?;
    let (said, is_reached) = repository.says(&["check", "v01.1"])?;
    let is_tried = said.contains("its commands print what the book shows");
    ensure!(is_reached && is_tried || said.contains("Tried     not, "), "{said}");
    ensure!(said.contains("you have `let unused = 1;`") && said.contains("in 3 more places"), "{said}");
    fs::write(&main, text.replace("&buffer[..count]", "b\"no echo\""))?;
    let (said, is_reached) = repository.says(&["check", "v01.1"])?;
    ensure!(!is_reached && (said.contains("+no echo") || said.contains("Tried     not, ")), "{said}");
    fs::write(&main, text.replace("let mut buffer", "let buffer"))?;
    let (said, is_reached) = repository.says(&["check"])?;
    ensure!(!is_reached && said.contains("Compiles  not yet") && said.contains("error[E0596]"), "{said}");
    Ok(())
}

/// In a real terminal, as script(1) makes one.
#[test]
fn keys_work_in_a_terminal() -> Result<()> {
    let repository = Repository::new("keys")?;
    let learn = repository.learn();
    let words: Vec<_> =
        [learn.get_program()].into_iter().chain(learn.get_args()).map(|word| word.to_string_lossy()).collect();
    let command = format!("stty rows 40 cols 80; exec {}", words.join(" "));
    let mut script = Command::new("script");
    script.args(["-qfec", &command, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
    script.envs(learn.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("script(1) is in bsdutils")?;
    let said = lines(script.stdout.take().context("a pipe")?);
    let mut keys = script.stdin.take().context("a pipe")?;
    wait(&said, "Compiles  yes")?;
    keys.write_all(b"h")?;
    wait(&said, "Next is block 1 of \"1. Accept, read, write\"")?;
    keys.write_all(b"d")?;
    wait(&said, "From your package to v01.1:")?;
    fs::write(repository.mine().folder().join("src/main.rs"), "fn main() {\n    printn!();\n}\n")?;
    wait(&said, "Building")?;
    wait(&said, "Compiles  not yet")?;
    keys.write_all(b"q")?;
    ensure!(script.wait()?.success());
    Ok(())
}
