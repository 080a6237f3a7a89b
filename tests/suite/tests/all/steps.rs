//! The declared steps: the real tree is held to them, and each rule is broken in turn on a small tree.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use suite::steps::{Growth, STEPS, Step, check};
use tempfile::TempDir;

#[test]
fn the_tree_is_as_the_steps_declare() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let faults = check(&root, STEPS)?;
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    Ok(())
}

#[test]
fn a_package_stays_from_the_version_that_first_needs_it() {
    for pair in STEPS.windows(2) {
        for package in pair[0].packages {
            assert!(pair[1].packages.contains(package), "{} does without {package}", pair[1].version);
        }
    }
}

/// Two versions: the second changes `main.rs`, lets `book.md` grow, adds `new.rs` and removes `old.rs`.
const SMALL: [Step; 2] = [
    Step {
        version: "v01",
        why: "",
        changes: &[],
        adds: &["book.md", "main.rs", "old.rs", "same.rs"],
        removes: &[],
        packages: &["anyhow"],
        builds_with: &[],
    },
    Step {
        version: "v02",
        why: "",
        changes: &[("main.rs", Growth::Any), ("book.md", Growth::Only)],
        adds: &["new.rs"],
        removes: &["old.rs"],
        packages: &["anyhow", "signal-hook"],
        builds_with: &[],
    },
];

struct Tree(TempDir);

impl Tree {
    /// A tree that is as `SMALL` declares.
    fn new() -> Result<Self> {
        let tree = Self(tempfile::tempdir()?);
        tree.put("v01/Cargo.toml", &manifest("anyhow = \"1\""))?;
        tree.put("v01/src/main.rs", "use anyhow::Result;\n")?;
        tree.put("v01/src/book.md", "one\ntwo\none\n")?;
        tree.put("v01/src/old.rs", "old\n")?;
        tree.put("v01/src/same.rs", "same\n")?;
        tree.put("v02/Cargo.toml", &manifest("anyhow = \"1\"\nsignal-hook.workspace = true"))?;
        tree.put("v02/src/main.rs", "use anyhow::Result;\nuse signal_hook::flag;\n")?;
        tree.put("v02/src/book.md", "zero\none\ntwo\none\nthree\n")?;
        tree.put("v02/src/new.rs", "new\n")?;
        tree.put("v02/src/same.rs", "same\n")?;
        Ok(tree)
    }

    fn put(&self, path: &str, text: &str) -> Result<()> {
        let path = self.0.path().join("crates").join(path);
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        Ok(fs::write(path, text)?)
    }

    fn delete(&self, path: &str) -> Result<()> {
        Ok(fs::remove_file(self.0.path().join("crates").join(path))?)
    }

    fn check(&self, steps: &[Step]) -> Result<Vec<String>> {
        check(self.0.path(), steps)
    }
}

fn manifest(dependencies: &str) -> String {
    format!("[dependencies]\n{dependencies}\n\n[dev-dependencies]\nsuite.workspace = true\n")
}

/// Holds that `steps` find one fault in `tree`, and that it is told by `parts`.
#[track_caller]
fn one_fault(tree: &Tree, steps: &[Step], parts: &[&str]) -> Result<()> {
    let faults = tree.check(steps)?;
    assert_eq!(faults.len(), 1, "{faults:#?}");
    for part in parts {
        assert!(faults[0].contains(part), "{part:?} is not in: {}", faults[0]);
    }
    Ok(())
}

/// `SMALL` with a second step that is a little different.
fn declared(change: impl FnOnce(&mut Step)) -> [Step<'static>; 2] {
    let mut steps = SMALL;
    change(&mut steps[1]);
    steps
}

#[test]
fn a_tree_as_declared_has_no_fault() -> Result<()> {
    assert_eq!(Tree::new()?.check(&SMALL)?, Vec::<String>::new());
    Ok(())
}

#[test]
fn an_undeclared_change_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/src/same.rs", "same\n\n")?;
    let command = "`diff -u crates/v01/src/same.rs crates/v02/src/same.rs`";
    let way_out = "make the same change in v01 and run `cargo run -p suite -- carry v01`, or, if";
    one_fault(&tree, &SMALL, &["v02 same.rs: differs from v01's", way_out, "declare the file in", command])
}

#[test]
fn a_declared_change_that_is_none_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/src/book.md", "one\ntwo\none\n")?;
    one_fault(&tree, &SMALL, &["v02 book.md: declared as changed, but it is v01's to the byte"])
}

#[test]
fn a_declared_change_of_a_file_that_was_not_there_is_a_fault() -> Result<()> {
    let steps = declared(|step| {
        step.adds = &[];
        step.changes = &[("main.rs", Growth::Any), ("book.md", Growth::Only), ("new.rs", Growth::Any)];
    });
    one_fault(&Tree::new()?, &steps, &["v02 new.rs: declared as changed, but it is new"])
}

