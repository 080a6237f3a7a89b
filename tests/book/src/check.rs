//! All checks on a page.

use std::collections::BTreeSet;
use std::thread::{self, ScopedJoinHandle};

use anyhow::{Result, anyhow};

use crate::book::Book;
use crate::chapter::Chapter;
use crate::console::Played;
use crate::fault::Fault;
use crate::language::Language;
use crate::{claims, code, console, form, glossary, links, quotes};

/// What came of checking pages.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub faults: BTreeSet<Fault>,
    /// What was not tried, and why.
    pub notes: Vec<String>,
    /// How many console blocks were run.
    pub run: usize,
}

impl Report {
    /// Adds what came of a page's commands.
    pub fn add(&mut self, played: Played) {
        self.faults.extend(played.faults);
        self.notes.extend(played.not_run);
        self.run += played.run;
    }
}

/// The checks that only read: everything but commands and claims.
///
/// # Errors
///
/// A file that can't be read.
pub fn reading(book: &Book, page: &Chapter) -> Result<Vec<Fault>> {
    let mut faults = rules(book, page)?;
    faults.extend(quotes::check(page));
    faults.extend(code::check(book, page)?);
    Ok(faults)
}

/// Of the checks that only read, those that don't compare the page with code or measurements.
///
/// # Errors
///
/// A file that can't be read.
pub fn rules(book: &Book, page: &Chapter) -> Result<Vec<Fault>> {
    let mut faults = links::check(page);
    if page.version().is_some() {
        faults.extend(form::check(book, page));
        faults.extend(claims::check_words(book, page));
        faults.extend(glossary::check_chapter(book, page)?);
    }
    Ok(faults)
}

/// The checks that are not on one page: terms, missing checkpoints, and the language of all pages and sources.
///
/// # Errors
///
/// A file that can't be read.
pub fn whole(book: &Book) -> Result<Vec<Fault>> {
    let mut faults = glossary::check(book)?;
    faults.extend(code::checkpoint::missing(book));
    faults.extend(Language::new()?.check(&book.root)?);
    Ok(faults)
}

/// All checks on these pages; with `only_read`, those that run nothing.
///
/// # Errors
///
/// What has nothing to do with the lessons: a version that does not build, a file that can't be read.
pub fn check(book: &Book, pages: &[Chapter], only_read: bool) -> Result<Report> {
    let mut report = Report::default();
    for page in pages {
        report.faults.extend(reading(book, page)?);
    }
    if only_read {
        return Ok(report);
    }
    let (faults, notes) = claims::check(&pages.iter().collect::<Vec<_>>())?;
    report.faults.extend(faults);
    report.notes.extend(notes);
    play(pages)?.into_iter().for_each(|played| report.add(played));
    Ok(report)
}

/// Runs the commands of these pages, all pages at the same time: each has its own machine to itself.
///
/// # Errors
///
/// What has nothing to do with the lessons.
pub fn play(pages: &[Chapter]) -> Result<Vec<Played>> {
    thread::scope(|scope| {
        let threads: Vec<_> = pages.iter().map(|page| scope.spawn(|| console::check(page))).collect();
        let play = |thread: ScopedJoinHandle<'_, Result<Played>>| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("the thread that ran the commands of a page panicked")))
        };
        threads.into_iter().map(play).collect()
    })
}
