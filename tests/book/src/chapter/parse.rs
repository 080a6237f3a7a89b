//! From Markdown's events to the parts of a page.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;

use super::{Code, Kind, Part, Piece, Prose};

/// The parts of a page, in their order.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut reader = Reader::new(text);
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_GFM).into_offset_iter() {
        reader.take(event, range);
    }
    reader.end_prose();
    reader.parts
}

/// Where the reader is: the block that it is in, and what of it has come.
struct Reader {
    /// The byte at which each line begins.
    starts: Vec<usize>,
    parts: Vec<Part>,
    section: String,
    folds: usize,
    quoted: bool,
    items: usize,
    boxed: usize,
    cell: bool,
    strong: usize,
    link: Option<String>,
    image: bool,
    heading: Option<usize>,
    /// Running text that has not ended yet, and the bytes that it takes.
    prose: Prose,
    bytes: Range<usize>,
    code: Option<Code>,
    /// How often each id came: a second heading of the same words gets `-1`.
    ids: BTreeMap<String, usize>,
}

impl Reader {
    fn new(text: &str) -> Reader {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Reader {
            starts: [0].into_iter().chain(newlines).collect(),
            parts: Vec::new(),
            section: String::new(),
            folds: 0,
            quoted: false,
            items: 0,
            boxed: 0,
            cell: false,
            strong: 0,
            link: None,
            image: false,
            heading: None,
            prose: Prose::default(),
            bytes: 0..0,
            code: None,
            ids: BTreeMap::new(),
        }
    }

    fn line(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte)
    }

    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, &range),
            Event::End(tag) => self.end(tag, &range),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.text += &text,
                None => self.say(&text, false, &range),
            },
            Event::Code(text) => self.say(&text, true, &range),
            Event::SoftBreak | Event::HardBreak => self.say(" ", false, &range),
            Event::Html(html) => self.html(&html, &range),
            Event::InlineHtml(html) => self.inline(&html, &range),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Strong => self.strong += 1,
            Tag::Emphasis | Tag::Strikethrough => {}
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            Tag::Image { dest_url, .. } => {
                self.link = Some(dest_url.into_string());
                self.image = true;
                self.say("", false, range);
            }
            _ => {
                self.end_prose();
                match tag {
                    Tag::Item => self.items += 1,
                    Tag::BlockQuote(Some(BlockQuoteKind::Tip)) => self.boxed += 1,
                    Tag::TableCell => self.cell = true,
                    Tag::Heading { level, .. } => self.heading = Some(level as usize),
                    Tag::CodeBlock(kind) => {
                        let info = match kind {
                            CodeBlockKind::Fenced(info) => info.into_string(),
                            CodeBlockKind::Indented => "text".to_owned(),
                        };
                        self.code = Some(Code { info, text: String::new() });
                    }
                    _ => {}
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::Strong => self.strong -= 1,
            TagEnd::Emphasis | TagEnd::Strikethrough => {}
            TagEnd::Link => self.link = None,
            TagEnd::Image => {
                self.link = None;
                self.image = false;
            }
            _ => {
                self.end_prose();
                match tag {
                    TagEnd::Item => self.items -= 1,
                    TagEnd::BlockQuote(Some(BlockQuoteKind::Tip)) => self.boxed -= 1,
                    TagEnd::TableCell => self.cell = false,
                    TagEnd::Heading(_) => self.heading = None,
                    TagEnd::CodeBlock => {
                        if let Some(code) = self.code.take() {
                            self.push(Kind::Code(code), range);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn say(&mut self, text: &str, code: bool, range: &Range<usize>) {
        if self.prose.pieces.is_empty() {
            self.bytes = range.clone();
        }
        self.bytes.end = range.end;
        let (strong, image, link) = (self.strong > 0, self.image, self.link.clone());
        let line = self.line(range.start);
        self.prose.pieces.push(Piece { line, text: text.to_owned(), code, strong, image, link });
    }

    /// A tag within running text: only where it leads is kept.
    fn inline(&mut self, html: &str, range: &Range<usize>) {
        for link in links(html) {
            let outer = self.link.replace(link);
            self.say("", false, range);
            self.link = outer;
        }
    }

    fn end_prose(&mut self) {
        let prose = mem::take(&mut self.prose);
        if prose.pieces.is_empty() {
            return;
        }
        let range = self.bytes.clone();
        let kind = match self.heading {
            Some(level) => {
                let text = prose.text();
                if level == 2 && !self.quoted {
                    self.section.clone_from(&text);
                }
                Kind::Heading { level, id: self.id(&text), prose }
            }
            None if self.cell => Kind::Cell(prose),
            None if self.items > 0 => Kind::Item(prose),
            None => Kind::Paragraph(prose),
        };
        self.push(kind, &range);
    }

    /// The id that GitHub and mdBook give a heading of these words.
    fn id(&mut self, text: &str) -> String {
        let id = id(text);
        let count = self.ids.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}-{}", *count - 1) }
    }

    fn html(&mut self, html: &str, range: &Range<usize>) {
        self.end_prose();
        if html.starts_with("<!-- from ") {
            self.quoted = true;
        }
        self.folds += html.matches("<details").count();
        self.push(Kind::Html(html.to_owned()), range);
        self.folds = self.folds.saturating_sub(html.matches("</details>").count());
        if html.starts_with("<!-- end -->") {
            self.quoted = false;
        }
    }

    fn push(&mut self, kind: Kind, range: &Range<usize>) {
        self.parts.push(Part {
            line: self.line(range.start),
            last: self.line(range.end.saturating_sub(1).max(range.start)),
            section: self.section.clone(),
            folded: self.folds > 0,
            quoted: self.quoted,
            boxed: self.boxed > 0,
            kind,
        });
    }
}

/// Where the tags of a piece of HTML lead.
pub(crate) fn links(html: &str) -> Vec<String> {
    static ATTRIBUTE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?:href|src)="([^"]*)""#).expect("a regular expression"));
    ATTRIBUTE.captures_iter(html).map(|found| found[1].to_owned()).collect()
}

/// Small letters, digits, `-` and `_`; a space becomes `-`, and all else goes.
pub(crate) fn id(text: &str) -> String {
    let letter = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let words = text.trim().chars().map(|c| if c.is_whitespace() { '-' } else { c });
    words.filter(|c| letter(*c)).flat_map(char::to_lowercase).collect()
}
