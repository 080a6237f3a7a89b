//! The book as one way: each place on it is the reader's package after one more block, from what `cargo new` makes to
//! the last version.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use book::book::Book;
use book::chapter::{Chapter as Page, Code, Kind};
use book::code::{Checkpoint, Telling, checkpoint};

use crate::source::{Files, Source};

pub struct Course {
    pub book: Book,
    /// The first is the package that `cargo new` makes.
    pub places: Vec<Place>,
    pub chapters: Vec<Chapter>,
    pub checkpoints: Vec<Mark>,
    tellings: BTreeMap<String, Telling>,
}

/// The package after a block.
pub struct Place {
    /// None at the first place.
    pub block: Option<Block>,
    pub files: Files<Arc<Source>>,
}

/// The block that is typed, or the file that is copied or removed, to come to a place.
#[derive(Clone, Debug)]
pub struct Block {
    /// The chapter's number.
    pub chapter: usize,
    /// The line of the page where it begins, and its number among the page's parts.
    pub line: usize,
    pub part: usize,
    /// The heading that it is under, such as `3. The fields`, and which of the blocks there it is, from 1.
    pub heading: String,
    pub number: usize,
    /// The file, by its path in the package, and where in it, such as `in Fields::parse`.
    pub path: String,
    pub inside: String,
    /// The file goes.
    pub removed: bool,
}

pub struct Chapter {
    /// Such as `v02-read`.
    pub name: String,
    pub title: String,
    /// Where it begins, and where all of it is typed.
    pub first: usize,
    pub last: usize,
    page: Page,
}

/// A checkpoint.
pub struct Mark {
    /// Such as `v02.3`.
    pub name: String,
    pub chapter: usize,
    /// In the page.
    pub line: usize,
    /// The package at it.
    pub place: usize,
}

impl Course {
    /// # Errors
    ///
    /// A page or a version that can't be read.
    pub fn new(book: Book) -> Result<Course> {
        let mut course = Course {
            places: Vec::new(),
            chapters: Vec::new(),
            checkpoints: Vec::new(),
            tellings: BTreeMap::new(),
            book: book.clone(),
        };
        for page in book.chapters() {
            let version = page.version().unwrap_or_default();
            let telling = match course.tellings.remove(version) {
                Some(telling) => telling,
                None => Telling::of(&book, version)?,
            };
            course.add(page, version, &telling);
            course.tellings.insert(version.to_owned(), telling);
        }
        Ok(course)
    }

    fn add(&mut self, page: &Page, version: &str, telling: &Telling) {
        if self.places.is_empty() {
            let files = telling.first_package();
            let source = |(path, text): (String, String)| {
                let lines = text.lines().map(str::to_owned).collect();
                (path.clone(), Source::new(&path, lines, 0))
            };
            self.places.push(Place { block: None, files: files.into_iter().map(source).collect() });
        }
        let first = self.places.len() - 1;
        let chapter = self.chapters.len();
        let folder = format!("crates/{version}/");
        let mut marks = telling.checkpoints.iter().filter(|mark| mark.page == page.path).peekable();
        let mut blocks = Blocks { page, chapter, heading: String::new(), number: 0 };
        for (at, step) in telling.steps.iter().enumerate() {
            if step.page != page.path {
                continue;
            }
            self.mark(&mut marks, at, chapter);
            let path = step.path.strip_prefix(&folder).unwrap_or(&step.path);
            let place = self.places.len();
            let mut files = self.places[place - 1].files.clone();
            match (&step.file, files.get(path)) {
                (None, _) => drop(files.remove(path)),
                (Some(lines), Some(old)) => drop(files.insert(path.to_owned(), old.after(lines.clone(), place))),
                (Some(lines), None) => drop(files.insert(path.to_owned(), Source::new(path, lines.clone(), place))),
            }
            let block = blocks.of(step.part, path, step.file.is_none());
            self.places.push(Place { block: Some(block), files });
        }
        self.mark(&mut marks, usize::MAX, chapter);
        let title = page.parts.iter().find_map(|part| match &part.kind {
            Kind::Heading { level: 1, prose, .. } => Some(prose.text()),
            _ => None,
        });
        let (name, title, last) = (page.name().to_owned(), title.unwrap_or_default(), self.places.len() - 1);
        self.chapters.push(Chapter { name, title, first, last, page: page.clone() });
    }

