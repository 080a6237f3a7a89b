//! A file of a version while its step is told.

use super::source;

/// A file, as far as it is told.
#[derive(Clone, Debug)]
pub(super) enum File {
    /// One that the version before has: its lines, with the changes that were told.
    Old(Vec<String>),
    /// One that this version adds, or writes anew: its own lines, which of them were shown, and behind which the next
    /// block begins.
    New { lines: Vec<String>, shown: Vec<bool>, at: usize },
    /// One that is copied: its own lines.
    Copied(Vec<String>),
}

impl File {
    pub(super) fn new(lines: Vec<String>) -> File {
        File::New { shown: vec![false; lines.len()], lines, at: 0 }
    }

    /// As it is after what was told.
    pub(super) fn told(&self) -> Vec<String> {
        match self {
            File::Old(lines) | File::Copied(lines) => lines.clone(),
            File::New { lines, shown, .. } => {
                // An empty line need not be shown: it is there if the line before it is.
                let mut before = false;
                let keep = |(line, shown): (&String, &bool)| {
                    before = *shown || line.is_empty() && before;
                    before.then(|| line.clone())
                };
                lines.iter().zip(shown).filter_map(keep).collect()
            }
        }
    }
}

/// Shows the next lines of a new file.
///
/// # Errors
///
/// What is wrong with the block, in words.
pub(super) fn show(file: &mut File, path: &str, block: &[String]) -> Result<(), String> {
    let File::New { lines, shown, at } = file else { return Ok(()) };
    let mut next = *at;
    while lines.get(next).is_some_and(String::is_empty) {
        next += 1;
    }
    let from = if path.ends_with("/Cargo.toml") { 0 } else { next };
    let Some(place) = places(lines, block).into_iter().find(|place| *place >= from) else {
        return Err(not_next(lines, next, path, block));
    };
    shown[place..place + block.len()].fill(true);
    *at = place + block.len();
    let skipped: Vec<_> = (next..place).filter(|line| source::told(path, lines)[*line]).collect();
    match (skipped.first(), skipped.last()) {
        (Some(first), Some(last)) => Err(format!(
            "these lines are not the next ones of {path}: its lines {} to {} come before them (`{}` …); show them first",
            first + 1,
            last + 1,
            lines[*first].trim()
        )),
        _ => Ok(()),
    }
}

fn not_next(lines: &[String], next: usize, path: &str, block: &[String]) -> String {
    if !places(lines, block).is_empty() {
        return format!("these lines of {path} stand before others that were shown already; show a file in its order");
    }
    let wrong = block.iter().zip(lines[next..].iter()).position(|(line, there)| line != there);
    let (line, there) = match wrong {
        Some(at) => (&block[at], lines[next + at].as_str()),
        None => (&block[lines.len().saturating_sub(next).min(block.len() - 1)], "the end of the file"),
    };
    let at = next + wrong.unwrap_or(lines.len() - next) + 1;
    format!(
        "these lines are not the next ones of {path}: the block has `{line}` where the file (line {at}) has `{there}`"
    )
}

/// Applies a block of changes: each stretch between `@@` lines at the one place where its old lines stand.
///
/// # Errors
///
/// The line within the block, and what is wrong, in words.
pub(super) fn change(lines: &mut Vec<String>, path: &str, block: &[&str]) -> Result<(), (usize, String)> {
    let mut first = 0;
    for hunk in block.split(|line| line.starts_with("@@")) {
        if hunk.iter().any(|line| !line.trim().is_empty()) {
            change_once(lines, path, hunk).map_err(|text| (first, text))?;
        }
        first += hunk.len() + 1;
    }
    Ok(())
}

fn change_once(lines: &mut Vec<String>, path: &str, hunk: &[&str]) -> Result<(), String> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for line in hunk {
        match (line.chars().next(), line.get(1..).unwrap_or_default().to_owned()) {
            (Some('+'), rest) => new.push(rest),
            (Some('-'), rest) => old.push(rest),
            (Some(' ') | None, rest) => {
                old.push(rest.clone());
                new.push(rest);
            }
            _ => return Err(format!("`{line}` begins with neither `+` nor `-` nor a space; a diff needs one of them")),
        }
    }
    if old.iter().all(String::is_empty) {
        return Err(
            "only lines with + here: add an unchanged line of the file above or below, so that the place is clear"
                .into(),
        );
    }
    if old == new {
        return Err("no line with + or - here: nothing changes".into());
    }
    let exact: Vec<_> = places(lines, &old).into_iter().map(|at| (at, at + old.len())).collect();
    let found = if exact.is_empty() { loose_places(lines, &old) } else { exact };
    match found[..] {
        [(first, end)] => {
            lines.splice(first..end, new);
            Ok(())
        }
        [] => Err(not_found(lines, path, &old)),
        [(first, _), (second, _), ..] => Err(format!(
            "these lines stand in {path} {} times at this step (lines {} and {}): add unchanged lines until the place is clear",
            found.len(),
            first + 1,
            second + 1
        )),
    }
}

/// Tells how far the old lines are found.
fn not_found(lines: &[String], path: &str, old: &[String]) -> String {
    let start = format!("these lines do not stand in {path} at this step");
    if let Some(line) = old.iter().find(|line| !lines.contains(line)) {
        let near = lines.iter().position(|there| there.trim() == line.trim());
        let hint = near.map_or(String::new(), |at| format!(" (line {} has it with another indentation)", at + 1));
        return format!("{start}: it has no line `{}`{hint}", line.trim());
    }
    let longest =
        (1..old.len()).rev().find_map(|count| places(lines, &old[..count]).first().map(|at| (count, at + count)));
    match longest {
        Some((count, at)) => {
            let there = lines.get(at).map_or("the end of the file", |line| line.trim());
            let (last, next) = (old[count - 1].trim(), old[count].trim());
            format!("{start}: below `{last}` it has `{there}` (line {}), not `{next}`", at + 1)
        }
        None => start,
    }
}

/// Where `block` stands in `lines`, from its first line to behind its last, if empty lines don't count.
fn loose_places(lines: &[String], block: &[String]) -> Vec<(usize, usize)> {
    let solid: Vec<_> = lines.iter().enumerate().filter(|(_, line)| !line.is_empty()).collect();
    let block: Vec<_> = block.iter().filter(|line| !line.is_empty()).collect();
    let fits = |here: &&[(usize, &String)]| here.iter().map(|(_, line)| line).eq(&block);
    let place = |here: &[(usize, &String)]| Some((here.first()?.0, here.last()?.0 + 1));
    solid.windows(block.len().max(1)).filter(fits).filter_map(place).collect()
}

/// Where `block` stands in `lines`.
fn places(lines: &[String], block: &[String]) -> Vec<usize> {
    if block.is_empty() {
        return Vec::new();
    }
    lines.windows(block.len()).enumerate().filter(|(_, here)| *here == block).map(|(at, _)| at).collect()
}
