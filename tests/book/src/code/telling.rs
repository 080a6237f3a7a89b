//! A version's step as its chapters tell it, from the files of the version before to its own.

use std::collections::BTreeSet;

use anyhow::Result;
use similar::TextDiff;

use super::file::{self, File};
use super::source::{self, Files};
use super::{CHANGE, NO_CAPTION};
use crate::book::Book;
use crate::chapter::{Caption, Chapter, Code, Kind, Part, Prose};
use crate::fault::Fault;

/// The lists that are no code: files that a reader copies, and files that the step removes.
const COPY: &str = "Copy, don't type:";
const REMOVE: &str = "Remove:";

/// In the caption of a block that begins a file of the version before from its first line.
const ANEW: &str = "written anew";

/// How far a step is told.
pub struct Telling {
    version: String,
    /// The version's own files: where the step must arrive.
    own: Files,
    files: std::collections::BTreeMap<String, File>,
    pub faults: Vec<Fault>,
}

impl Telling {
    /// Plays all written chapters of `version`.
    ///
    /// # Errors
    ///
    /// A file that can't be read; no such version.
    pub fn of(book: &Book, version: &str) -> Result<Telling> {
        let own = source::version(&book.root, version)?;
        let mut telling = Telling { version: version.to_owned(), own, files: Default::default(), faults: Vec::new() };
        telling.begin(book)?;
        for chapter in book.parts_of(version)? {
            telling.play(&chapter);
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
        for (path, lines) in &self.own {
            self.files.entry(path.clone()).or_insert_with(|| File::new(lines.clone()));
        }
        Ok(())
    }

    /// Does what the blocks and lists under "The change" say.
    fn play(&mut self, chapter: &Chapter) {
        let mut list = None;
        for (at, part) in chapter.parts.iter().enumerate().filter(|(_, part)| part.section == CHANGE && !part.quoted) {
            let done = match &part.kind {
                Kind::Code(code) => self.block(chapter, at, part, code),
                Kind::Item(prose) => match list {
                    Some(what) => self.item(what, prose).map_err(|text| (part.line, text)),
                    None => Ok(()),
                },
                Kind::Paragraph(prose) => {
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
        match self.files.get_mut(path) {
            Some(File::Old(lines)) => file::change(lines, path, &block),
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

    /// An item of a list of files to copy or to remove: the file first, then the reason.
    fn item(&mut self, list: &str, prose: &Prose) -> Result<(), String> {
        let path = match prose.pieces.first() {
            Some(piece) if piece.code && self.files.contains_key(&piece.text) => piece.text.clone(),
            _ => return Err(format!("an item of \"{list}\" begins with a file of crates/{}, as code", self.version)),
        };
        if prose.text()[path.len()..].split_whitespace().count() < 3 {
            return Err(format!("say why {path} stands under \"{list}\""));
        }
        if list == REMOVE {
            self.files.remove(&path);
            return Ok(());
        }
        match (self.own.get(&path), self.files.get(&path)) {
            (Some(_), Some(File::New { at, .. })) if *at > 0 => {
                Err(format!("{path} was shown already: either show it or copy it"))
            }
            (Some(own), _) => {
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
        let (told, own) = (told.map(|told| text(path, &told)), self.own.get(path).map(|own| text(path, own)));
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

/// What of a file has to be told.
fn text(path: &str, lines: &[String]) -> String {
    let told = source::told(path, lines);
    lines.iter().zip(told).filter(|(_, told)| *told).map(|(line, _)| format!("{line}\n")).collect()
}

/// Whether the block is a quotation of the finished file, in whatever indentation.
fn stands(own: &Files, path: &str, block: &[String]) -> bool {
    let trim = |lines: &[String]| lines.iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>();
    let (block, own) = (trim(block), own.get(path).map(|own| trim(own)).unwrap_or_default());
    own.windows(block.len().max(1)).any(|here| here == block)
}
