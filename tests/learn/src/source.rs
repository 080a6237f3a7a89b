//! A file of a package: its lines, the tokens in them, and which block of the book each line comes from.
//!
//! Two files are the same if their tokens are: comments, empty lines, and the form that `rustfmt` gives code make no
//! difference.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};

use book::code;
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The files of a package, by their path in it, such as `src/main.rs`.
pub type Files<S> = BTreeMap<String, S>;

/// The letters of operators, which count as one token if they follow each other.
const OPERATORS: &str = "=<>!&|+-*/%^:.";

#[derive(Debug)]
pub struct Source {
    path: String,
    pub lines: Vec<String>,
    /// For each line, the number of the place in the book that it comes from.
    pub owners: Vec<usize>,
    tokens: OnceLock<Vec<Token>>,
    hashes: OnceLock<Vec<u64>>,
}

/// A word, a number, a text or an operator.
#[derive(Clone, Debug)]
pub struct Token {
    pub text: String,
    /// The first line is 0.
    pub line: usize,
    /// Where it begins in its line.
    pub column: usize,
}

impl Source {
    /// A file whose lines all come from the same place of the book.
    pub fn new(path: &str, lines: Vec<String>, owner: usize) -> Arc<Source> {
        let owners = vec![owner; lines.len()];
        Source::with(path, lines, owners)
    }

    fn with(path: &str, lines: Vec<String>, owners: Vec<usize>) -> Arc<Source> {
        Arc::new(Source { path: path.to_owned(), lines, owners, tokens: OnceLock::new(), hashes: OnceLock::new() })
    }

    /// The file as it is after the place `owner`: lines that were there before keep theirs.
    pub fn after(&self, lines: Vec<String>, owner: usize) -> Arc<Source> {
        let mut owners = vec![owner; lines.len()];
        for change in capture_diff_slices(Algorithm::Patience, &self.lines, &lines) {
            if let DiffOp::Equal { old_index, new_index, len } = change {
                owners[new_index..new_index + len].copy_from_slice(&self.owners[old_index..old_index + len]);
            }
        }
        Source::with(&self.path, lines, owners)
    }

    pub fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| tokens(&self.path, &self.lines))
    }

    /// The hashes of the lines that say something, sorted.
    fn hashes(&self) -> &[u64] {
        self.hashes.get_or_init(|| {
            let told = code::told(&format!("/{}", self.path), &self.lines);
            let lines = self.lines.iter().zip(told).filter(|(line, told)| *told && matters(&self.path, line));
            let mut hashes: Vec<_> = lines.map(|(line, _)| hash(line)).collect();
            hashes.sort_unstable();
            hashes
        })
    }

    /// How many lines only one of two files has.
    pub fn distance(&self, other: &Source) -> usize {
        let (mut one, mut two) = (self.hashes().iter().peekable(), other.hashes().iter().peekable());
        let mut only = 0;
        while let (Some(a), Some(b)) = (one.peek(), two.peek()) {
            match a.cmp(b) {
                Ordering::Equal => {
                    one.next();
                    two.next();
                    continue;
                }
                Ordering::Less => one.next(),
                Ordering::Greater => two.next(),
            };
            only += 1;
        }
        only + one.count() + two.count()
    }

    /// Whether it has the same tokens.
    pub fn is_like(&self, other: &Source) -> bool {
        let words = |source: &Source| source.tokens().iter().map(|token| token.text.clone()).collect::<Vec<_>>();
        words(self) == words(other)
    }

    /// How many lines say something.
    pub fn size(&self) -> usize {
        self.hashes().len()
    }

    /// Whether it has this line.
    pub fn has(&self, line: &str) -> bool {
        self.hashes().binary_search(&hash(line)).is_ok()
    }
}

fn hash(line: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.trim().hash(&mut hasher);
    hasher.finish()
}

/// Whether the line is neither empty nor a comment.
pub fn matters(path: &str, line: &str) -> bool {
    let comment = if path.ends_with(".rs") { "//" } else { "#" };
    !line.trim().is_empty() && !line.trim_start().starts_with(comment)
}

fn tokens(path: &str, lines: &[String]) -> Vec<Token> {
    let told = code::told(&format!("/{path}"), lines);
    let mut tokens = Vec::new();
    if path.ends_with(".rs") {
        rust(&lines.join("\n"), &mut tokens);
    } else {
        for (at, line) in lines.iter().enumerate().filter(|(at, line)| told[*at] && matters(path, line)) {
            let mut of_line = Vec::new();
            rust(line, &mut of_line);
            tokens.extend(of_line.into_iter().map(|token| Token { line: at, ..token }));
        }
    }
    let closes = |token: Option<&Token>| token.is_some_and(|token| [")", "]", "}", ">"].contains(&token.text.as_str()));
    // `rustfmt` puts a comma after the last of several lines.
    let kept: Vec<_> = (0..tokens.len()).filter(|&at| tokens[at].text != "," || !closes(tokens.get(at + 1))).collect();
    kept.into_iter().map(|at| tokens[at].clone()).collect()
}

fn rust(text: &str, tokens: &mut Vec<Token>) {
    let (mut at, mut line, mut start) = (0, 0, 0);
    let mut glue = false;
    for token in tokenize(text, FrontmatterAllowed::No) {
        let word = &text[at..at + token.len as usize];
        let is_operator = word.len() == 1 && OPERATORS.contains(word);
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => glue = false,
            _ => match tokens.last_mut().filter(|_| glue && is_operator) {
                Some(last) => last.text += word,
                None => {
                    // A text that goes on in the next line may be indented in any way.
                    let text = word.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
                    tokens.push(Token { text, line, column: at - start });
                    glue = is_operator;
                }
            },
        }
        line += word.matches('\n').count();
        at += word.len();
        start = word.rfind('\n').map_or(start, |newline| at - word.len() + newline + 1);
    }
}