    /// Adds the checkpoints before the step at `at`.
    fn mark<'a>(
        &mut self,
        marks: &mut std::iter::Peekable<impl Iterator<Item = &'a Checkpoint>>,
        at: usize,
        chapter: usize,
    ) {
        while let Some(mark) = marks.next_if(|mark| mark.steps <= at) {
            let place = self.places.len() - 1;
            self.checkpoints.push(Mark { name: mark.name.clone(), chapter, line: mark.line, place });
        }
    }

    /// The chapter of this name, or the first one of this version.
    ///
    /// # Errors
    ///
    /// There is none; the error says which there are.
    pub fn chapter(&self, name: &str) -> Result<usize> {
        let is_it = |chapter: &Chapter| chapter.name == name || chapter.page.version() == Some(name);
        let names = || self.chapters.iter().map(|chapter| chapter.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = self.chapters.iter().position(is_it);
        found.with_context(|| format!("there is no chapter {name}; there are {}", names()))
    }

    /// The checkpoint of this name.
    ///
    /// # Errors
    ///
    /// There is none; the error says which there are.
    pub fn checkpoint(&self, name: &str) -> Result<&Mark> {
        let version = name.split('.').next().unwrap_or_default();
        let near = self.checkpoints.iter().filter(|mark| mark.name.starts_with(&format!("{version}.")));
        let near: Vec<_> = near.map(|mark| mark.name.as_str()).collect();
        let found = self.checkpoints.iter().find(|mark| mark.name == name);
        found.with_context(|| match &near[..] {
            [] => format!("there is no checkpoint {name}; a name is a version and a number, such as v01.1"),
            [first, ..] => format!("there is no checkpoint {name}; {version} has {first} to {}", near[near.len() - 1]),
        })
    }

    pub fn page(&self, chapter: usize) -> &Page {
        &self.chapters[chapter].page
    }

    /// The chapter that a place belongs to, the end of one to that one.
    pub fn chapter_at(&self, place: usize) -> usize {
        self.places[place].block.as_ref().map_or(0, |block| block.chapter)
    }

    /// The last checkpoint at or before a place.
    pub fn reached(&self, place: usize) -> Option<&Mark> {
        self.checkpoints.iter().rev().find(|mark| mark.place <= place)
    }

    /// The first checkpoint after a place.
    pub fn coming(&self, place: usize) -> Option<&Mark> {
        self.checkpoints.iter().find(|mark| mark.place > place)
    }

    /// The files with which a chapter begins, as they are written.
    pub fn beginning(&self, chapter: usize) -> Option<BTreeMap<String, String>> {
        let chapter = &self.chapters[chapter];
        let telling = self.tellings.get(chapter.page.version()?)?;
        let before = self.chapters.iter().rfind(|other| other.last == chapter.first);
        let end = before.and_then(|before| telling.ends.iter().find(|end| end.page == before.page.path));
        Some(end.map_or_else(|| telling.first_package(), |end| telling.package(end)))
    }

    /// The files at a checkpoint, as they are written.
    pub fn package(&self, mark: &Mark) -> Option<BTreeMap<String, String>> {
        let telling = self.tellings.get(self.page(mark.chapter).version()?)?;
        let found = telling.checkpoints.iter().find(|checkpoint| checkpoint.name == mark.name)?;
        Some(telling.package(found))
    }

    /// The words of the page at a checkpoint, and the blocks of commands that show that it is reached.
    pub fn words(&self, mark: &Mark) -> (String, Vec<&Code>) {
        let page = self.page(mark.chapter);
        let proof = checkpoint::proof(page, mark.line);
        let said = page.parts.iter().find(|part| part.line == mark.line).and_then(|part| part.prose());
        let words = said.map(|prose| prose.text()).unwrap_or_default();
        let words = words.split_once(": ").map(|(_, words)| words.to_owned()).unwrap_or(words);
        let commands = page.code().filter(|(_, part, _)| proof.contains(&part.line)).map(|(_, _, code)| code);
        (words, commands.collect())
    }

    /// The examples of the package that the commands of a checkpoint run.
    pub fn examples(&self, mark: &Mark) -> Vec<&str> {
        let words = self.words(mark).1.into_iter().flat_map(|code| code.text.split_whitespace());
        let words: Vec<_> = words.collect();
        words.windows(2).filter(|pair| pair[0] == "--example").map(|pair| pair[1]).collect()
    }
}

/// Counts the blocks under each heading of a page.
struct Blocks<'a> {
    page: &'a Page,
    chapter: usize,
    heading: String,
    number: usize,
}

impl Blocks<'_> {
    fn of(&mut self, part: usize, path: &str, removed: bool) -> Block {
        let is_heading = |kind: &Kind| match kind {
            Kind::Heading { prose, .. } => Some(prose.text()),
            _ => None,
        };
        let heading = self.page.parts[..part].iter().rev().find_map(|part| is_heading(&part.kind)).unwrap_or_default();
        if self.heading != heading {
            (self.heading, self.number) = (heading, 0);
        }
        self.number += 1;
        let words = self.page.caption(part).map(|caption| caption.words).unwrap_or_default();
        let inside = words.trim().trim_start_matches(',').trim_end_matches(':').trim().to_owned();
        Block {
            chapter: self.chapter,
            line: self.page.parts[part].line,
            part,
            heading: self.heading.clone(),
            number: self.number,
            path: path.to_owned(),
            inside,
            removed,
        }
    }
}
