use super::*;

/// Each passage with the line of its last letter, and `_` for code.
fn shown(passages: &[Passage]) -> Vec<String> {
    let shown = |passage: &Passage| {
        let line = passage.line_at(passage.text.len() - 1);
        format!("{line}: {}", passage.text.replace(CODE, "_"))
    };
    passages.iter().map(shown).collect()
}

#[test]
fn a_page_is_its_prose_without_code() {
    let page = "# A title\n\nSome `code`, and\na [link](to.md).\n\n    code\n\n<!-- from x, all -->\n\nQuoted.\n\n<!-- end -->\n\n- item\n";
    assert_eq!(shown(&of_page(Path::new(""), "a.md", page)), ["1: A title", "4: Some _, and a link.", "14: item"]);
}

#[test]
fn a_source_is_its_comments_and_messages() {
    let source = r##"//! The room,
//! and what is in it.

/// One `item`.
fn one<'a>() -> char {
    // A turn.
    let quote = '"'; // A word.
    // Another.
    bail!("there is no {flag}; see --help for the \
           usage");
    say(r#"a " b"#, "http://short", '\'')
}
"##;
    let expected = [
        "2: The room, and what is in it.",
        "4: One _.",
        "6: A turn.",
        "7: A word.",
        "8: Another.",
        "10: there is no _; see --help for the usage",
    ];
    let found = shown(&of_source(Path::new(""), "crates/v01/src/one.rs", source));
    assert_eq!(found, expected);
    assert_eq!(of_source(Path::new(""), "crates/v01/src/one/tests.rs", source).len(), 5);
}
