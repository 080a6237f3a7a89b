//! The prose of a page or a source file, without its code.

use std::ops::Range;
use std::path::Path;

use crate::chapter::{Chapter, Kind, Prose};

/// What stands for code in a passage, so that a rule sees that something is there.
pub(super) const CODE: char = '\u{FFFC}';

/// A paragraph, a heading, a cell, a comment or a message: text that is read in one piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Passage {
    pub(super) text: String,
    /// The line of each stretch of the text, with the byte at which it begins.
    lines: Vec<(usize, usize)>,
}

impl Passage {
    fn push(&mut self, line: usize, text: &str) {
        self.lines.push((self.text.len(), line));
        self.text += text;
    }

    pub(super) fn line_at(&self, byte: usize) -> usize {
        let after = self.lines.partition_point(|(start, _)| *start <= byte);
        after.checked_sub(1).map_or(1, |at| self.lines[at].1)
    }
}

/// The passages that a page's author has written: nothing that is quoted from another file.
pub(super) fn of_page(root: &Path, path: &str, text: &str) -> Vec<Passage> {
    let page = Chapter::parse(root, path, text);
    let own = page.parts.iter().filter(|part| !part.quoted && !matches!(part.kind, Kind::Code(_)));
    own.filter_map(|part| part.prose()).map(|prose| passage(prose, 0)).collect()
}

fn passage(prose: &Prose, above: usize) -> Passage {
    let mut passage = Passage::default();
    for piece in &prose.pieces {
        match piece.code {
            true => passage.push(piece.line + above, &CODE.to_string()),
            false => passage.push(piece.line + above, &piece.text),
        }
    }
    passage
}

/// The comments of a source file, read as Markdown, and its messages: the strings of several words.
pub(super) fn of_source(root: &Path, path: &str, text: &str) -> Vec<Passage> {
    let mut passages = Vec::new();
    let mut comment = Comment::default();
    let is_test = path.contains("/tests");
    for piece in pieces(text) {
        match piece.kind {
            PieceKind::Comment => {
                let words = piece.text.trim_start_matches(['/', '!']);
                if !comment.goes_on(&piece) {
                    passages.extend(comment.passages(root, path));
                    comment = Comment { first: piece.line, alone: piece.alone, ..Comment::default() };
                }
                comment.add(&piece, words.strip_prefix(' ').unwrap_or(words));
            }
            PieceKind::String => {
                passages.extend(comment.passages(root, path));
                comment = Comment::default();
                passages.extend(message(&piece).filter(|_| !is_test));
            }
        }
    }
    passages.extend(comment.passages(root, path));
    passages
}

/// Comments in lines that follow each other.
#[derive(Default)]
struct Comment {
    first: usize,
    last: usize,
    /// Nothing stands before it in its line.
    alone: bool,
    /// How the lines begin: `//`, `///` or `//!`.
    mark: String,
    text: String,
}

impl Comment {
    fn goes_on(&self, piece: &Piece<'_>) -> bool {
        self.alone && piece.alone && piece.line == self.last + 1 && mark(piece.text) == self.mark
    }

    fn add(&mut self, piece: &Piece<'_>, words: &str) {
        self.last = piece.line;
        self.mark = mark(piece.text).to_owned();
        self.text += words;
        self.text.push('\n');
    }

    fn passages(&self, root: &Path, path: &str) -> Vec<Passage> {
        let page = Chapter::parse(root, path, &self.text);
        let above = self.first.saturating_sub(1);
        page.parts.iter().filter_map(|part| part.prose()).map(|prose| passage(prose, above)).collect()
    }
}

fn mark(comment: &str) -> &str {
    let end = comment.find(|letter| letter != '/' && letter != '!').unwrap_or(comment.len());
    &comment[..end]
}

/// A string that says something: of three words or more. What is filled in counts as code.
fn message(piece: &Piece<'_>) -> Option<Passage> {
    let mut passage = Passage::default();
    let (mut line, mut depth) = (piece.line, 0_usize);
    let mut letters = piece.text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '{' if depth == 0 && letters.peek() != Some(&'{') => depth = 1,
            '}' if depth == 1 => {
                depth = 0;
                passage.push(line, &CODE.to_string());
            }
            '\\' => match letters.next() {
                Some('\n') => {
                    line += 1;
                    while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
                }
                Some('n' | 'r' | 't') => passage.push(line, "\n"),
                _ => {}
            },
            '\n' => {
                line += 1;
                passage.push(line, "\n");
            }
            _ if depth == 1 => {}
            letter => passage.push(line, letter.encode_utf8(&mut [0; 4])),
        }
    }
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|letter| letter.is_lowercase());
    (passage.text.split_whitespace().filter(is_word).count() >= 3).then_some(passage)
}

enum PieceKind {
    Comment,
    String,
}

/// A comment (with its slashes) or the inside of a string.
struct Piece<'a> {
    kind: PieceKind,
    text: &'a str,
    line: usize,
    /// Nothing stands before it in its line.
    alone: bool,
}

/// The comments and strings of a source file. Block comments are not used here.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (kind, inside, length) = if rest.starts_with("//") {
            let end = rest.find('\n').unwrap_or(rest.len());
            (PieceKind::Comment, 0..end, end)
        } else if let Some((inside, length)) = string(rest) {
            (PieceKind::String, inside, length)
        } else {
            at += character(rest).unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
            continue;
        };
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let alone = before.rsplit('\n').next().is_some_and(|before| before.trim().is_empty());
        found.push(Piece { kind, text: &rest[inside], line, alone });
        at += length;
    }
    found
}

/// The inside and the length of a string literal that begins here.
fn string(text: &str) -> Option<(Range<usize>, usize)> {
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let inside = raw[hashes..].strip_prefix('"')?;
        let begin = text.len() - inside.len();
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inside.find(&end)?;
        return Some((begin..begin + length, begin + length + end.len()));
    }
    let inside = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inside.find(|letter| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    })?;
    Some((1..1 + end, end + 2))
}

/// The length of a character literal that begins here; none for a lifetime.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let mut letters = inside.char_indices();
    let end = match letters.next()?.1 {
        '\\' => {
            letters.next()?;
            letters.find(|(_, letter)| *letter == '\'')?.0
        }
        _ => letters.next().filter(|(_, letter)| *letter == '\'')?.0,
    };
    Some(end + 2)
}

#[cfg(test)]
mod tests;
