//! No two files of a version import each other in a circle.

use std::fs;
use std::path::Path;

use anyhow::Result;
use suite::circles::circles;
use suite::steps::STEPS;

#[test]
fn no_two_files_need_each_other() -> Result<()> {
    let mut faults = Vec::new();
    for step in STEPS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates").join(step.version).join("src");
        for circle in circles(&folder)? {
            faults.push(format!(
                "{}: these files import each other in a circle; move what they share below them: {:?}\n  {}",
                step.version,
                circle.modules,
                circle.ties.join("\n  ")
            ));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    Ok(())
}

/// `one` needs `two`, `two` needs `room::three`, and that one needs `one`. The module `room` and its own file are one room.
#[test]
fn a_circle_through_three_files_is_found() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let files = [
        ("main.rs", "mod one;\nmod room;\nmod two;\n\nuse crate::one::f;\n"),
        ("one.rs", "use crate::two;\n\npub fn f() {\n    two::g();\n}\n"),
        ("two.rs", "// Not crate::alone.\npub fn g() {\n    crate::room::three::h();\n}\n"),
        ("room/mod.rs", "pub mod three;\npub use crate::room::three::h;\n\npub struct Shared;\n"),
        ("room/three.rs", "use super::Shared;\nuse crate::one::f;\n\npub fn h() {}\n"),
        ("alone.rs", "use crate::one;\n\n#[cfg(test)]\nmod tests {\n    use crate::alone;\n}\n"),
    ];
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
        fs::write(path, text)?;
    }
    let circles = circles(folder.path())?;
    assert_eq!(circles.len(), 1, "{circles:#?}");
    assert_eq!(circles[0].modules, ["one", "room::three", "two"]);
    let ties = ["one names crate::two", "room::three names crate::one::f", "two names crate::room::three::h"];
    assert_eq!(circles[0].ties, ties);
    Ok(())
}
