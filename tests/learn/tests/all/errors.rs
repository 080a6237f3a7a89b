//! A reader with a typing error gets a message that names its place.

use learn::place::find;
use learn::report::difference;
use learn::source::Source;

use crate::repository::course;

/// Checkpoints, files there, what the book has, what the reader has, and what the message says.
const ERRORS: [(&str, &str, &str, &str, &str, &str); 10] = [
    ("v01.1", "src/main.rs", "stream.read(", "stream.rea(", "you have `rea`, the book has `read`", "`main`"),
    ("v01.4", "src/main.rs", "knobs = ", "knob = ", "you have `knob`, the book has `knobs`", "`main`"),
    ("v02.3", "src/http/buffer.rs", "self.", "", "which is missing here", "src/http/buffer.rs"),
    (
        "v02.7",
        "src/connection.rs",
        "8 * 1024",
        "8 * 1042",
        "you have `1042`, the book has `1024`",
        "`Connection::receive`",
    ),
    ("v03.5", "src/server.rs", "?;", ";", "the book has `?` after `", "src/server.rs"),
    ("v04.2", "src/server.rs", "drop(listener);", "", "the book has `drop(listener);`", "`Server"),
    ("v05.3", "src/server.rs", "true)", "false)", "you have `false`, the book has `true`", "`Server::warm_up`"),
    ("v06.12", "src/runtime/mod.rs", "mut ", "", "the book has `mut`", "`run`"),
    (
        "v06.30",
        "src/worker.rs",
        "let ",
        "let mut ",
        "you have `mut` after `let`, which the book has not",
        "src/worker.rs",
    ),
    ("v07.5", "src/python/mod.rs", "mod ", "mod my_", "you have `my_", "src/python/mod.rs"),
];

#[test]
fn a_typing_error_is_named_with_its_place() {
    let course = course();
    for (name, path, book, mine, words, place) in ERRORS {
        let mark = course.checkpoint(name).expect("a checkpoint");
        let mut files = course.places[mark.place].files.clone();
        let file = files.get(path).unwrap_or_else(|| panic!("{name} has no {path}, but {:?}", files.keys()));
        let at = file.lines.iter().position(|line| !line.trim().starts_with("//") && line.contains(book));
        let at = at.unwrap_or_else(|| panic!("{path} has no {book:?} at {name}"));
        let mut lines = file.lines.clone();
        lines[at] = lines[at].replacen(book, mine, 1);
        let owner = file.owners[at];
        files.insert(path.to_owned(), Source::new(path, lines, 0));
        let here = find(course, &files);
        let said = here.differences.first().map(|first| difference(course, first).join(" ")).unwrap_or_default();
        let block =
            course.places[owner].block.as_ref().map(|block| format!("\"{}\"", block.heading)).unwrap_or_default();
        // Where a whole line is missing it is the next one that is named.
        let lines = [at + 1, at + 2].map(|line| format!("{path}:{line}"));
        let is_right = here.differences.len() == 1
            && lines.iter().any(|line| said.contains(line))
            && [words, place, &block].iter().all(|part| said.contains(part));
        assert!(is_right, "{name}: wanted {words:?} at {path}:{} of {block}; got {said:?} {here:?}", at + 1);
    }
}
