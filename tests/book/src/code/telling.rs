//! A version's step as its chapters tell it, from the files of the version before to its own.
//!
//! In a chapter with checkpoints the blocks are what a reader types, one after the other: a file grows, is changed again,
//! or is thrown away. In one without, the blocks of a new file are the lines of its final form, in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use anyhow::Result;
use similar::TextDiff;

use super::file::{self, File};
use super::source::{self, Files};
use super::{CHANGE, NO_CAPTION, checkpoint};
use crate::book::Book;
use crate::chapter::{Caption, Chapter, Code, Kind, Part, Prose};
use crate::fault::Fault;

/// The lists that are no code: files that a reader copies, and files that the step removes.
const COPY: &str = "Copy, don't type:";
const REMOVE: &str = "Remove:";

/// How many lines may be typed between two checkpoints.
const MOST_TYPED: usize = 100;

/// In the caption of a block that begins a file of the version before from its first line.
const ANEW: &str = "written anew";

/// How far a step is told.
pub struct Telling {
    version: String,
    /// The version's own files: where the step must arrive.
    own: Files,
    files: BTreeMap<String, File>,
    /// Whether the chapters have checkpoints, so that files grow.
    grows: bool,
    /// The files that the step has created.
    created: BTreeSet<String>,
    /// How many lines have been typed since the last checkpoint, or since the chapter began.
    typed: usize,
    /// The file that the part that is played has changed.
    changed: Option<String>,
    /// The files as the step begins.
    start: Files,
    /// What is typed, in its order.
    pub steps: Vec<Step>,
    pub checkpoints: Vec<Checkpoint>,
    /// Where each chapter has told all that it tells.
    pub ends: Vec<Checkpoint>,
    pub faults: Vec<Fault>,
}

/// A block that is typed, or a file that is copied or removed.
#[derive(Clone, Debug)]
pub struct Step {
    /// Such as `lessons/v02-read.md`.
    pub page: String,
    /// Where the block begins, or the item of a list.
    pub line: usize,
    /// Its place among the chapter's parts.
    pub part: usize,
    /// The file, such as `crates/v02/src/main.rs`, and its lines after the step; none if it is removed.
    pub path: String,
    pub file: Option<Vec<String>>,
}

/// A place where the reader's package compiles, and something can be tried.
#[derive(Clone)]
pub struct Checkpoint {
    /// Such as `v02.3`.
    pub name: String,
    pub page: String,
    pub line: usize,
    /// How many steps come before it.
    pub steps: usize,
    /// The files of the package as they are here.
    pub(super) files: Files,
}

impl Telling {
    /// Plays all written chapters of `version`.
    ///
    /// # Errors
    ///
    /// A file that can't be read; no such version.
    pub fn of(book: &Book, version: &str) -> Result<Telling> {
        let own = source::version(&book.root, version)?;
        let chapters = book.parts_of(version)?;
        let mut telling = Telling {
            version: version.to_owned(),
            own,
            files: Default::default(),
            grows: chapters.iter().any(checkpoint::has_some),
            created: BTreeSet::new(),
            typed: 0,
            changed: None,
            start: Files::new(),
            steps: Vec::new(),
            checkpoints: Vec::new(),
            ends: Vec::new(),
            faults: Vec::new(),
        };
        telling.begin(book)?;
        telling.start = telling.told();
        for chapter in &chapters {
            telling.play(chapter);
        }
        Ok(telling)
    }

    /// The files of the version before, under their names in this one; and the new ones, of which nothing is told.
    fn begin(&mut self, book: &Book) -> Result<()> {
        if let Some(before) = book.before(&self.version) {
            for (path, mut lines) in source::version(&book.root, before)? {
                let path = path.replacen(&format!("crates/{before}/"), &format!("crates/{}/", self.version), 1);
                if path.ends_with("/Cargo.toml") {
                    let name = format!("name = \"{before}\"");
                    lines
                        .iter_mut()
                        .filter(|line| **line == name)
                        .for_each(|line| *line = line.replace(before, &self.version));
                }
                self.files.insert(path, File::Old(lines));
            }
        }
        if self.grows {
            if self.files.is_empty() {
                self.files.extend(source::first_package(&self.version, &self.own));
            }
            return Ok(());
        }
        for (path, lines) in &self.own {
            self.files.entry(path.clone()).or_insert_with(|| File::new(lines.clone()));
        }
        Ok(())
    }

