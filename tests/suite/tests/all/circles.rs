//! No two files of a version import each other in a circle.

use std::fs;
use std::path::Path;

use anyhow::Result;
use suite::circles::{Circle, circles};
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

/// The circles of a package with these files.
fn circles_of(files: &[(&str, &str)]) -> Result<Vec<Circle>> {
    let folder = tempfile::tempdir()?;
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder"))?;
        fs::write(path, text)?;
    }
    circles(folder.path())
}

/// Sees that the files have a single circle, of these modules and these ties.
#[track_caller]
fn has_one(files: &[(&str, &str)], modules: &[&str], ties: &[&str]) -> Result<()> {
    let circles = circles_of(files)?;
    assert_eq!(circles.len(), 1, "{circles:#?}");
    assert_eq!(circles[0].modules, modules);
    assert_eq!(circles[0].ties, ties);
    Ok(())
}

/// `one` needs `two`, `two` needs `room::three`, and that one needs `one`. It needs its room too, but not the other way
/// round.
#[test]
fn a_circle_through_three_files_is_found() -> Result<()> {
    let files = [
        ("main.rs", "mod one;\nmod room;\nmod two;\n\nuse crate::one::f;\n"),
        ("one.rs", "use crate::two;\n\npub fn f() {\n    two::g();\n}\n"),
        ("two.rs", "// Not crate::alone.\npub fn g() {\n    crate::room::three::h();\n}\n"),
        ("room/mod.rs", "pub mod three;\npub use crate::room::three::h;\n\npub struct Shared;\n"),
        ("room/three.rs", "use super::Shared;\nuse crate::one::f;\n\npub fn h() {}\n"),
        ("alone.rs", "use crate::one;\n\n#[cfg(test)]\nmod tests {\n    use crate::alone;\n}\n"),
    ];
    let ties = [
        "one names crate::two",
        "one names crate::two::g",
        "room::three names crate::one::f",
        "two names crate::room::three::h",
    ];
    has_one(&files, &["one", "room::three", "two"], &ties)
}

#[test]
fn a_circle_through_a_list_is_found() -> Result<()> {
    let files = [
        ("one.rs", "use crate::{room::{self, two::{X, Y}}, three};\n"),
        ("room/mod.rs", "pub mod two;\n"),
        ("room/two.rs", "pub struct X;\npub struct Y;\nuse crate::{three::*, log as l};\n"),
        ("three.rs", "use crate::{\n    log,\n    one,\n};\n"),
        ("log.rs", "use ::std::one;\nuse std::{one as other, io::{self, Write}};\n"),
    ];
    let ties = [
        "one names crate::room::two::X",
        "one names crate::room::two::Y",
        "one names crate::three",
        "room::two names crate::three",
        "three names crate::one",
    ];
    has_one(&files, &["one", "room::two", "three"], &ties)
}

/// `room` itself, whose alias `one` uses, needs nothing.
#[test]
fn a_circle_through_an_alias_is_found() -> Result<()> {
    let files = [
        ("one.rs", "use crate::room as r;\n\npub struct One(r::two::Two);\n"),
        ("room/mod.rs", "pub mod two;\n"),
        ("room/two.rs", "use crate::one::One as Other;\n\npub struct Two;\n"),
    ];
    let ties = ["one names crate::room::two::Two", "room::two names crate::one::One"];
    has_one(&files, &["one", "room::two"], &ties)
}

#[test]
fn a_circle_through_several_supers_is_found() -> Result<()> {
    let files = [
        ("one.rs", "pub fn f() {\n    crate::outer::inner::two::g();\n}\n"),
        ("outer/inner/two.rs", "pub fn g() {\n    super::super::super::one::f();\n}\n"),
    ];
    let ties = ["one names crate::outer::inner::two::g", "outer::inner::two names crate::one::f"];
    has_one(&files, &["one", "outer::inner::two"], &ties)
}

/// The room owns the thread-local that its file uses, and uses that file itself.
#[test]
fn a_circle_of_a_room_and_its_file_through_a_thread_local_is_found() -> Result<()> {
    let files = [
        (
            "room/mod.rs",
            "mod clock;\nuse clock::Clock;\nthread_local! {\n    static ROOM: Clock = const { clock::new() };\n}\n",
        ),
        ("room/clock.rs", "pub struct Clock;\n\nfn now() {\n    super::ROOM.with(|room| room);\n}\n"),
    ];
    let ties = [
        "room names crate::room::clock::Clock",
        "room names crate::room::clock::new",
        "room::clock names crate::room::ROOM",
    ];
    has_one(&files, &["room", "room::clock"], &ties)
}

/// What a room passes on belongs to its file, also for the room's other files. A circle of those is found; a room that only
/// passes names on is in none.
#[test]
fn a_circle_through_a_name_that_is_passed_on_is_found() -> Result<()> {
    let files = [
        ("room.rs", "mod one;\nmod two;\n\npub(crate) use one::{One, f as first};\npub use self::two::Two;\n"),
        ("room/one.rs", "pub struct One(super::Two);\n"),
        ("room/two.rs", "use super::One;\n\npub struct Two;\n"),
        ("user.rs", "use crate::room;\n\nfn f() {\n    room::first();\n}\n"),
    ];
    let ties = ["room::one names crate::room::two::Two", "room::two names crate::room::one::One"];
    has_one(&files, &["room::one", "room::two"], &ties)
}

#[test]
fn a_circle_through_a_macro_and_through_the_main_file_is_found() -> Result<()> {
    let files = [
        ("main.rs", "mod log;\n\nconst NAME: &str = \"x\";\n\nfn main() {\n    println!(\"{}\", log::level());\n}\n"),
        ("log.rs", "pub(crate) fn level() {\n    eprintln!(\"{}\", crate::NAME);\n}\n"),
    ];
    has_one(&files, &["crate", "log"], &["crate names crate::log::level", "log names crate::NAME"])
}

#[test]
fn files_that_only_point_down_have_no_circle() -> Result<()> {
    let files = [
        ("main.rs", "mod app;\nmod log;\n\nuse crate::app::run;\n"),
        (
            "app.rs",
            "mod page;\n\nuse crate::log;\n\npub(in crate::app) fn run() {\n    page::show();\n    log::line();\n}\n",
        ),
        (
            "app/page.rs",
            "use crate::log::{self, line as write};\n\nfn show<'a>() -> impl Sized + use<'a> {\n    log::line()\n}\n",
        ),
        ("log.rs", "use std::io::{self, Write};\n\n/// See crate::app.\npub fn line() {\n    \"crate::app\";\n}\n"),
    ];
    assert_eq!(circles_of(&files)?, []);
    Ok(())
}
