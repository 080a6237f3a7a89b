//! Where the reader is, found out from the code alone.
//!
//! The place is the one whose files differ from the reader's in the fewest lines. There the tokens are compared: what the
//! last block adds and the reader hasn't got is not typed yet; everything else is a difference, and is named with the
//! block of the book that it belongs to.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::ops::Range;
use std::sync::Arc;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::course::Course;
use crate::source::{Files, Source, Token};

/// How much of a token sequence a message shows.
const SHOWN: usize = 40;

/// With so few lines there is nothing to tell packages apart by.
const FEW: usize = 20;

/// Where the reader is.
#[derive(Debug)]
pub struct Here {
    /// The place up to which everything is typed.
    pub done: usize,
    /// Some of the next block is typed.
    pub is_partly: bool,
    /// Where the reader's code differs from the book's, in the order of the files.
    pub differences: Vec<Difference>,
    /// The code has too little in common with the book's to be at a place in it.
    pub is_elsewhere: bool,
}

/// A place in a file where the reader has other tokens than the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub path: String,
    /// In the reader's file; the first is 1. None if there is no such file.
    pub line: Option<usize>,
    /// The function or type, such as `Connection::receive`.
    pub item: Option<String>,
    /// The code that both have before it, on the same line of the book.
    pub after: String,
    pub mine: String,
    pub book: String,
    /// The number of the place whose block the book's code comes from.
    pub owner: usize,
    /// How many tokens differ.
    pub size: usize,
}

/// Finds the place of the reader's files.
pub fn find(course: &Course, mine: &Files<Arc<Source>>) -> Here {
    let near = nearest(course, mine);
    let last = course.places.len() - 1;
    let compared = (near.saturating_sub(1)..=(near + 2).min(last)).map(|at| (at, compare(course, mine, at)));
    // The last of equals: a block may change nothing that matters.
    let best = compared.rev().min_by_key(|(_, (is_whole, wrong))| (size(wrong), !is_whole));
    let Some((at, (is_whole, differences))) = best else {
        return Here { done: 0, is_partly: false, differences: Vec::new(), is_elsewhere: false };
    };
    let lines: usize = course.places[at].files.values().map(|file| file.size()).sum();
    let is_elsewhere = distance(&course.places[at].files, mine) > lines / 2 + FEW;
    let done = if is_whole { at } else { at.saturating_sub(1) };
    Here { done, is_partly: !is_whole, differences, is_elsewhere }
}

/// How many tokens differ.
fn size(differences: &[Difference]) -> usize {
    differences.iter().map(|difference| difference.size).sum()
}

/// The place whose files differ in the fewest lines; the last of several.
fn nearest(course: &Course, mine: &Files<Arc<Source>>) -> usize {
    let mut total = distance(&course.places[0].files, mine);
    let mut best = (0, total);
    for (at, pair) in course.places.windows(2).enumerate() {
        // Each place changes one file.
        if let Some(block) = &pair[1].block {
            let of = |files: &Files<Arc<Source>>| file_distance(&block.path, files.get(&block.path), mine);
            total = total + of(&pair[1].files) - of(&pair[0].files);
        }
        if total <= best.1 {
            best = (at + 1, total);
        }
    }
    best.0
}

/// How many lines only one of two packages has.
fn distance(book: &Files<Arc<Source>>, mine: &Files<Arc<Source>>) -> usize {
    let paths: BTreeSet<_> = book.keys().chain(mine.keys()).collect();
    paths.into_iter().map(|path| file_distance(path, book.get(path), mine)).sum()
}

fn file_distance(path: &str, book: Option<&Arc<Source>>, mine: &Files<Arc<Source>>) -> usize {
    match (book, mine.get(path)) {
        (Some(book), Some(own)) => book.distance(own),
        (Some(book), None) => book.size(),
        (None, Some(own)) if path.ends_with(".rs") => own.size(),
        (None, _) => 0, // A reader's notes.
    }
}