    /// Does what the blocks and lists under "The change" say.
    fn play(&mut self, chapter: &Chapter) {
        let mut list = None;
        self.typed = 0; // A chapter without checkpoints may have come before.
        for (at, part) in chapter.parts.iter().enumerate().filter(|(_, part)| part.section == CHANGE && !part.quoted) {
            let done = match &part.kind {
                Kind::Code(code) => self.block(chapter, at, part, code),
                Kind::Item(prose) => match list {
                    Some(what) => self.item(what, prose).map_err(|text| (part.line, text)),
                    None => Ok(()),
                },
                Kind::Paragraph(prose) => {
                    if part.boxed {
                        self.checkpoint(chapter, part.line, prose);
                    }
                    let text = prose.text().replace('\u{2019}', "'");
                    list = [COPY, REMOVE].into_iter().find(|words| *words == text.trim());
                    Ok(())
                }
                _ => {
                    list = None;
                    Ok(())
                }
            };
            if let Err((line, text)) = done {
                self.faults.push(chapter.fault(line, text));
            }
            if let Some(path) = self.changed.take() {
                let file = self.files.get(&path).map(File::told);
                self.steps.push(Step { page: chapter.path.clone(), line: part.line, part: at, path, file });
            }
        }
        if checkpoint::has_some(chapter) {
            let line = end_of_change(chapter);
            self.count(chapter, line, "the end of this section");
            let end = self.here(format!("the end of {}", chapter.name()), chapter, line);
            self.ends.push(end);
        }
    }

    /// Takes note of a checkpoint, if this paragraph is one.
    fn checkpoint(&mut self, chapter: &Chapter, line: usize, prose: &Prose) {
        let Some(name) = checkpoint::name(prose) else { return };
        let expected = format!("{}.{}", self.version, self.checkpoints.len() + 1);
        if name != expected {
            let text = format!("checkpoint {name} comes where {expected} is next; number them in their order");
            self.faults.push(chapter.fault(line, text));
        }
        self.count(chapter, line, "this checkpoint");
        let checkpoint = self.here(expected, chapter, line);
        self.checkpoints.push(checkpoint);
    }

    /// The files as they are here.
    fn here(&self, name: String, chapter: &Chapter, line: usize) -> Checkpoint {
        Checkpoint { name, page: chapter.path.clone(), line, steps: self.steps.len(), files: self.told() }
    }

    fn told(&self) -> Files {
        self.files.iter().map(|(path, file)| (path.clone(), file.told())).collect()
    }

    /// The reader's package at a checkpoint: its files, by their path in it.
    pub fn package(&self, checkpoint: &Checkpoint) -> BTreeMap<String, String> {
        self.readers(&checkpoint.files)
    }

    /// The reader's package as the step begins.
    pub fn first_package(&self) -> BTreeMap<String, String> {
        self.readers(&self.start)
    }

    fn readers(&self, files: &Files) -> BTreeMap<String, String> {
        let folder = format!("crates/{}/", self.version);
        let files = files.iter().filter_map(|(path, lines)| {
            let path = path.strip_prefix(&folder)?;
            let lines = if path == "Cargo.toml" { source::readers_manifest(lines) } else { lines.clone() };
            Some((path.to_owned(), lines.iter().map(|line| format!("{line}\n")).collect()))
        });
        files.collect()
    }

