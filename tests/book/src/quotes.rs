//! What a page quotes from another: measurements, which `observe` makes.
//!
//! What stands between `<!-- from observed/costs.md, table "Speed", rows v03 v04 -->` and `<!-- end -->` is made from
//! that file. Three kinds: a table (the first below the heading of this name; with rows, only those whose first cell is
//! one of these), a section (`section "child"`: all below the heading, up to the next of the same or a higher level),
//! and the whole file (`all`). A row's name that has a space stands in quotation marks.

mod cut;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::chapter::Chapter;
use crate::fault::Fault;
use crate::refresh::Edit;

/// The line at the beginning, from which the text is made.
static FROM: LazyLock<Regex> = LazyLock::new(|| {
    let what = r#"(?:table "(?<table>[^"]+)"(?:, rows (?<rows>.+?))?|section "(?<section>[^"]+)"|(?<all>all))"#;
    Regex::new(&format!("^<!-- from (?<file>[^ ,]+), {what} -->$")).expect("a regular expression")
});

/// A link or an image in Markdown, up to where it goes.
static LINK: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\]\((?<to>[^)#/:][^):]*)\)").expect("a regular expression"));

const END: &str = "<!-- end -->";

/// A quotation in a page.
struct Quote {
    /// The line of `<!-- from … -->`, and of `<!-- end -->`.
    from: usize,
    end: usize,
    /// What should stand between, without the empty lines at its ends; or what is wrong.
    text: Result<String, String>,
}

/// The quotations that are not what their file says.
pub fn check(page: &Chapter) -> Vec<Fault> {
    let mut faults = Vec::new();
    for quote in quotes(page) {
        match &quote.text {
            Err(text) => faults.push(page.fault(quote.from, text)),
            Ok(text) if *text != between(page, &quote) => {
                let line = differs(page, &quote, text);
                let name = page.name();
                let text =
                    format!("what is quoted here is not what its file says; `cargo run -p book -- refresh {name}`");
                faults.push(page.fault(line, text));
            }
            Ok(_) => {}
        }
    }
    faults
}

/// The quotations that should be made anew.
pub fn outputs(page: &Chapter) -> Vec<Edit> {
    let made = quotes(page).into_iter().filter_map(|quote| match &quote.text {
        Ok(text) if *text != between(page, &quote) => {
            Some(Edit { first: quote.from + 1, end: quote.end, text: format!("\n{text}\n\n") })
        }
        _ => None,
    });
    made.collect()
}

/// What stands there now.
fn between(page: &Chapter, quote: &Quote) -> String {
    let lines: Vec<_> = page.text.lines().skip(quote.from).take(quote.end - quote.from - 1).collect();
    lines.join("\n").trim().to_owned()
}

/// The first line that differs.
fn differs(page: &Chapter, quote: &Quote, wanted: &str) -> usize {
    let lines: Vec<_> = page.text.lines().skip(quote.from).take(quote.end - quote.from - 1).collect();
    let blank = lines.iter().take_while(|line| line.trim().is_empty()).count();
    let same = lines[blank..].iter().zip(wanted.lines()).take_while(|(here, there)| *here == there).count();
    (quote.from + 1 + blank + same).min(quote.end)
}

fn quotes(page: &Chapter) -> Vec<Quote> {
    // Within a code block the lines are an example.
    let is_code = |line: usize| page.code().any(|(_, part, _)| (part.line..=part.last).contains(&line));
    let lines: Vec<_> = page.text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_end())).collect();
    let begins = lines.iter().filter(|(at, line)| line.starts_with("<!-- from ") && !is_code(*at));
    let quote = |(from, line): &(usize, &str)| {
        let following = lines[*from..].iter().take_while(|(_, line)| !line.starts_with("<!-- from "));
        match following.clone().find(|(_, line)| *line == END) {
            Some((end, _)) => Quote { from: *from, end: *end, text: text(page, line) },
            None => Quote {
                from: *from,
                end: from + 1,
                text: Err(format!("no `{END}` follows; what is between is quoted")),
            },
        }
    };
    begins.map(quote).collect()
}

/// What the first line asks for.
fn text(page: &Chapter, line: &str) -> Result<String, String> {
    let form = "`<!-- from FILE, table \"HEADING\" -->`, `…, table \"HEADING\", rows v03 v04 -->`, `…, section \"HEADING\" -->` \
                or `…, all -->`";
    let asked = FROM.captures(line).ok_or_else(|| format!("a quotation begins with {form}"))?;
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let path = folder.join(&asked["file"]);
    let name = path.display().to_string();
    let file = fs::read_to_string(page.root.join(&path)).map_err(|error| format!("cannot read {name}: {error}"))?;
    let file = Chapter::parse(&page.root, &name, &file);
    let text = match (asked.name("table"), asked.name("section")) {
        (Some(table), _) => cut::table(&file, table.as_str(), asked.name("rows").map(|rows| rows.as_str()))?,
        (None, Some(section)) => cut::section(&file, section.as_str())?,
        (None, None) => file.text.trim().to_owned(),
    };
    let from = Path::new(&asked["file"]).parent().unwrap_or(Path::new(""));
    Ok(relink(&text, &from.display().to_string()))
}

/// Links are from the folder of the page that they stand in.
fn relink(text: &str, folder: &str) -> String {
    if folder.is_empty() {
        return text.to_owned();
    }
    LINK.replace_all(text, format!("]({folder}/${{to}})")).into_owned()
}
