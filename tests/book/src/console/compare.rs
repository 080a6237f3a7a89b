//! Whether an output is what a lesson prints, and if not, what the lesson should print.
//!
//! `...` stands for any lines, so that which line belongs to which is found by trying. Numbers that stand for processes
//! are equal when each number of the lesson means one process, and each process one number, in the whole block.

use std::cell::Cell;

use similar::{Algorithm, DiffTag, TextDiff, capture_diff_slices};

use super::masks::{Masked, Masks};

/// Stands alone on a line for any lines.
pub(super) const ANY: &str = "...";

/// After so many comparisons of two lines an output is another one.
const COMPARISONS: u32 = 200_000;

/// Which number of the lesson means which process, so far in a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Pids(Vec<(String, String)>);

impl Pids {
    /// Takes the numbers of a line in; whether they agree with all before.
    fn agree(&mut self, lesson: &[String], actual: &[String]) -> bool {
        lesson.iter().zip(actual).all(|(lesson, actual)| {
            let known = self.0.iter().find(|(one, other)| one == lesson || other == actual);
            match known {
                Some((one, other)) => one == lesson && other == actual,
                None => {
                    self.0.push((lesson.clone(), actual.clone()));
                    true
                }
            }
        })
    }
}

/// What a step should print.
pub(super) struct Expected {
    items: Vec<Item>,
}

enum Item {
    Line(Masked),
    Any,
    /// Lines in any order, and whether others may be among them.
    Unordered(Vec<Masked>, bool),
}

impl Expected {
    /// `open`: any lines may come before.
    pub(super) fn new(lines: &[String], masks: Masks, open: bool) -> Expected {
        let before = open.then_some(Item::Any);
        let items: Vec<_> = if masks.order {
            let others = lines.iter().any(|line| line.trim() == ANY);
            let lines = lines.iter().filter(|line| line.trim() != ANY).map(|line| masks.of(line)).collect();
            vec![Item::Unordered(lines, others)]
        } else {
            let item = |line: &String| if line.trim() == ANY { Item::Any } else { Item::Line(masks.of(line)) };
            lines.iter().map(item).collect()
        };
        Expected { items: before.into_iter().chain(items).collect() }
    }

    /// How many of the lines that came are what was expected: all of them with `whole`, else the fewest first ones.
    /// None if it is something else.
    pub(super) fn matches(&self, actual: &[Masked], whole: bool, pids: &mut Pids) -> Option<usize> {
        let first = if whole { actual.len() } else { 0 };
        (first..=actual.len()).find(|&count| {
            let walk = Walk { left: Cell::new(COMPARISONS) };
            let mut found = pids.clone();
            let matches = walk.all(&self.items, &actual[..count], &mut found);
            if matches {
                *pids = found;
            }
            matches
        })
    }

    /// Whether what comes late may still belong to it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.items.last(), Some(Item::Any | Item::Unordered(_, true)))
    }
}

/// A search for which line belongs to which.
struct Walk {
    left: Cell<u32>,
}

impl Walk {
    fn all(&self, items: &[Item], actual: &[Masked], pids: &mut Pids) -> bool {
        let Some((item, rest)) = items.split_first() else { return actual.is_empty() };
        match item {
            Item::Line(line) => {
                let Some((first, others)) = actual.split_first() else { return false };
                self.line(line, first, pids, |pids| self.all(rest, others, pids))
            }
            Item::Any => (0..=actual.len()).any(|count| self.all(rest, &actual[count..], pids)),
            Item::Unordered(lines, others) => {
                let most = if *others { actual.len() } else { lines.len().min(actual.len()) };
                (lines.len()..=most).any(|count| {
                    let (here, there) = actual.split_at(count);
                    let here: Vec<_> = here.iter().collect();
                    self.unordered(lines, &here, pids, &|pids| self.all(rest, there, pids))
                })
            }
        }
    }

    /// Whether two lines are equal, and then `rest` holds.
    fn line(&self, lesson: &Masked, actual: &Masked, pids: &mut Pids, rest: impl Fn(&mut Pids) -> bool) -> bool {
        self.left.set(self.left.get().saturating_sub(1));
        if self.left.get() == 0 || lesson.text != actual.text {
            return false;
        }
        let mut tried = pids.clone();
        let agree = tried.agree(&lesson.pids, &actual.pids) && rest(&mut tried);
        if agree {
            *pids = tried;
        }
        agree
    }

    fn unordered(
        &self,
        lines: &[Masked],
        actual: &[&Masked],
        pids: &mut Pids,
        rest: &dyn Fn(&mut Pids) -> bool,
    ) -> bool {
        let Some((line, others)) = lines.split_first() else { return rest(pids) };
        (0..actual.len()).any(|at| {
            let mut left = actual.to_vec();
            left.remove(at);
            self.line(line, actual[at], pids, |pids| self.unordered(others, &left, pids, rest))
        })
    }
}

/// What the lesson should print: the actual lines, but `...` and what is masked as it stands there where it still agrees.
pub(super) fn merged(lesson: &[String], actual: &[String], masks: Masks, pids: &Pids) -> Vec<String> {
    let texts = |lines: &[String]| lines.iter().map(|line| masks.of(line).text).collect::<Vec<_>>();
    let mut merged = Vec::new();
    for operation in capture_diff_slices(Algorithm::Patience, &texts(lesson), &texts(actual)) {
        let (tag, old, new) = operation.as_tag_tuple();
        let (old, new) = (&lesson[old], &actual[new]);
        match old.iter().position(|line| line.trim() == ANY) {
            _ if tag == DiffTag::Equal => merged.extend_from_slice(old),
            None => merged.extend_from_slice(new),
            Some(before) => {
                // The dots keep their distance from the lines around them.
                let after = old.len() - 1 - before;
                let before = before.min(new.len());
                let after = after.min(new.len() - before);
                merged.extend_from_slice(&new[..before]);
                merged.push(ANY.to_owned());
                merged.extend_from_slice(&new[new.len() - after..]);
            }
        }
    }
    let masked: Vec<_> = actual.iter().map(|line| masks.of(line)).collect();
    // Numbers that are equal where they should differ, or the other way round, show only as they are.
    let is_right = Expected::new(&merged, masks, false).matches(&masked, true, &mut pids.clone()).is_some();
    if is_right { merged } else { actual.to_vec() }
}

/// The difference, each line marked and indented, for a message.
pub(super) fn difference(lesson: &[String], actual: &[String]) -> String {
    let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let (lesson, actual) = (text(lesson), text(actual));
    let changes = TextDiff::from_lines(&lesson, &actual);
    changes.iter_all_changes().map(|change| format!("    {}{change}", change.tag())).collect()
}
