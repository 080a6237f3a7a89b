//! Import circles inside a version: files that need each other, directly or through others. A reader can't understand one
//! of them first, and a chapter can't build them one after the other.
//!
//! A file needs another one if it names something in it: `crate::log::line`, `super::LIMIT`, each name in
//! `crate::{log, signals}`, and what follows an imported name, also an alias (`use crate::log as l`, then `l::line`). A name
//! that a module only passes on (`pub use`) belongs to the file that has it. Unit tests are left out.

mod names;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use names::Names;

/// Files that need each other.
#[derive(Debug, PartialEq, Eq)]
pub struct Circle {
    /// The modules, such as `runtime::slab`, sorted. The main file is `crate`.
    pub modules: Vec<String>,
    /// Which module names which path in another one of them.
    pub ties: Vec<String>,
}

/// The circles of the package whose sources are below `folder`.
///
/// # Errors
///
/// A file that can't be read, or that isn't Rust.
pub fn circles(folder: &Path) -> Result<Vec<Circle>> {
    let ties = Names::read(folder)?.ties();
    let mut graph = DiGraphMap::<&str, ()>::new();
    for tie in &ties {
        graph.add_edge(&tie.from, &tie.to, ());
    }
    let groups = tarjan_scc(&graph).into_iter().filter(|group| group.len() > 1);
    let circle = |group: Vec<&str>| {
        let mut modules: Vec<_> = group.iter().map(|module| (*module).to_owned()).collect();
        modules.sort();
        let inside = ties.iter().filter(|tie| group.contains(&&*tie.from) && group.contains(&&*tie.to));
        let ties: BTreeSet<_> = inside.map(|tie| format!("{} names {}", tie.from, tie.path)).collect();
        Circle { modules, ties: ties.into_iter().collect() }
    };
    let mut circles: Vec<_> = groups.map(circle).collect();
    circles.sort_by(|one, other| one.modules.cmp(&other.modules));
    Ok(circles)
}
