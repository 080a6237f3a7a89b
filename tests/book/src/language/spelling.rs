//! Spelling, words said twice, and "a" or "an".

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use regex::Regex;
use spellbook::Dictionary;

use crate::fault::Fault;

/// The project's terms and names: one a line, sorted.
const WORDS: &str = "tests/book/language/words.txt";

/// What is between two spaces, as it stands in the text.
static CHUNK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[^\s–…]+").expect("a regular expression"));

/// A word in a chunk.
static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{L}[\p{L}'’]*").expect("a regular expression"));

/// Words that may stand twice in a row.
const TWICE: [&str; 3] = ["had", "that", "very"];

/// What begins with a vowel's letter and a consonant's sound, and the other way round.
static SOUNDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:uni(?:[^nmd]|$)|use|usu|uti|utf|url|uri|uid|udp|utc|eu|one|once|ewe|ufo)")
        .expect("a regular expression")
});
static SILENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:hour|honest|hono|heir|html|http|rfc|fd\b|mpm|nginx|ssh|ssl|xml|x\b|f\b|h\b|l\b|m\b|n\b|r\b|s\b|lf\b|mb\b|mdbook)").expect("a regular expression")
});

pub(super) struct Spelling {
    english: Dictionary,
    words: Vec<&'static str>,
    /// What was looked up before, and whether it is right.
    seen: RefCell<HashMap<String, bool>>,
}

impl Spelling {
    pub(super) fn new() -> Result<Spelling> {
        let (aff, dic) = (include_str!("../../language/en_GB.aff"), include_str!("../../language/en_GB.dic"));
        let english = Dictionary::new(aff, dic).map_err(|error| anyhow!("the English dictionary: {error}"))?;
        let words = include_str!("../../language/words.txt").lines().collect();
        Ok(Spelling { english, words, seen: RefCell::default() })
    }

    /// Where the text is misspelt, says a word twice, or has the wrong article.
    pub(super) fn find(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut found = Vec::new();
        let mut before = "";
        for chunk in CHUNK.find_iter(text) {
            found.extend(repeated(before, chunk.as_str()).map(|text| (chunk.range(), text)));
            found.extend(article(before, chunk.as_str()).map(|text| (chunk.range(), text)));
            before = chunk.as_str();
            if is_code(chunk.as_str()) {
                continue;
            }
            for word in WORD.find_iter(chunk.as_str()) {
                if let Some(text) = self.misspelt(word.as_str()) {
                    found.push((chunk.start() + word.start()..chunk.start() + word.end(), text));
                }
            }
        }
        found
    }

    fn misspelt(&self, word: &str) -> Option<String> {
        let word = word.replace('’', "'");
        let word = word.trim_end_matches('\'');
        if let Some(right) = self.seen.borrow().get(word) {
            return (!right).then(|| unknown(word));
        }
        let right = self.knows(word);
        self.seen.borrow_mut().insert(word.to_owned(), right);
        (!right).then(|| unknown(word))
    }

    fn knows(&self, word: &str) -> bool {
        let bare = word.strip_suffix("'s").unwrap_or(word);
        let ours = |word: &str| self.words.binary_search(&word).is_ok();
        let lower = bare.to_lowercase();
        let plural = |suffix: &str| lower.strip_suffix(suffix).is_some_and(ours);
        is_name(bare)
            || ours(bare)
            || ours(&lower)
            || plural("s")
            || self.english.check(word)
            || self.english.check(bare)
    }

    /// What is wrong with the project's list of words.
    pub(super) fn check_words(&self) -> Vec<Fault> {
        let pairs = self.words.windows(2).enumerate().filter(|(_, pair)| pair[0] >= pair[1]);
        let unsorted = pairs.map(|(at, _)| Fault::new(WORDS, at + 2, "this line is out of order; sort with LC_ALL=C"));
        let known = self.words.iter().enumerate().filter(|(_, word)| self.english.check(word));
        let known = known.map(|(at, _)| Fault::new(WORDS, at + 1, "this is an English word anyway; remove it"));
        unsorted.chain(known).collect()
    }
}