    /// Begins to count the typed lines again, which must not have been too many.
    fn count(&mut self, chapter: &Chapter, line: usize, here: &str) {
        let typed = mem::take(&mut self.typed);
        if typed > MOST_TYPED {
            let text = format!(
                "{typed} lines are typed before {here}; put a checkpoint in between, so that there are at most {MOST_TYPED}"
            );
            self.faults.push(chapter.fault(line, text));
        }
    }

    fn block(&mut self, chapter: &Chapter, at: usize, part: &Part, code: &Code) -> Result<(), (usize, String)> {
        let here = |text: String| (part.line, text);
        let Some(caption) = chapter.caption(at) else {
            return match code.language() {
                "rust" => Err(here(NO_CAPTION.to_owned())),
                "diff" => Err(here(NO_CAPTION.replace("block of Rust", "diff"))),
                _ => Ok(()),
            };
        };
        match code.language() {
            "console" => Ok(()),
            "diff" => self.diff(&caption, code).map_err(|(line, text)| (part.line + 1 + line, text)),
            _ => match self.lines(chapter, &caption, code) {
                Some(done) => done.map_err(here),
                None => super::quote(chapter, at, part, code).map_or(Ok(()), |fault| Err((fault.line, fault.text))),
            },
        }
    }

    fn diff(&mut self, caption: &Caption, code: &Code) -> Result<(), (usize, String)> {
        let path = &caption.path;
        let block: Vec<&str> = code.lines().collect();
        self.typed += block.iter().filter(|line| line.starts_with('+')).count();
        match self.files.get_mut(path) {
            Some(File::Old(lines)) => {
                self.changed = Some(path.clone());
                file::change(lines, path, &block)
            }
            Some(File::New { .. }) => {
                Err((0, format!("{path} is a file that this version adds: show its lines in a ```rust block")))
            }
            Some(File::Copied(_)) => Err((0, format!("{path} is said to be copied: either show it or copy it"))),
            None => Err((0, format!("{path} is no file of crates/{} at this step", self.version))),
        }
    }

    /// The next lines of a new file; none if the block only quotes a file.
    fn lines(&mut self, chapter: &Chapter, caption: &Caption, code: &Code) -> Option<Result<(), String>> {
        let path = &caption.path;
        let block = source::lines(&code.text);
        if self.grows {
            return self.grow(caption, block);
        }
        if caption.words.contains(ANEW) {
            match self.own.get(path) {
                Some(lines) => self.files.insert(path.clone(), File::new(lines.clone())),
                None => return Some(Err(format!("{path} is no file of crates/{}", self.version))),
            };
        }
        match self.files.get_mut(path) {
            Some(file @ File::New { .. }) => Some(file::show(file, path, &block)),
            Some(File::Copied(_)) => Some(Err(format!("{path} is said to be copied: either show it or copy it"))),
            Some(File::Old(_)) if !stands(&self.own, path, &block) => Some(Err(format!(
                "these lines do not stand in {path}; if the step changes them, show the change in a ```diff block ({})",
                chapter.name()
            ))),
            _ => None,
        }
    }

    /// Creates a file, writes it anew, or appends to one that the step has created; none if the block only quotes one.
    fn grow(&mut self, caption: &Caption, block: Vec<String>) -> Option<Result<(), String>> {
        let path = &caption.path;
        if !path.starts_with(&format!("crates/{}/", self.version)) {
            return None;
        }
        let is_anew = caption.words.contains(ANEW);
        match self.files.get_mut(path) {
            Some(File::Old(lines) | File::Copied(lines)) if !is_anew && has(lines, &block) => return Some(Ok(())),
            Some(File::Copied(_)) => {
                return Some(Err(format!("{path} is said to be copied: either show it or copy it")));
            }
            Some(File::Old(lines)) if !is_anew && self.created.contains(path) => {
                self.typed += block.len();
                self.changed = Some(path.clone());
                lines.push(String::new());
                lines.extend(block);
            }
            Some(_) if !is_anew => {
                return Some(Err(format!(
                    "these lines do not stand in {path} at this step; show a change in a ```diff block"
                )));
            }
            _ => {
                self.typed += block.len();
                self.changed = Some(path.clone());
                self.created.insert(path.clone());
                self.files.insert(path.clone(), File::Old(block));
            }
        }
        Some(Ok(()))
    }