/// Whether all of the place's block is typed, and what else differs.
fn compare(course: &Course, mine: &Files<Arc<Source>>, at: usize) -> (bool, Vec<Difference>) {
    let (book, mut is_whole, mut wrong) = (&course.places[at].files, true, Vec::new());
    let before = at.checked_sub(1).map(|before| &course.places[before].files);
    for (path, theirs) in book {
        let Some(own) = mine.get(path) else {
            if theirs.owners.iter().all(|owner| *owner == at) {
                is_whole = false;
            } else {
                let owner = theirs.owners.iter().find(|owner| **owner != at).copied().unwrap_or(at);
                let book = format!("the file {path}");
                let (path, after, mine) = (path.clone(), String::new(), String::new());
                let size = theirs.tokens().len();
                wrong.push(Difference { path, line: None, item: None, after, mine, book, owner, size });
            }
            continue;
        };
        let before = before.and_then(|files| files.get(path));
        for change in changes(theirs, own) {
            match change.is_pending(theirs, own, before, at) {
                true => is_whole = false,
                false => wrong.push(change.difference(path, theirs, own)),
            }
        }
    }
    for (path, own) in mine.iter().filter(|(path, _)| !book.contains_key(*path)) {
        if before.is_some_and(|before| before.contains_key(path)) {
            is_whole = false; // The block removes it.
        } else if path.ends_with(".rs") {
            let mine = format!("the file {path}");
            let (path, after, book, size) = (path.clone(), String::new(), String::new(), own.tokens().len());
            wrong.push(Difference { path, line: None, item: None, after, mine, book, owner: at, size });
        }
    }
    (is_whole, wrong)
}

/// Tokens of the book, and those that the reader has in their place.
struct Change {
    book: Range<usize>,
    mine: Range<usize>,
}

/// Where the tokens of two files differ. Lines are compared first, so that a block that is missing is one change, and not
/// many that have their brackets in common with what follows.
fn changes(book: &Source, mine: &Source) -> Vec<Change> {
    if book.lines == mine.lines {
        return Vec::new();
    }
    let (theirs, own) = (book.tokens(), mine.tokens());
    let (their_lines, own_lines) = (by_line(theirs), by_line(own));
    let a: Vec<_> = their_lines.iter().map(|line| words(&theirs[line.clone()])).collect();
    let b: Vec<_> = own_lines.iter().map(|line| words(&own[line.clone()])).collect();
    let mut changes = Vec::new();
    for change in capture_diff_slices(Algorithm::Patience, &a, &b) {
        if matches!(change, DiffOp::Equal { .. }) {
            continue;
        }
        let (old, new) = (change.old_range(), change.new_range());
        let (old, new) = (tokens_of(&their_lines, &old, theirs.len()), tokens_of(&own_lines, &new, own.len()));
        let (a, b) = (words(&theirs[old.clone()]), words(&own[new.clone()]));
        for inner in capture_diff_slices(Algorithm::Myers, &a, &b) {
            if !matches!(inner, DiffOp::Equal { .. }) {
                let shift = |range: Range<usize>, by: usize| range.start + by..range.end + by;
                changes.push(Change {
                    book: shift(inner.old_range(), old.start),
                    mine: shift(inner.new_range(), new.start),
                });
            }
        }
    }
    changes
}

fn words(tokens: &[Token]) -> Vec<&str> {
    tokens.iter().map(|token| token.text.as_str()).collect()
}

/// The tokens of each line that has some.
fn by_line(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match lines.last_mut() {
            Some(line) if tokens[line.start].line == token.line => line.end = at + 1,
            _ => lines.push(at..at + 1),
        }
    }
    lines
}

fn tokens_of(lines: &[Range<usize>], range: &Range<usize>, all: usize) -> Range<usize> {
    let start = lines.get(range.start).map_or(all, |line| line.start);
    let end = range.clone().next_back().and_then(|last| lines.get(last)).map_or(start, |line| line.end);
    start..end
}

impl Change {
    /// Whether it is only that the block of this place is not, or not all, typed: what it adds isn't there yet, what it
    /// takes away is.
    fn is_pending(&self, book: &Source, mine: &Source, before: Option<&Arc<Source>>, at: usize) -> bool {
        let is_new = |token: &Token| book.owners[token.line] == at;
        let is_old = |token: &Token| {
            let line = &mine.lines[token.line];
            before.is_some_and(|before| before.has(line)) && !book.has(line)
        };
        let (theirs, own) = (book.tokens(), mine.tokens());
        // Tokens that are missing in the middle of a line are not the next ones to type.
        let is_end = self.book.end == theirs.len()
            || self.book.is_empty()
            || theirs[self.book.end - 1].line != theirs[self.book.end].line;
        is_end && theirs[self.book.clone()].iter().all(is_new) && own[self.mine.clone()].iter().all(is_old)
    }