fn unknown(word: &str) -> String {
    format!("\"{word}\" is in no dictionary; correct it, make it code, or add a term or name to {WORDS}")
}

/// Numbers, paths, calls, items, addresses: what is code even without the marks.
fn is_code(chunk: &str) -> bool {
    let inside = chunk.trim_matches(|letter: char| !letter.is_alphanumeric() && !"(_/".contains(letter));
    let is_call = inside.contains('(') && !inside.starts_with('(');
    chunk.chars().any(|letter| letter.is_ascii_digit() || "_=@<>#%$\\|{}\u{FFFC}".contains(letter))
        || is_call
        || inside.trim_start_matches('(').contains(['/', ':', '.'])
        || chunk.starts_with("--")
}

/// Acronyms, constants, signals and types: what has a capital letter elsewhere than at its beginning.
fn is_name(word: &str) -> bool {
    word.chars().skip(1).any(char::is_uppercase) || word.chars().count() == 1
}

fn repeated(before: &str, chunk: &str) -> Option<String> {
    let word = chunk.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let is_word = !word.is_empty() && word.chars().all(char::is_lowercase);
    let begins = before.chars().skip(1).all(char::is_lowercase);
    let twice = is_word && begins && word == before.to_lowercase() && !TWICE.contains(&word);
    twice.then(|| format!("\"{word} {word}\": a word twice; remove one"))
}

fn article(before: &str, chunk: &str) -> Option<String> {
    let article = before.trim_start_matches(['(', '"', '“']).to_lowercase();
    let word = chunk.trim_start_matches(['(', '"', '“', '*']);
    let first = word.chars().next()?;
    // How an acronym begins depends on whether it is spelt out; only those that are listed above are judged.
    let spelt = word.chars().take(2).all(|letter| letter.is_uppercase());
    let lower = word.to_lowercase();
    let (consonant, vowel) = (SOUNDS.is_match(&lower), SILENT.is_match(&lower));
    let is_vowel = "aeiou".contains(first.to_ascii_lowercase());
    let wrong = match article.as_str() {
        _ if !first.is_ascii_alphabetic() => false,
        "a" => vowel || is_vowel && !consonant && !spelt,
        "an" => consonant || !is_vowel && !vowel && !spelt && word.len() > 1,
        _ => false,
    };
    let right = if article == "a" { "an" } else { "a" };
    wrong.then(|| format!("\"{article} {word}\": write \"{right} {word}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let spelling = Spelling::new().expect("the dictionaries");
        spelling.find(text).into_iter().map(|(range, said)| format!("{}: {said}", &text[range])).collect()
    }

    #[test]
    fn a_word_that_is_in_no_dictionary_is_named() {
        let said = said("The sevrer's listener; a well-knwon colour.");
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("sevrer's: \"sevrer's\" is in no dictionary; correct it"), "{said:?}");
        assert!(said[1].starts_with("knwon: "), "{said:?}");
        assert!(super::tests::said("color")[0].starts_with("color: "));
    }

    #[test]
    fn terms_names_and_code_are_no_words() {
        for text in [
            "the environ's wakers",
            "epoll_wait(2) and SIGCHLD",
            "Content-Length, TcpStream, src/main.rs, 8s",
            "(e.g.,",
            "that that",
        ] {
            assert_eq!(said(text), Vec::<String>::new());
        }
    }

    #[test]
    fn a_word_is_not_said_twice() {
        assert_eq!(said("It ends when the the client leaves.").len(), 1);
    }

    #[test]
    fn the_article_fits_the_sound() {
        for wrong in ["a error", "an server", "a hour", "an user", "a HTTP request", "an URL"] {
            assert_eq!(said(wrong).len(), 1, "{wrong}");
        }
        for right in [
            "an error",
            "a server",
            "an hour",
            "a user",
            "an HTTP request",
            "a URL",
            "a one",
            "a SIGTERM",
            "an EINTR",
            "an uninteresting",
        ] {
            assert_eq!(said(right), Vec::<String>::new(), "{right}");
        }
    }
}