#[test]
fn an_undeclared_file_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/src/runtime/timer.rs", "new\n")?;
    let command = "`diff -uN crates/v01/src/runtime/timer.rs crates/v02/src/runtime/timer.rs`";
    one_fault(&tree, &SMALL, &["v02 runtime/timer.rs: is new", "not declare it as added", command])
}

#[test]
fn an_undeclared_file_of_the_first_version_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v01/src/more.rs", "more\n")?;
    tree.put("v02/src/more.rs", "more\n")?;
    one_fault(&tree, &SMALL, &["v01 more.rs", "not declare it as added", "`ls crates/v01/src`"])
}

#[test]
fn an_added_file_that_was_there_is_a_fault() -> Result<()> {
    let steps = declared(|step| step.adds = &["new.rs", "same.rs"]);
    one_fault(&Tree::new()?, &steps, &["v02 same.rs: declared as added, but v01 has it already"])
}

#[test]
fn an_added_file_that_is_not_there_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.delete("v02/src/new.rs")?;
    one_fault(&tree, &SMALL, &["v02 new.rs: the step declares it, but it is not there"])
}

#[test]
fn a_file_that_goes_undeclared_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.delete("v02/src/same.rs")?;
    one_fault(&tree, &SMALL, &["v02 same.rs: v01 has it", "not declare it as removed"])
}

#[test]
fn a_removed_file_that_is_still_there_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/src/old.rs", "old\n")?;
    one_fault(&tree, &SMALL, &["v02 old.rs: declared as removed, but it is still there"])
}

#[test]
fn a_file_in_two_lists_is_a_fault() -> Result<()> {
    let steps = declared(|step| step.removes = &["old.rs", "main.rs"]);
    one_fault(&Tree::new()?, &steps, &["v02 main.rs: the step declares it in two lists"])
}

#[test]
fn a_growing_file_that_loses_a_line_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/src/book.md", "one\none\nthree\n")?;
    one_fault(&tree, &SMALL, &["v02 book.md: may only grow", "v01's line 2 (two)"])
}

#[test]
fn a_growing_file_that_puts_lines_in_another_order_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/src/book.md", "one\none\ntwo\n")?;
    one_fault(&tree, &SMALL, &["v02 book.md: may only grow", "v01's line 3 (one)"])
}

#[test]
fn an_undeclared_package_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v01/Cargo.toml", &manifest("anyhow = \"1\"\nnix = \"0.31\""))?;
    one_fault(&tree, &SMALL, &["v01 Cargo.toml: [dependencies] has", "nix", "`cat crates/v01/Cargo.toml`"])
}

#[test]
fn a_declared_package_that_is_missing_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/Cargo.toml", &manifest("anyhow = \"1\""))?;
    one_fault(&tree, &SMALL, &["v02 Cargo.toml: [dependencies] has", "signal-hook"])
}

#[test]
fn a_package_for_tests_other_than_the_suite_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v01/Cargo.toml", &(manifest("anyhow = \"1\"") + "tempfile = \"3\"\n"))?;
    one_fault(&tree, &SMALL, &["v01 Cargo.toml: [dev-dependencies] has", "tempfile"])
}

#[test]
fn a_package_for_the_build_or_one_platform_is_a_fault() -> Result<()> {
    for (table, name) in [("build-dependencies", "cc"), ("target.'cfg(unix)'.dependencies", "libc")] {
        let tree = Tree::new()?;
        tree.put("v01/Cargo.toml", &format!("{}[{table}]\n{name} = \"1\"\n", manifest("anyhow = \"1\"")))?;
        one_fault(&tree, &SMALL, &["v01 Cargo.toml: ["])?;
    }
    Ok(())
}

#[test]
fn a_package_that_nothing_uses_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("v02/src/main.rs", "use anyhow::Result;\n\n")?;
    one_fault(&tree, &SMALL, &["v02 does not need signal-hook", "signal_hook::"])
}

#[test]
fn an_undeclared_version_is_a_fault() -> Result<()> {
    one_fault(&Tree::new()?, &SMALL[..1], &["crates/v02 is declared by no step"])
}

#[test]
fn what_the_reader_types_is_no_fault() -> Result<()> {
    let tree = Tree::new()?;
    tree.put("mine/Cargo.toml", "half a")?;
    tree.put("mine/src/main.rs", "half a line")?;
    assert_eq!(tree.check(&SMALL)?, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_version_that_is_missing_between_two_is_a_fault() -> Result<()> {
    let tree = Tree::new()?;
    let steps = [SMALL[0], Step { version: "v01a", ..SMALL[1] }, SMALL[1]];
    one_fault(&tree, &steps, &["crates/v01a/src is not there"])
}

#[test]
fn a_version_that_is_still_to_come_is_no_fault() -> Result<()> {
    let steps = [SMALL[0], SMALL[1], Step { version: "v03", ..SMALL[1] }];
    assert_eq!(Tree::new()?.check(&steps)?, Vec::<String>::new());
    Ok(())
}
