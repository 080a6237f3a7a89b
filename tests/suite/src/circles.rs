//! Import circles inside a version: files that need each other, directly or through others. A reader can't understand one
//! of them first, and a chapter can't build them one after the other.
//!
//! A file needs another one if it names a path into it (`crate::log::line`, `super::slab`). That a module names its own
//! submodules doesn't count: the two are one room. Unit tests are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use regex::Regex;

/// The start of a path within the package; what follows `{` in a list of imports is not looked at.
static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(crate|super)((?:::[A-Za-z_][A-Za-z0-9_]*)+)").expect("a valid expression"));

/// Files that need each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle {
    /// The modules, such as `runtime::slab`, sorted.
    pub modules: Vec<String>,
    /// Which module names which path into another one of them.
    pub ties: Vec<String>,
}

/// The circles of the package whose sources are below `folder`.
///
/// # Errors
///
/// A file that can't be read.
pub fn circles(folder: &Path) -> Result<Vec<Circle>> {
    let mut sources = BTreeMap::new();
    read(folder, "", &mut sources)?;
    let modules: BTreeSet<&str> = sources.keys().map(String::as_str).collect();
    let mut graph = DiGraphMap::<&str, ()>::new();
    let mut ties = Vec::new();
    for (module, text) in &sources {
        for path in PATH.captures_iter(text) {
            let named = resolve(module, &path[1], &path[2]);
            let target = modules.iter().filter(|other| is_within(&named, other)).max_by_key(|other| other.len());
            if let Some(target) = target.filter(|target| !is_within(target, module)) {
                graph.add_edge(module.as_str(), *target, ());
                ties.push((module.as_str(), *target, format!("{module} names {}{}", &path[1], &path[2])));
            }
        }
    }
    let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
    let circle = |group: Vec<&str>| {
        let mut modules: Vec<_> = group.iter().map(|module| (*module).to_owned()).collect();
        modules.sort();
        let inside = ties.iter().filter(|(from, to, _)| group.contains(from) && group.contains(to));
        let ties: BTreeSet<_> = inside.map(|(_, _, tie)| tie.clone()).collect();
        Circle { modules, ties: ties.into_iter().collect() }
    };
    let mut circles: Vec<_> = groups.map(circle).collect();
    circles.sort_by(|one, other| one.modules.cmp(&other.modules));
    Ok(circles)
}

/// Reads the files below `folder`, whose module is `parent`, each without its comments and its unit tests.
fn read(folder: &Path, parent: &str, sources: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".rs").unwrap_or(&name);
        let module = if parent.is_empty() { stem.to_owned() } else { format!("{parent}::{stem}") };
        if entry.file_type()?.is_dir() && name != "tests" {
            read(&entry.path(), &module, sources)?;
        } else if name.ends_with(".rs") && stem != "tests" && stem != "main" {
            let module = if stem == "mod" { parent.to_owned() } else { module };
            let text = fs::read_to_string(entry.path()).with_context(|| format!("cannot read {name}"))?;
            let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let is_code = |line: &&str| !line.trim_start().starts_with("//");
            sources.insert(module, text.lines().filter(is_code).map(|line| format!("{line}\n")).collect());
        }
    }
    Ok(())
}

/// The module or item that a path means which `module` names.
fn resolve(module: &str, start: &str, rest: &str) -> String {
    let above = module.rsplit_once("::").map_or("", |(above, _)| above);
    let base = if start == "super" { above } else { "" };
    format!("{base}{rest}").trim_start_matches("::").to_owned()
}

fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
