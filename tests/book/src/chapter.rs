//! A page of the book, taken apart: headings, prose, code blocks and HTML in their order, each with its line.
//!
//! `Chapter::read` takes any Markdown file below `lessons/`, not only the chapters of the versions. Nothing is judged
//! here; the checks walk over `parts`.
//!
//! Source: CommonMark and GitHub's tables, as pulldown-cmark reads them.

mod parse;

pub(crate) use parse::{id, links};

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::fault::Fault;

/// A Markdown file of the book.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// The root of the repository that it belongs to.
    pub root: PathBuf,
    /// From there, such as `lessons/v04.md`.
    pub path: String,
    pub text: String,
    pub parts: Vec<Part>,
}

/// A block of the page.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its first and its last line; a code block's are those of its fences.
    pub line: usize,
    pub last: usize,
    /// The `##` heading that it stands under; empty before the first.
    pub section: String,
    /// Within `<details>`.
    pub folded: bool,
    /// Within `<!-- from … -->` and `<!-- end -->`: made from another file.
    pub quoted: bool,
    /// Within the box of a `> [!TIP]`.
    pub boxed: bool,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    /// Its level, and the id that links name.
    Heading {
        level: usize,
        id: String,
        prose: Prose,
    },
    /// A paragraph.
    Paragraph(Prose),
    /// A paragraph of a list item.
    Item(Prose),
    /// A cell of a table.
    Cell(Prose),
    Code(Code),
    /// A block of HTML, as it stands.
    Html(String),
}

/// Running text.
#[derive(Clone, Debug, Default)]
pub struct Prose {
    pub pieces: Vec<Piece>,
}

/// A stretch of running text that is alike: all of it code, or of one link.
#[derive(Clone, Debug)]
pub struct Piece {
    pub line: usize,
    pub text: String,
    pub code: bool,
    pub strong: bool,
    pub image: bool,
    /// Where the link goes that it is part of.
    pub link: Option<String>,
}

/// A code block.
#[derive(Clone, Debug)]
pub struct Code {
    /// All that stands behind the opening fence, such as `console mask=pid,time`.
    pub info: String,
    /// What stands in it; ends with a newline unless it is empty.
    pub text: String,
}

/// The file that a code block quotes, as the paragraph directly before it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// From the root of the repository.
    pub path: String,
    /// What follows the path, such as `, in Server::run:`.
    pub words: String,
}

impl Chapter {
    /// Reads the page at `path`, which is from `root`.
    ///
    /// # Errors
    ///
    /// A file that can't be read.
    pub fn read(root: &Path, path: &str) -> Result<Chapter> {
        let text = fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        Ok(Chapter::parse(root, path, &text))
    }

    /// The page of this text.
    pub fn parse(root: &Path, path: &str, text: &str) -> Chapter {
        Chapter { root: root.to_owned(), path: path.to_owned(), text: text.to_owned(), parts: parse::parts(text) }
    }

    /// Its file's name without `.md`, such as `v05-orphans`.
    pub fn name(&self) -> &str {
        let file = self.path.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(".md").unwrap_or(file)
    }

    /// The version that it tells of, such as `v05`; none for a page that is no chapter of a version.
    pub fn version(&self) -> Option<&str> {
        let version = self.name().split('-').next().unwrap_or_default();
        let number = version.strip_prefix('v')?;
        (number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(version)
    }

    /// The code blocks, each with its place among the parts.
    pub fn code(&self) -> impl Iterator<Item = (usize, &Part, &Code)> {
        self.parts.iter().enumerate().filter_map(|(at, part)| match &part.kind {
            Kind::Code(code) => Some((at, part, code)),
            _ => None,
        })
    }

    /// The paragraph (or list item) directly before the part at `at`.
    pub fn paragraph_before(&self, at: usize) -> Option<&Prose> {
        match &self.parts.get(at.checked_sub(1)?)?.kind {
            Kind::Paragraph(prose) | Kind::Item(prose) => Some(prose),
            _ => None,
        }
    }

    /// What the paragraph before a code block says that it quotes.
    pub fn caption(&self, at: usize) -> Option<Caption> {
        self.paragraph_before(at)?.caption()
    }

    pub fn fault(&self, line: usize, text: impl Into<String>) -> Fault {
        Fault::new(&self.path, line, text)
    }
}

impl Part {
    /// The running text of a paragraph, a list item, a cell or a heading.
    pub fn prose(&self) -> Option<&Prose> {
        match &self.kind {
            Kind::Heading { prose, .. } | Kind::Paragraph(prose) | Kind::Item(prose) | Kind::Cell(prose) => Some(prose),
            Kind::Code(_) | Kind::Html(_) => None,
        }
    }
}

impl Prose {
    /// Without marks; code as it is, the end of a line as a space.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    fn caption(&self) -> Option<Caption> {
        let first = self.pieces.first().filter(|piece| piece.code && is_path(&piece.text))?;
        let words: String = self.pieces[1..].iter().map(|piece| piece.text.as_str()).collect();
        words.trim_end().ends_with(':').then(|| Caption { path: first.text.clone(), words })
    }
}

/// Whether a code span names a file of the repository, rather than a command or an item.
pub fn is_path(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    text.bytes().all(known) && text.contains('/') && !text.starts_with('/')
}

impl Code {
    /// The first word of the info string, such as `rust`.
    pub fn language(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines()
    }
}

#[cfg(test)]
mod tests;
