//! What can't be equal from run to run, by named rules: a line as it is compared.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The rules of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Masks {
    pid: bool,
    time: bool,
    port: bool,
    date: bool,
    number: bool,
    /// The lines below a command may come in any order.
    pub(super) order: bool,
}

/// A line as it is compared: equal lines are equal in `text`, and their numbers in `pids` mean the same processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Masked {
    pub(super) text: String,
    pub(super) pids: Vec<String>,
}

/// Most of these find what is masked as the group `x`; what they find outside of that group stays, and is there because it
/// looks alike.
macro_rules! rules {
    ($($name:ident = $expression:expr;)*) => {
        $(static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($expression).expect("a valid expression"));)*
    };
}

rules! {
    // curl -v puts a mark before the header.
    DATE_HEADER = r"(?i)^(?:< )?date: (?<x>.*)";
    DATE = r"(?x) (?<x>
        (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),\ \d\d\ [A-Z][a-z]{2}\ \d{4}\ \d\d:\d\d:\d\d\ GMT
        | \b\d{4}-\d\d-\d\d (?:[T\ ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)? )";
    PORT = r"127\.0\.0\.1:(?:8888\b|(?<x>\d+))";
    // Not the version of HTTP, and not an address.
    TIME = r"HTTP/\d\.\d|\d+\.\d+\.\d[\d.]*|(?<x>\b\d+(?:\.\d+)?\s?m?s\b|\b\d+\.\d+)";
    // Whole numbers only: not those of a name such as v04, of a time of day, of an address, and no fractions.
    PID = r"[A-Za-z_]\w*|\d+[.:]\d[\d.:]*|\d+[A-Za-z_]\w*|(?<x>\d+)";
    NUMBER = r"(?<x>\b\d+(?:[.,:]\d+)*)";
    BLANKS = r"(?<x>\s+)";
    // Bold and colours (ECMA-48, SGR): `curl -i` prints the names of fields in bold to a terminal.
    STYLE = r"(?<x>\x1b\[[0-9;]*m)";
    // In the column STAT of ps: a process that is nice, or the opposite. Everything started under nice(1) is.
    NICE = r"(?<before>^|\s)(?<state>[DIRSTXZt])[<N](?<flags>[Lsl]*\+?)(?<after>\s|$)";
    // cargo puts its verbs right to the twelfth column.
    CARGO = r"^ +(?:Compiling|Checking|Finished|Running|Blocking|Updating|Locking|Downloading|Downloaded|Fresh) ";
}

impl Masks {
    /// Those of these names, with commas between them.
    pub(super) fn named(names: &str) -> Result<Masks, String> {
        let mut masks = Masks::default();
        for name in names.split(',') {
            let mask = match name {
                "pid" => &mut masks.pid,
                "time" => &mut masks.time,
                "port" => &mut masks.port,
                "date" => &mut masks.date,
                "number" => &mut masks.number,
                "order" => &mut masks.order,
                other => return Err(format!("no mask `{other}`; there are pid, time, port, date, order and number")),
            };
            *mask = true;
        }
        Ok(masks)
    }

    /// A line as it is compared.
    pub(super) fn of(self, line: &str) -> Masked {
        let line = NICE.replace_all(line, "$before$state$flags $after"); // The column stays as wide.
        let mut text = put(&DATE_HEADER, line.trim_end(), "<date>");
        for (on, rule, name) in
            [(self.date, &DATE, "<date>"), (self.port, &PORT, "<port>"), (self.time, &TIME, "<time>")]
        {
            if on {
                text = put(rule, &text, name);
            }
        }
        let mut pids = Vec::new();
        if self.pid {
            pids.extend(PID.captures_iter(&text).filter_map(|found| Some(found.name("x")?.as_str().to_owned())));
            text = put(&PID, &text, "<pid>");
        }
        if self.number {
            text = put(&NUMBER, &text, "<number>");
        }
        if self.pid || self.number || self.time || self.port {
            text = put(&BLANKS, text.trim(), " "); // Columns are as wide as their numbers.
        }
        Masked { text, pids }
    }
}

/// Puts `name` where the rule finds something to mask.
fn put(rule: &Regex, text: &str, name: &str) -> String {
    let replaced = rule.replace_all(text, |found: &Captures<'_>| {
        let Some(masked) = found.name("x") else { return found[0].to_owned() };
        let whole = found.get_match();
        format!("{}{name}", &whole.as_str()[..masked.start() - whole.start()])
    });
    replaced.into_owned()
}

/// The lines that count: without cargo's own, without empty ones at the start and the end, and in plain letters.
pub(super) fn lines(text: &str) -> Vec<String> {
    let text = put(&STYLE, text, "");
    let all: Vec<_> = text.lines().filter(|line| !is_cargo(line)).map(|line| line.trim_end().to_owned()).collect();
    let Some(first) = all.iter().position(|line| !line.is_empty()) else { return Vec::new() };
    let last = all.iter().rposition(|line| !line.is_empty()).unwrap_or(first);
    all[first..=last].to_vec()
}

fn is_cargo(line: &str) -> bool {
    CARGO.find(line).is_some_and(|verb| verb.len() == 13)
}