    /// An item of a list of files to copy or to remove: the file first, then the reason.
    fn item(&mut self, list: &str, prose: &Prose) -> Result<(), String> {
        // A file that is copied may not be there yet.
        let is_known = |path: &String| self.files.contains_key(path) || list == COPY && self.own.contains_key(path);
        let path = match prose.pieces.first() {
            Some(piece) if piece.code && is_known(&piece.text) => piece.text.clone(),
            _ => return Err(format!("an item of \"{list}\" begins with a file of crates/{}, as code", self.version)),
        };
        if prose.text()[path.len()..].split_whitespace().count() < 3 {
            return Err(format!("say why {path} stands under \"{list}\""));
        }
        if list == REMOVE {
            self.files.remove(&path);
            self.changed = Some(path);
            return Ok(());
        }
        match (self.own.get(&path), self.files.get(&path)) {
            (Some(_), Some(File::New { at, .. })) if *at > 0 => {
                Err(format!("{path} was shown already: either show it or copy it"))
            }
            (Some(own), _) => {
                self.changed = Some(path.clone());
                self.files.insert(path, File::Copied(own.clone()));
                Ok(())
            }
            (None, _) => Err(format!("{path} is no file of crates/{}", self.version)),
        }
    }

    /// From what is told to what the version is, as a diff of the files with `only` in their path; empty when they are
    /// the same.
    pub fn left(&self, only: &str) -> String {
        let paths: BTreeSet<_> = self.files.keys().chain(self.own.keys()).collect();
        paths.into_iter().filter(|path| path.contains(only)).map(|path| self.left_of(path)).collect()
    }

    fn left_of(&self, path: &str) -> String {
        let told = self.files.get(path).map(File::told);
        let text = |lines: &[String]| text(path, lines, !self.grows);
        let (told, own) = (told.map(|told| text(&told)), self.own.get(path).map(|own| text(own)));
        let (told, own) = match (told, own) {
            // Not removed: that is a list's, not a diff's.
            (Some(_), None) => {
                return format!("--- {path}\n(the step removes this file: name it in a list under \"{REMOVE}\")\n");
            }
            (told, own) => (told.unwrap_or_default(), own.unwrap_or_default()),
        };
        if told == own {
            return String::new();
        }
        let title = format!("{path} as told");
        TextDiff::from_lines(&told, &own).unified_diff().context_radius(2).header(&title, path).to_string()
    }
}

/// What of a file has to be told, its empty lines only where they matter.
fn text(path: &str, lines: &[String], with_empty: bool) -> String {
    let told = source::told(path, lines);
    let kept = lines.iter().zip(told).filter(|(line, told)| *told && (with_empty || !line.trim().is_empty()));
    kept.map(|(line, _)| format!("{line}\n")).collect()
}

/// Whether the file has the lines of the block already, one after the other, so that the block is a quotation. Lines
/// without words, such as closing braces, are none.
fn has(file: &[String], block: &[String]) -> bool {
    let solid = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let (file, block) = (solid(file), solid(block));
    let has_words = block.iter().any(|line| line.contains(char::is_alphanumeric));
    has_words && file.windows(block.len()).any(|here| here == block)
}

/// The last line of "The change".
fn end_of_change(chapter: &Chapter) -> usize {
    chapter.parts.iter().filter(|part| part.section == CHANGE).map(|part| part.last).max().unwrap_or(1)
}

/// Whether the block is a quotation of the finished file, in whatever indentation.
fn stands(own: &Files, path: &str, block: &[String]) -> bool {
    let trim = |lines: &[String]| lines.iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let (block, own) = (trim(block), own.get(path).map(|own| trim(own)).unwrap_or_default());
    own.windows(block.len().max(1)).any(|here| here == block)
}
