//! The companion's words about the reader's package.

use std::sync::Arc;

use anyhow::Result;

use crate::compile::{Compiled, compile};
use crate::course::{Course, Mark};
use crate::mine::Mine;
use crate::place::{self, Difference, Here};
use crate::source::{Files, Source};
use crate::trial::{self, Trial};

/// How wide the bar is.
const BAR: usize = 40;

/// How many lines of a text are shown at once.
const MOST: usize = 24;

/// All that is known about the package.
pub struct Report {
    pub here: Here,
    pub compiled: Option<Compiled>,
    /// Of the checkpoint that is reached as far as the text goes, where that differs from the book.
    pub trial: Option<Trial>,
}

impl Report {
    /// Looks at the files alone.
    pub fn of(course: &Course, mine: &Files<Arc<Source>>) -> Report {
        Report { here: place::find(course, mine), compiled: None, trial: None }
    }

    /// Builds the package too, and where it differs from the book tries what the checkpoint shows.
    ///
    /// # Errors
    ///
    /// Anything that has nothing to do with the package.
    pub fn built(course: &Course, mine: &Files<Arc<Source>>, with_colours: bool) -> Result<Report> {
        let mut report = Report::of(course, mine);
        let mark = course.reached(report.here.done).filter(|mark| mark.place == report.here.done);
        // An example of an earlier checkpoint needs no longer compile.
        let examples = mark.or(course.coming(report.here.done)).map(|mark| course.examples(mark)).unwrap_or_default();
        let is_there = |name: &&str| mine.contains_key(&format!("examples/{name}.rs"));
        let examples: Vec<_> = examples.into_iter().filter(is_there).collect();
        let compiled = compile(&course.book.root, &examples, with_colours)?;
        if let Some(mark) = mark.filter(|_| compiled.is_yes() && !report.here.is_exact()) {
            report.trial = Some(trial::run(course, mark)?);
        }
        report.compiled = Some(compiled);
        Ok(report)
    }

    /// The last checkpoint that is reached, as far as is known.
    pub fn reached<'a>(&self, course: &'a Course) -> Option<&'a Mark> {
        let mark = course.reached(self.here.done)?;
        let is_doubtful = mark.place == self.here.done
            && (self.compiled.as_ref().is_some_and(|compiled| !compiled.is_yes())
                || matches!(self.trial, Some(Trial::Failed(_))));
        if self.here.is_elsewhere {
            return None;
        }
        if is_doubtful { course.reached(self.here.done.checked_sub(1)?) } else { Some(mark) }
    }

    /// The checkpoint that the package is at, if it is at one and reaches it.
    pub fn arrived<'a>(&self, course: &'a Course) -> Option<&'a Mark> {
        let is_built = self.compiled.as_ref().is_some_and(|compiled| compiled.is_yes());
        self.reached(course).filter(|mark| mark.place == self.here.done && is_built && !self.here.is_partly)
    }

    /// All of it, as lines.
    pub fn lines(&self, course: &Course) -> Vec<String> {
        let here = &self.here;
        let mut lines = vec![headline(course, here.done), bar(course, here.done), String::new()];
        if here.is_elsewhere {
            lines.push("Your package differs from the book's in most of its lines, so it can't be located.".to_owned());
            lines.push("`cargo learn check v02.3` tries it at a checkpoint that you name.".to_owned());
        } else {
            match self.reached(course) {
                Some(mark) => {
                    lines.push(format!("Reached   {} ({}:{})", mark.name, course.page(mark.chapter).path, mark.line))
                }
                None => lines.push("Reached   the beginning".to_owned()),
            }
            lines.extend(next(course, here));
        }
        if !here.is_elsewhere {
            lines.extend(differences(course, here));
        }
        if let Some(compiled) = &self.compiled {
            lines.extend(compiled_lines(compiled));
        }
        match &self.trial {
            None => {}
            Some(Trial::Passed) => lines.push("Tried     its commands print what the book shows".to_owned()),
            Some(Trial::NotRun(reason)) => {
                lines.push(format!("Tried     not, because it can't be done here ({reason});"));
                lines.push(format!("{:10}type the commands of the checkpoint yourself", ""));
            }
            Some(Trial::Failed(faults)) => {
                lines.push("Tried     the commands of the checkpoint print something else:".to_owned());
                lines.extend(faults.iter().flat_map(|fault| fault.lines()).take(MOST).map(|line| format!("  {line}")));
            }
        }
        lines
    }
}

