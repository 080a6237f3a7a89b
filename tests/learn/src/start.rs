//! The package that a chapter begins with, and the package at a checkpoint.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use book::chapter::Kind;

use crate::course::Course;
use crate::mine::{self, FOLDER, Mine};
use crate::place::{self, Here};
use crate::report::Report;
use crate::trial::Trial;

/// Makes the reader's package the one that a chapter begins with: the reader's own, if all of the chapter before is typed,
/// otherwise the book's. Without a name it is the next chapter. Returns what was done, as lines.
///
/// # Errors
///
/// There is no such chapter; what can't be read or written.
pub fn start(course: &Course, mine: &Mine, name: Option<&str>) -> Result<Vec<String>> {
    let own = mine.read()?;
    let here = own.as_ref().map(|files| place::find(course, files));
    let wanted = match name {
        Some(name) => course.chapter(name)?,
        None => match next_chapter(course, here.as_ref()) {
            Next::Chapter(chapter) => chapter,
            Next::Unfinished(chapter) => return Ok(unfinished(course, chapter)),
            Next::End => return Ok(vec!["You have come to the end of the book.".to_owned()]),
        },
    };
    let first = course.chapters[wanted].first;
    let mut lines = Vec::new();
    if let (Some(files), Some(here)) = (&own, &here)
        && here.done == first
        && !here.is_elsewhere
        && (here.is_exact() || works(&Report::built(course, files, false)?))
    {
        lines.push(format!("{FOLDER} is the package that this chapter begins with; nothing is changed."));
    } else {
        let label = here.as_ref().map_or("mine".to_owned(), |here| label(course, here));
        let (from, old) = match kept_at(course, mine, first)? {
            Some(folder) => {
                (format!("yours, from {}", folder.display()), mine.replace_by(&course.book.root.join(&folder), &label)?)
            }
            None => {
                let package = course.beginning(wanted).context("the chapter has no beginning")?;
                ("the book's".to_owned(), mine.replace(&package, &label)?)
            }
        };
        lines.push(format!("{FOLDER} is now the package that this chapter begins with ({from})."));
        lines.extend(old.map(|old| kept(&old)));
    }
    lines.extend(opening(course, wanted));
    Ok(lines)
}

/// Makes the reader's package the book's at a checkpoint. Returns what was done, as lines.
///
/// # Errors
///
/// There is no such checkpoint; what can't be read or written.
pub fn reset(course: &Course, mine: &Mine, name: &str) -> Result<Vec<String>> {
    let mark = course.checkpoint(name)?;
    let here = mine.read()?.map(|files| place::find(course, &files));
    let label = here.map_or("mine".to_owned(), |here| label(course, &here));
    let package = course.package(mark).context("the checkpoint has no package")?;
    let old = mine.replace(&package, &label)?;
    let mut lines = vec![format!("{FOLDER} is now the book's package at {name}.")];
    lines.extend(old.map(|old| kept(&old)));
    lines.push(format!("Go on at {}:{}.", course.page(mark.chapter).path, mark.line));
    Ok(lines)
}

fn kept(old: &Path) -> String {
    format!("What was there is in {}.", old.display())
}

enum Next {
    Chapter(usize),
    /// The reader is in the middle of this one.
    Unfinished(usize),
    End,
}

fn next_chapter(course: &Course, here: Option<&Here>) -> Next {
    let Some(here) = here else { return Next::Chapter(0) };
    let chapters = &course.chapters;
    match chapters.iter().position(|chapter| chapter.first == here.done && !here.is_partly) {
        Some(chapter) => Next::Chapter(chapter),
        None if here.done + 1 == course.places.len() => Next::End,
        None => Next::Unfinished(course.chapter_at(here.done + 1)),
    }
}

fn unfinished(course: &Course, chapter: usize) -> Vec<String> {
    let chapter = &course.chapters[chapter];
    vec![
        format!("You are in the middle of \"{}\", lessons/{}.md.", chapter.title, chapter.name),
        "`cargo learn status` says what is next; `cargo learn start CHAPTER` begins another chapter.".to_owned(),
    ]
}

/// Whether a package that differs from the book's compiles, and does what the checkpoint shows.
fn works(report: &Report) -> bool {
    matches!(report.trial, Some(Trial::Passed))
}

/// The newest of the packages that are kept and are at this place, but for the empty one that the book begins with.
fn kept_at(course: &Course, mine: &Mine, place: usize) -> Result<Option<PathBuf>> {
    for (_, folder) in mine.kept()?.into_iter().filter(|_| place > 0) {
        let Ok(files) = mine::files(&course.book.root, &folder.to_string_lossy()) else { continue };
        let here = place::find(course, &files);
        if here.done == place && here.is_exact() && !here.is_partly {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// Where a package is, in the name of the folder that keeps it.
fn label(course: &Course, here: &Here) -> String {
    match course.reached(here.done) {
        _ if here.is_elsewhere => "mine".to_owned(),
        Some(mark) => mark.name.clone(),
        None => "v01".to_owned(),
    }
}

/// The first words of a chapter.
fn opening(course: &Course, chapter: usize) -> Vec<String> {
    let page = course.page(chapter);
    let paragraphs = page.parts.iter().filter_map(|part| match &part.kind {
        Kind::Paragraph(prose) => Some(prose.text()),
        _ => None,
    });
    let mut lines = vec![String::new(), format!("{}: open {}.", course.chapters[chapter].title, page.path)];
    lines.extend(paragraphs.take(2).flat_map(|text| crate::report::wrap(&text, 78)));
    lines
}