    fn difference(&self, path: &str, book: &Source, mine: &Source) -> Difference {
        let (theirs, own) = (book.tokens(), mine.tokens());
        let line = own.get(self.mine.start).or(own.last()).map_or(0, |token| token.line);
        // What is too much is the book's no more than what is before it.
        let place = if self.book.is_empty() { self.book.start.saturating_sub(1) } else { self.book.start };
        let place = theirs.get(place).map_or(0, |token| token.line);
        let start = (0..self.book.start).rev().take_while(|&at| theirs[at].line == place).last();
        Difference {
            path: path.to_owned(),
            line: Some(line + 1),
            item: item(book, place),
            after: start.map(|start| text(book, start..self.book.start)).unwrap_or_default(),
            mine: text(mine, self.mine.clone()),
            book: text(book, self.book.clone()),
            owner: book.owners.get(place).copied().unwrap_or_default(),
            size: self.book.len() + self.mine.len(),
        }
    }
}

/// The text of tokens of one line, as it is in the file, shortened.
fn text(source: &Source, range: Range<usize>) -> String {
    let tokens = &source.tokens()[range];
    let Some(first) = tokens.first() else { return String::new() };
    let on_line = tokens.iter().take_while(|token| token.line == first.line);
    let end = on_line.last().map_or(0, |token| token.column + token.text.len());
    let line = &source.lines[first.line];
    let text = line.get(first.column..end.min(line.len())).unwrap_or(&first.text);
    let is_all = tokens.last().is_some_and(|last| last.line == first.line);
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None if is_all => text.to_owned(),
        None => format!("{text}…"),
    }
}

/// The function that a line is in, with its type, or the type alone.
fn item(source: &Source, line: usize) -> Option<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    let mut inside = usize::MAX;
    for line in source.lines.iter().take(line + 1).rev().filter(|line| !line.trim().is_empty()) {
        if indent(line) < inside {
            found.extend(named(line));
            // The last line of a long head is indented as little as its first one.
            inside = indent(line) + usize::from(line.trim_start().starts_with([')', '}']));
        }
    }
    found.reverse();
    (!found.is_empty()).then(|| found.join("::"))
}

/// The name of what begins on this line: a function, a type, or the type of an `impl`.
fn named(line: &str) -> Option<String> {
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut words = line.split(|letter| !is_letter(letter)).filter(|word| !word.is_empty());
    if let Some(head) = line.trim_start().strip_prefix("impl") {
        let head = if head.starts_with('<') { head.split_once("> ")?.1 } else { head };
        let of = head.rsplit(" for ").next()?;
        return of.split(|letter| !is_letter(letter)).find(|word| !word.is_empty()).map(str::to_owned);
    }
    words.find(|word| ["fn", "struct", "enum", "trait"].contains(word))?;
    words.next().map(str::to_owned)
}

impl Display for Difference {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        let inside = self.item.as_ref().map(|item| format!(" (in `{item}`)")).unwrap_or_default();
        match self.line {
            Some(line) => write!(to, "{}:{line}{inside}: ", self.path)?,
            None => write!(to, "{}: ", self.path)?,
        }
        let after = if self.after.is_empty() { String::new() } else { format!(" after `{}`", self.after) };
        match (self.mine.as_str(), self.book.as_str()) {
            ("", book) if self.line.is_none() => write!(to, "{book} is missing"),
            (mine, "") if self.line.is_none() => write!(to, "you have {mine}, which the book has not"),
            ("", book) => write!(to, "the book has `{book}`{after}, which is missing here"),
            (mine, "") => write!(to, "you have `{mine}`{after}, which the book has not"),
            (mine, book) => write!(to, "you have `{mine}`, the book has `{book}`"),
        }
    }
}
