//! The terms: each explained once, in `lessons/glossary.md`, and linked where a chapter first says it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use regex::Regex;

use crate::book::Book;
use crate::chapter::{Chapter, Kind, Part, Prose};
use crate::fault::Fault;

/// The page, from the root.
const PAGE: &str = "lessons/glossary.md";

/// A term: how it is written there, and the id of its heading.
struct Term {
    words: String,
    id: String,
    line: usize,
}

/// What is wrong with the glossary, and with the terms of each chapter of the book. A book without a glossary yet has
/// nothing wrong.
///
/// # Errors
///
/// A page that can't be read.
pub fn check(book: &Book) -> Result<Vec<Fault>> {
    let Some(page) = page(book)? else { return Ok(Vec::new()) };
    let mut faults = explained(&page);
    for chapter in book.chapters() {
        faults.extend(check_chapter(book, chapter)?);
    }
    if book.is_whole() {
        faults.extend(unused(book, &page));
    }
    Ok(faults)
}

/// The terms that a chapter says for the first time without a link to their explanation.
///
/// # Errors
///
/// A page that can't be read.
pub fn check_chapter(book: &Book, chapter: &Chapter) -> Result<Vec<Fault>> {
    let Some(page) = page(book)? else { return Ok(Vec::new()) };
    let mentions = Mentions::of(&terms(&page))?;
    let mut known = BTreeSet::new();
    let mut faults = Vec::new();
    for (_, prose) in prose(chapter) {
        for (line, id, linked) in mentions.find(prose) {
            if known.insert(id.to_owned()) && !linked {
                let text = format!(
                    "the chapter's first \"{}\" is not linked; make it [{0}](glossary.md#{id})",
                    mentions.words(id)
                );
                faults.push(chapter.fault(line, text));
            }
        }
    }
    Ok(faults)
}

fn page(book: &Book) -> Result<Option<Chapter>> {
    let there = book.root.join(PAGE).exists();
    there.then(|| Chapter::read(&book.root, PAGE)).transpose()
}

fn terms(page: &Chapter) -> Vec<Term> {
    let terms = page.parts.iter().filter_map(|part| match &part.kind {
        Kind::Heading { level: 3, prose, .. } => {
            let words = prose.text();
            Some(Term { id: crate::chapter::id(&words), words, line: part.line })
        }
        _ => None,
    });
    terms.collect()
}

/// Each term once, and something below it.
fn explained(page: &Chapter) -> Vec<Fault> {
    let terms = terms(page);
    let mut seen = BTreeMap::new();
    let mut faults = Vec::new();
    for term in &terms {
        if let Some(first) = seen.insert(&term.id, term.line) {
            let text = format!("\"{}\" is explained at line {first} already; explain a term once", term.words);
            faults.push(page.fault(term.line, text));
        }
    }
    let headings = page.parts.windows(2).filter(|pair| matches!(pair[0].kind, Kind::Heading { level: 3, .. }));
    let empty = headings.filter(|pair| matches!(pair[1].kind, Kind::Heading { .. })).map(|pair| pair[0].line);
    let last =
        page.parts.last().filter(|part| matches!(part.kind, Kind::Heading { level: 3, .. })).map(|part| part.line);
    faults
        .extend(empty.chain(last).map(|line| page.fault(line, "this term is not explained: say below it what it is")));
    faults
}

/// Terms that no chapter links to.
fn unused(book: &Book, page: &Chapter) -> Vec<Fault> {
    let links: BTreeSet<String> = book.chapters().flat_map(|chapter| &chapter.parts).flat_map(linked_ids).collect();
    let unused = terms(page).into_iter().filter(|term| !links.contains(&term.id));
    unused
        .map(|term| page.fault(term.line, format!("no chapter links to \"{}\"; take it out, or link it", term.words)))
        .collect()
}

fn linked_ids(part: &Part) -> Vec<String> {
    let links = part.prose().into_iter().flat_map(|prose| &prose.pieces).filter_map(|piece| piece.link.as_deref());
    links.filter_map(term_of).map(str::to_owned).collect()
}

/// The id in a link to the glossary.
fn term_of(link: &str) -> Option<&str> {
    link.strip_prefix("glossary.md#")
}

/// The running text that a chapter's author has written: no headings, no tables, nothing made by machine. The text twin of
/// the picture is for those who know the terms: it comes before the idea, which explains them.
fn prose(chapter: &Chapter) -> impl Iterator<Item = (&Part, &Prose)> {
    let is_twin = |part: &Part| part.folded && part.section == "The idea";
    let own = chapter.parts.iter().filter(move |part| !part.quoted && !is_twin(part));
    own.filter_map(|part| match &part.kind {
        Kind::Paragraph(prose) | Kind::Item(prose) => Some((part, prose)),
        _ => None,
    })
}

/// Finds terms in prose.
struct Mentions {
    /// A group for each term, the longest first: "process group" is no mention of "process".
    any: Option<Regex>,
    terms: Vec<(String, String)>,
}

impl Mentions {
    fn of(terms: &[Term]) -> Result<Mentions> {
        let mut terms: Vec<_> = terms.iter().map(|term| (term.words.clone(), term.id.clone())).collect();
        terms.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        let word = |(words, _): &(String, String)| {
            let words: Vec<_> = words.split_whitespace().map(regex::escape).collect();
            format!(r"({}(?:s|es)?)", words.join(r"\s+"))
        };
        let any: Vec<_> = terms.iter().map(word).collect();
        let any = match any.is_empty() {
            true => None,
            false => Some(Regex::new(&format!(r"(?i)\b(?:{})\b", any.join("|")))?),
        };
        Ok(Mentions { any, terms })
    }

    fn words<'a>(&'a self, id: &'a str) -> &'a str {
        self.terms.iter().find(|(_, other)| other == id).map_or(id, |(words, _)| words)
    }

    /// The mentions in a paragraph: line, id, and whether it is linked to its explanation. A link to another place
    /// can't be one to the glossary too, so a term in it is no mention.
    fn find<'a>(&'a self, prose: &'a Prose) -> Vec<(usize, &'a str, bool)> {
        let mut found = Vec::new();
        // A term can go over the end of a line: plain pieces that follow each other are one text.
        for group in prose.pieces.chunk_by(|one, other| one.link == other.link && !one.code && !other.code) {
            match &group[0].link {
                Some(link) => found.extend(term_of(link).map(|id| (group[0].line, id, true))),
                None if group[0].code => {}
                None => found.extend(self.in_text(group)),
            }
        }
        found
    }

    fn in_text<'a>(&'a self, group: &'a [crate::chapter::Piece]) -> Vec<(usize, &'a str, bool)> {
        let text: String = group.iter().map(|piece| piece.text.as_str()).collect();
        let line_at = |byte: usize| {
            let mut end = 0;
            let piece = group.iter().find(|piece| {
                end += piece.text.len();
                byte < end
            });
            piece.map_or(group[0].line, |piece| piece.line)
        };
        let captures = self.any.iter().flat_map(|any| any.captures_iter(&text));
        let term = |captures: regex::Captures<'_>| {
            let at = (1..captures.len()).find(|at| captures.get(*at).is_some())?;
            Some((line_at(captures.get(0)?.start()), self.terms[at - 1].1.as_str(), false))
        };
        captures.filter_map(term).collect()
    }
}
