//! Edits to a page: what machines make in it, made anew. Nothing else of it is touched.

use std::fs;

use anyhow::{Context, Result};
use similar::TextDiff;

use crate::book::Book;
use crate::chapter::Chapter;
use crate::{console, quotes, replay};

/// Lines of a page, and the text that should stand in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The first line, and the one behind the last; the first line of a page is 1.
    pub first: usize,
    pub end: usize,
    /// Ends with a newline unless it is empty.
    pub text: String,
}

/// Makes anew what is quoted in a page and what its commands print, those of its checkpoints too, and writes the page unless `only_shown`. Gives the
/// difference; empty when there is none.
///
/// # Errors
///
/// A page that can't be written; commands that can't be run.
pub fn refresh(book: &Book, page: &Chapter, only_shown: bool) -> Result<String> {
    let mut edits = quotes::outputs(page);
    edits.extend(console::check(page)?.edits);
    edits.extend(replay::play(book, page)?.edits);
    let text = edited(&page.text, edits);
    if text == page.text {
        return Ok(String::new());
    }
    if !only_shown {
        fs::write(page.root.join(&page.path), &text).with_context(|| format!("cannot write {}", page.path))?;
    }
    let difference = TextDiff::from_lines(&page.text, &text);
    Ok(difference.unified_diff().context_radius(2).header(&page.path, "made anew").to_string())
}

/// A text with its edits, which don't overlap, done.
pub fn edited(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| edit.first);
    let mut lines = text.split_inclusive('\n').enumerate().map(|(at, line)| (at + 1, line)).peekable();
    let mut new = String::new();
    for edit in &edits {
        while let Some((_, line)) = lines.next_if(|(at, _)| *at < edit.first) {
            new += line;
        }
        while lines.next_if(|(at, _)| *at < edit.end).is_some() {}
        new += &edit.text;
    }
    new.extend(lines.map(|(_, line)| line));
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_take_the_place_of_their_lines_only() {
        let edit = |first, end, text: &str| Edit { first, end, text: text.to_owned() };
        let text = "one\ntwo\nthree\nfour";
        assert_eq!(edited(text, vec![]), text);
        assert_eq!(edited(text, vec![edit(3, 3, "new\n"), edit(1, 2, "")]), "two\nnew\nthree\nfour");
        assert_eq!(edited(text, vec![edit(2, 5, "new\n")]), "one\nnew\n");
    }
}
