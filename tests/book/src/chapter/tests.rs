use super::*;

const PAGE: &str = "\
# v04: a process

After this chapter, the server\nforks. A [zombie](glossary.md#zombie) is `Z`.

## The change

### One

- `crates/v04/src/server.rs`, in `Server::run`:

```diff
+one
```

`crates/v04/src/app.rs`:

```rust
fn one() {}

fn two() {}
```

<!-- from observed/costs.md, table \"Speed\", rows v04 -->

| a | b |
|---|---|
| 1 | 2 |

<!-- end -->

<details><summary>Why?</summary>

Because **so**.

</details>

## The change
";

fn page() -> Chapter {
    Chapter::parse(Path::new(""), "lessons/v04-x.md", PAGE)
}

#[test]
fn headings_have_their_level_and_their_id() {
    let page = page();
    let headings: Vec<_> = page
        .parts
        .iter()
        .filter_map(|part| match &part.kind {
            Kind::Heading { level, id, .. } => Some((part.line, *level, id.as_str())),
            _ => None,
        })
        .collect();
    let wanted = [(1, 1, "v04-a-process"), (6, 2, "the-change"), (8, 3, "one"), (38, 2, "the-change-1")];
    assert_eq!(headings, wanted);
}

#[test]
fn a_block_has_its_caption_and_its_lines() {
    let page = page();
    let blocks: Vec<_> = page.code().collect();
    let (at, part, code) = blocks[0];
    assert_eq!((part.line, part.last, code.language(), code.text.as_str()), (12, 14, "diff", "+one\n"));
    let caption = page.caption(at).expect("a caption");
    assert_eq!((caption.path.as_str(), caption.words.as_str()), ("crates/v04/src/server.rs", ", in Server::run:"));
    let (at, part, code) = blocks[1];
    assert_eq!((part.line, part.last, code.lines().count()), (18, 22, 3));
    assert_eq!(page.caption(at).expect("a caption").path, "crates/v04/src/app.rs");
}

#[test]
fn what_is_folded_and_what_is_quoted_is_known() {
    let page = page();
    let words = |wanted: fn(&Part) -> bool| -> Vec<String> {
        page.parts.iter().filter(|part| wanted(part)).filter_map(Part::prose).map(Prose::text).collect()
    };
    assert_eq!(words(|part| part.folded), ["Because so."]);
    assert_eq!(words(|part| part.quoted), ["a", "b", "1", "2"]);
}

#[test]
fn a_piece_knows_its_line_and_its_link() {
    let page = page();
    let prose = page.parts[1].prose().expect("a paragraph");
    let link = prose.pieces.iter().find(|piece| piece.link.is_some()).expect("a link");
    assert_eq!((link.line, link.text.as_str(), link.link.as_deref()), (4, "zombie", Some("glossary.md#zombie")));
    assert_eq!(prose.text(), "After this chapter, the server forks. A zombie is Z.");
}

#[test]
fn the_name_tells_the_version() {
    let page = |path: &str| Chapter::parse(Path::new(""), path, "");
    assert_eq!(page("lessons/v05-orphans.md").version(), Some("v05"));
    assert_eq!(page("lessons/v04.md").version(), Some("v04"));
    assert_eq!(page("lessons/glossary.md").version(), None);
}
