//! Links within the repository: the file is there, and so is the heading.
//!
//! A heading's id is what GitHub and mdBook both make of it (`chapter::parse`). Addresses of the web are not fetched.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::chapter::{self, Chapter, Code, Kind, Part, is_path};
use crate::code::CHANGE;
use crate::fault::Fault;

/// Where a code span's path may begin; others are of other programs, or of no tree at all.
const TREES: [&str; 3] = ["crates/", "lessons/", "tests/"];

/// The reader's own version: it is there when the reader has made it.
const READERS: &str = "crates/mine";

/// The links of a page that lead nowhere, and the files that it names and that are not there.
pub fn check(page: &Chapter) -> Vec<Fault> {
    let mut pages = BTreeMap::new();
    let mut faults = Vec::new();
    for (line, link) in page.parts.iter().flat_map(links) {
        let fault = wrong(page, &link, &mut pages).map(|text| page.fault(line, text));
        faults.extend(fault.filter(|fault| !faults.contains(fault)));
    }
    faults.extend(captions(page));
    // A step's blocks, and its lists of files to copy and to remove, name those that are gone too; `code` holds them to the
    // step.
    let is_code = |part: &Part| matches!(part.kind, Kind::Code(_));
    let is_caption = |at: usize| page.parts.get(at + 1).is_some_and(is_code) && page.caption(at + 1).is_some();
    let is_step =
        |(at, part): &(usize, &Part)| part.section == CHANGE && (matches!(part.kind, Kind::Item(_)) || is_caption(*at));
    let others = page.parts.iter().enumerate().filter(|part| !is_step(part)).map(|(_, part)| part);
    for (line, path) in others.flat_map(paths) {
        let is_known = TREES.iter().any(|tree| path.starts_with(tree)) && !path.starts_with(READERS);
        if is_known && !page.root.join(path).exists() {
            faults.push(page.fault(line, format!("there is no {path} in the repository")));
        }
    }
    faults
}

/// The captions of code whose link leads to another file than the one they name.
fn captions(page: &Chapter) -> Vec<Fault> {
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let other = |(at, _, _): (usize, &Part, &Code)| {
        let path = page.caption(at)?.path;
        let piece = page.paragraph_before(at)?.pieces.first()?;
        let link = piece.link.as_ref().filter(|link| inside(&folder.join(link)) != Some(PathBuf::from(&path)))?;
        Some(page.fault(piece.line, format!("the caption names {path}, and its link leads to `{link}`")))
    };
    page.code().filter_map(other).collect()
}

fn links(part: &Part) -> Vec<(usize, String)> {
    match &part.kind {
        Kind::Html(html) => chapter::links(html).into_iter().map(|link| (part.line, link)).collect(),
        _ => {
            let pieces = part.prose().into_iter().flat_map(|prose| &prose.pieces);
            pieces.filter_map(|piece| piece.link.clone().map(|link| (piece.line, link))).collect()
        }
    }
}

/// The code spans that look like a file.
fn paths(part: &Part) -> impl Iterator<Item = (usize, &str)> {
    let pieces = part.prose().into_iter().flat_map(|prose| &prose.pieces);
    pieces.filter(|piece| piece.code && is_path(&piece.text)).map(|piece| (piece.line, piece.text.as_str()))
}

/// What is wrong with a link of `page`, if anything.
fn wrong(page: &Chapter, link: &str, pages: &mut BTreeMap<PathBuf, Chapter>) -> Option<String> {
    static SCHEME: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[a-z][a-z+.-]*:").expect("a regular expression"));
    if SCHEME.is_match(link) {
        return None;
    }
    let (file, id) = link.split_once('#').map_or((link, None), |(file, id)| (file, Some(id)));
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let path = if file.is_empty() { Some(PathBuf::from(&page.path)) } else { inside(&folder.join(file)) };
    let Some(path) = path.filter(|path| page.root.join(path).exists()) else {
        return Some(format!("the link `{link}` leads to no file; links are from the folder of this page"));
    };
    let id = id?;
    if path.extension().is_none_or(|extension| extension != "md") {
        return Some(format!("the link `{link}` names a place in a file that is no page; leave out `#{id}`"));
    }
    let name = path.to_string_lossy().into_owned();
    let read = |path: &Path| match path.to_string_lossy() == page.path {
        true => Ok(page.clone()),
        false => Chapter::read(&page.root, &name),
    };
    if !pages.contains_key(&path) {
        match read(&path) {
            Ok(other) => pages.insert(path.clone(), other),
            Err(error) => return Some(format!("{error:#}")),
        };
    }
    let has = pages.get(&path).is_some_and(|other| other.parts.iter().any(|part| is_heading(part, id)));
    (!has).then(|| format!("the link `{link}` leads to no heading: {name} has none with the id `{id}`"))
}

fn is_heading(part: &Part, wanted: &str) -> bool {
    matches!(&part.kind, Kind::Heading { id, .. } if id == wanted)
}

/// The path without `..`; none if it leaves the repository.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::ParentDir if clean.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(clean)
}
