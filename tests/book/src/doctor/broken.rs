//! The edits that put faults into versions: whether they still fit. The tables are those of `tests/broken`, whose build
//! script makes the edits, and fails in the middle of a build when one doesn't fit.

use std::fs;
use std::path::Path;

use edit::Edit;

use super::Problem;

#[macro_use]
#[path = "../../../broken/edit.rs"]
mod edit;
#[path = "../../../broken/src/fault/v01.rs"]
mod v01;
#[path = "../../../broken/src/fault/v02.rs"]
mod v02;
#[path = "../../../broken/src/fault/v03.rs"]
mod v03;
#[path = "../../../broken/src/fault/v04.rs"]
mod v04;
#[path = "../../../broken/src/fault/v05.rs"]
mod v05;
#[path = "../../../broken/src/fault/v06.rs"]
mod v06;
#[path = "../../../broken/src/fault/v07.rs"]
mod v07;

/// The tables of each version that is edited, in the order in which their edits are made.
const VERSIONS: [(&str, &[&[Edit]]); 3] = [
    ("v05", &[v01::EDITS, v02::EDITS, v03::EDITS, v04::EDITS, v05::EDITS]),
    ("v06", &[v06::EDITS]),
    ("v07", &[v07::EDITS]),
];

/// Where the tables are.
const TABLES: &str = "tests/broken/src/fault";

/// The edits that don't fit the versions of the repository at `root`.
pub(super) fn misfits(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (version, tables) in VERSIONS {
        let edits = tables.concat();
        let (_, misfits) = edit::apply(&root.join("crates").join(version).join("src"), &edits);
        let package = if version == "v07" { "broken-v07" } else { "broken" };
        problems.extend(misfits.into_iter().map(|(edit, why)| Problem {
            text: format!("{}: change the edit for {}: crates/{version}/src/{why}", place(root, edit), edit.fault),
            fix: format!("cargo test -p {package}"),
        }));
    }
    problems
}

/// The table and the line of an edit's fault.
fn place(root: &Path, edit: &Edit) -> String {
    let head = format!("{}:", edit.fault);
    let find = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).ok()?;
        let at = text.lines().position(|line| line.trim() == head)?;
        Some(format!("{TABLES}/{}:{}", entry.file_name().display(), at + 1))
    };
    let entries = fs::read_dir(root.join(TABLES)).into_iter().flatten().flatten();
    entries.into_iter().find_map(find).unwrap_or_else(|| TABLES.to_owned())
}