impl Here {
    /// Whether the code is the book's.
    pub fn is_exact(&self) -> bool {
        self.differences.is_empty() && !self.is_elsewhere
    }
}

fn headline(course: &Course, done: usize) -> String {
    let chapter = &course.chapters[course.chapter_at(done)];
    format!("{} · lessons/{}.md", chapter.title, chapter.name)
}

/// How far in the book.
fn bar(course: &Course, done: usize) -> String {
    let (all, reached) =
        (course.checkpoints.len(), course.checkpoints.iter().filter(|mark| mark.place <= done).count());
    let full = done * BAR / (course.places.len() - 1).max(1);
    format!("[{}{}] {reached} of {all} checkpoints", "#".repeat(full), ".".repeat(BAR - full))
}

/// The block to type next.
fn next(course: &Course, here: &Here) -> Vec<String> {
    let Some(block) = course.places.get(here.done + 1).and_then(|place| place.block.as_ref()) else {
        return vec!["Next      nothing: this is the end of the book".to_owned()];
    };
    let mut lines = Vec::new();
    let chapter = &course.chapters[block.chapter];
    if chapter.first == here.done && here.done > 0 {
        lines.push(format!("Next      the chapter \"{}\", lessons/{}.md", chapter.title, chapter.name));
    }
    let verb = if block.removed { "remove" } else { "block" };
    let label = if lines.is_empty() { "Next" } else { "" };
    let partly = if here.is_partly { ", of which some is typed" } else { "" };
    lines.push(format!("{label:10}{verb} {} of \"{}\"{partly}", block.number, block.heading));
    let inside = if block.inside.is_empty() { String::new() } else { format!(", {}", block.inside) };
    lines.push(format!("{:10}in {}{inside}", "", block.path));
    lines.push(format!("{:10}lessons/{}.md:{}", "", chapter.name, block.line));
    lines
}

fn compiled_lines(compiled: &Compiled) -> Vec<String> {
    match compiled {
        Compiled::Yes => vec!["Compiles  yes".to_owned()],
        Compiled::No(error, others) => {
            let more = if *others == 0 { String::new() } else { format!(" (and {others} more)") };
            let mut lines = vec![format!("Compiles  not yet{more}:"), String::new()];
            lines.extend(error.lines().take(MOST).map(str::to_owned));
            lines.push(String::new());
            lines
        }
    }
}

/// The first difference, and how many more there are.
fn differences(course: &Course, here: &Here) -> Vec<String> {
    let Some(first) = here.differences.first() else { return Vec::new() };
    let mut lines = difference(course, first);
    if let Some(line) = lines.first_mut() {
        *line = format!("Differs   {line}");
    }
    lines.iter_mut().skip(1).for_each(|line| *line = format!("{:10}{line}", ""));
    if here.differences.len() > 1 {
        let more = here.differences.len() - 1;
        let places = if more == 1 { "place" } else { "places" };
        lines.push(format!("{:10}and in {more} more {places}; `cargo learn diff` shows all", ""));
    }
    lines
}

/// A difference, and the block that the book's code is from.
pub fn difference(course: &Course, difference: &Difference) -> Vec<String> {
    let mut lines = vec![difference.to_string()];
    if let Some(block) = course.places[difference.owner].block.as_ref() {
        let chapter = &course.chapters[block.chapter].name;
        lines.push(format!("(block {} of \"{}\", lessons/{chapter}.md:{})", block.number, block.heading, block.line));
    }
    lines
}

/// The commands to run at a checkpoint, and their output, as lines.
pub fn what_to_see(course: &Course, mark: &Mark) -> Vec<String> {
    let (words, commands) = course.words(mark);
    let mut lines = wrap(&format!("You have reached {}. {words}", mark.name), 78);
    for code in commands {
        lines.push(String::new());
        lines.extend(code.lines().map(|line| format!("    {line}")));
    }
    lines
}

/// The package's report, from the files of the disk; none without a package.
///
/// # Errors
///
/// A file that can't be read.
pub fn status(course: &Course, mine: &Mine) -> Result<Option<Report>> {
    Ok(mine.read()?.map(|files| Report::of(course, &files)))
}

/// Breaks a text into lines of at most so many characters.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
