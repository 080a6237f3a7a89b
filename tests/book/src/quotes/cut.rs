//! Cuts a table or a section out of a page.

use crate::chapter::{Chapter, Kind};

/// A heading: its line, its level, its words.
struct Heading {
    line: usize,
    level: usize,
    text: String,
}

fn headings(file: &Chapter) -> Vec<Heading> {
    let headings = file.parts.iter().filter_map(|part| match &part.kind {
        Kind::Heading { level, prose, .. } => Some(Heading { line: part.line, level: *level, text: prose.text() }),
        _ => None,
    });
    headings.collect()
}

/// The lines below the heading `name`, up to the next heading that `ends` them.
fn below<'a>(file: &'a Chapter, name: &str, ends: fn(&Heading, &Heading) -> bool) -> Result<Vec<&'a str>, String> {
    let headings = headings(file);
    let Some(at) = headings.iter().position(|heading| heading.text == name) else {
        let known: Vec<_> = headings.iter().map(|heading| format!("\"{}\"", heading.text)).collect();
        return Err(format!("{} has no heading \"{name}\"; it has {}", file.path, known.join(", ")));
    };
    let first = headings[at].line;
    let last =
        headings[at + 1..].iter().find(|next| ends(&headings[at], next)).map_or(usize::MAX, |next| next.line - 1);
    Ok(file.text.lines().take(last).skip(first).collect())
}

/// All below the heading, up to the next of the same or a higher level.
pub(super) fn section(file: &Chapter, name: &str) -> Result<String, String> {
    let lines = below(file, name, |here, next| next.level <= here.level)?;
    Ok(lines.join("\n").trim().to_owned())
}

/// The first table below the heading: its head, and these rows or all.
pub(super) fn table(file: &Chapter, name: &str, rows: Option<&str>) -> Result<String, String> {
    let lines = below(file, name, |_, _| true)?;
    let is_row = |line: &&&str| line.starts_with('|');
    let table: Vec<&str> = lines.iter().skip_while(|line| !is_row(line)).take_while(is_row).copied().collect();
    if table.len() < 3 {
        return Err(format!("{} has no table below \"{name}\"", file.path));
    }
    let Some(rows) = rows else { return Ok(table.join("\n")) };
    let mut chosen = table[..2].to_vec();
    for wanted in names(rows) {
        let Some(row) = table[2..].iter().find(|row| first_cell(row) == wanted) else {
            let known: Vec<_> = table[2..].iter().map(|row| format!("\"{}\"", first_cell(row))).collect();
            return Err(format!(
                "the table \"{name}\" of {} has no row \"{wanted}\"; it has {}",
                file.path,
                known.join(", ")
            ));
        };
        chosen.push(row);
    }
    Ok(chosen.join("\n"))
}

/// Words, or several of them in quotation marks.
fn names(rows: &str) -> Vec<&str> {
    let outside_then_inside = rows.split('"').enumerate();
    outside_then_inside
        .flat_map(|(at, text)| if at % 2 == 1 { vec![text] } else { text.split_whitespace().collect() })
        .collect()
}

/// Its words, without the marks of code and of stress.
fn first_cell(row: &str) -> &str {
    row.trim_start_matches('|').split('|').next().unwrap_or_default().trim_matches([' ', '*', '`'])
}
