//! Where a reader is, at every place of the book.

use learn::course::Course;
use learn::place::find;
use learn::source::Source;

use crate::repository::course;

/// The last place whose files have the same tokens: blocks that change nothing but comments can't be told apart.
fn last_like(course: &Course, at: usize) -> usize {
    let is_same = |at: &usize| {
        let (one, two) = (&course.places[*at].files, &course.places[at + 1].files);
        one.keys().eq(two.keys()) && one.iter().all(|(path, file)| file.is_like(&two[path]))
    };
    (at..course.places.len() - 1).find(|at| !is_same(at)).unwrap_or(course.places.len() - 1)
}

#[test]
fn every_place_is_found_from_the_code_alone() {
    let course = course();
    let mut wrong = Vec::new();
    for at in 0..course.places.len() {
        let here = find(course, &course.places[at].files);
        if here.done != last_like(course, at) || !here.is_exact() || here.is_partly {
            wrong.push(format!("{at}: {here:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {:#?}", wrong.len(), course.places.len(), &wrong[..wrong.len().min(8)]);
}

/// A version begins with what the last chapter of the one before ended with.
#[test]
fn each_chapter_begins_where_the_one_before_ended() {
    let course = course();
    for pair in course.chapters.windows(2) {
        assert_eq!(pair[0].last, pair[1].first, "{} and {}", pair[0].name, pair[1].name);
        let number = course.chapter(&pair[1].name).expect("a chapter");
        let written = course.beginning(number).expect("a package");
        for (path, file) in &course.places[pair[1].first].files {
            let lines = written[path].lines().map(str::to_owned).collect();
            assert!(Source::new(path, lines, 0).is_like(file), "{path} at the beginning of {}", pair[1].name);
        }
    }
}

#[test]
fn a_block_that_is_half_typed_is_next() {
    let course = course();
    let mut tried = 0;
    for at in (1..course.places.len()).step_by(9) {
        let Some(block) = &course.places[at].block else { continue };
        let (before, after) = (&course.places[at - 1].files, &course.places[at].files);
        let (Some(whole), None) = (after.get(&block.path), before.get(&block.path)) else { continue };
        let half = Source::new(&block.path, whole.lines[..whole.lines.len() / 2].to_vec(), 0);
        if half.size() == 0 {
            continue;
        }
        let mut files = before.clone();
        files.insert(block.path.clone(), half);
        let here = find(course, &files);
        assert_eq!((here.done, here.is_partly, here.is_exact()), (at - 1, true, true), "{at}: {here:?}");
        tried += 1;
    }
    assert!(tried > 0, "no block begins a file");
}

#[test]
fn form_and_comments_make_no_difference() {
    let course = course();
    let mark = course.checkpoint("v02.7").expect("a checkpoint");
    let mut files = course.places[mark.place].files.clone();
    for (path, file) in files.iter_mut().filter(|(path, _)| path.ends_with(".rs")) {
        let lines = file.lines.iter().filter(|line| !line.trim_start().starts_with("//"));
        let lines = lines.map(|line| format!("    {}", line.trim())).collect();
        *file = Source::new(path, lines, 0);
    }
    files.insert("notes.md".to_owned(), Source::new("notes.md", vec!["What I learned".to_owned()], 0));
    let here = find(course, &files);
    assert_eq!((here.done, here.differences.len()), (mark.place, 0), "{here:?}");
}

#[test]
fn another_program_is_at_no_place() {
    let course = course();
    let mut files = course.places[0].files.clone();
    let lines = (0..200).map(|number| format!("fn f{number}() {{}}")).collect();
    files.insert("src/main.rs".to_owned(), Source::new("src/main.rs", lines, 0));
    files.insert("src/server.rs".to_owned(), files["src/main.rs"].clone());
    assert!(find(course, &files).is_elsewhere);
}
