//! Hints for the block that is next: first its place, then the idea, then its lines. How many were given is remembered in
//! the target folder, and only that.

use std::fs;
use std::path::PathBuf;

use book::chapter::Kind;

use crate::course::{Block, Course};
use crate::place::Here;
use crate::report::{difference, wrap};

/// How many hints there are for a block.
pub const LEVELS: usize = 3;

/// The next hint for what comes after this place: one more each time.
pub fn next(course: &Course, here: &Here) -> Vec<String> {
    let file = memory(course);
    let place = here.done + 1;
    let (last, level) = fs::read_to_string(&file).ok().and_then(|text| parse(&text)).unwrap_or((0, 0));
    let level = if last == place { (level + 1).min(LEVELS) } else { 1 };
    if let Some(folder) = file.parent() {
        let _ = fs::create_dir_all(folder); // A hint that is given twice does no harm.
    }
    let _ = fs::write(&file, format!("{place} {level}\n"));
    hint(course, here, level)
}

fn memory(course: &Course) -> PathBuf {
    course.book.root.join("target/learn/hint")
}

fn parse(text: &str) -> Option<(usize, usize)> {
    let (place, level) = text.trim().split_once(' ')?;
    Some((place.parse().ok()?, level.parse().ok()?))
}

/// All hints up to this level.
pub fn hint(course: &Course, here: &Here, level: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(first) = here.differences.first() {
        lines.push("First look at where your code differs from the book's:".to_owned());
        lines.extend(difference(course, first));
        lines.push(String::new());
    }
    let Some(block) = course.places.get(here.done + 1).and_then(|place| place.block.as_ref()) else {
        lines.push("There is nothing left to type: this is the end of the book.".to_owned());
        return lines;
    };
    lines.extend(place(course, block));
    if level >= 2 {
        lines.push(String::new());
        lines.extend(idea(course, block).iter().flat_map(|text| wrap(text, 78)));
    }
    match level {
        1 => lines.push("(once more: the idea)".to_owned()),
        2 => lines.push("(once more: the lines)".to_owned()),
        _ => {
            lines.push(String::new());
            lines.extend(code(course, block));
        }
    }
    lines
}

fn place(course: &Course, block: &Block) -> Vec<String> {
    let inside = if block.inside.is_empty() { String::new() } else { format!(", {}", block.inside) };
    vec![
        format!(
            "Next is block {} of \"{}\", at lessons/{}.md:{}.",
            block.number,
            block.heading,
            chapter(course, block),
            block.line
        ),
        match block.removed {
            true => format!("It removes {}.", block.path),
            false => format!("It belongs in {}{inside}.", block.path),
        },
    ]
}

fn chapter<'a>(course: &'a Course, block: &Block) -> &'a str {
    &course.chapters[block.chapter].name
}

/// The page's text before the block, back to the block or the heading before it; without any, the paragraph after it.
fn idea(course: &Course, block: &Block) -> Vec<String> {
    let parts = &course.page(block.chapter).parts;
    let text = |kind: &Kind| match kind {
        Kind::Paragraph(prose) | Kind::Item(prose) => Some(prose.text()),
        _ => None,
    };
    let mut before: Vec<_> = parts[..block.part].iter().rev().skip(1).map_while(|part| text(&part.kind)).collect();
    before.reverse();
    if before.is_empty() {
        return parts[block.part + 1..].iter().map_while(|part| text(&part.kind)).take(1).collect();
    }
    before
}

fn code(course: &Course, block: &Block) -> Vec<String> {
    match &course.page(block.chapter).parts[block.part].kind {
        Kind::Code(code) => code.lines().map(|line| format!("    {line}")).collect(),
        _ => Vec::new(),
    }
}
