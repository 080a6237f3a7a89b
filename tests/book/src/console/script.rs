//! The console blocks of a chapter as a script: what is done at which terminal, and what should come.
//!
//! A block is a list of steps: a command (`$ …`, going on in the next line after a `\`), Ctrl-C (`^C`), or, at its top
//! and without either, a look at what has come since. What stands below a step is what it should print.

use std::sync::LazyLock;

use regex::Regex;

use super::compare::ANY;
use super::masks::Masks;
use crate::chapter::{Chapter, Code, Part};
use crate::fault::Fault;

/// A word of the info string: a name, and perhaps a value, which may be quoted.
static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"([^\s=]+)(?:=(?:"([^"]*)"|(\S*)))?"#).expect("a valid expression"));

/// A console block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The lines of its fences.
    pub(super) line: usize,
    pub(super) last: usize,
    /// 0 is the first.
    pub(super) terminal: usize,
    pub(super) masks: Masks,
    /// Why it is not run.
    pub(super) not_run: Option<String>,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) action: Action,
    /// The lines below it.
    pub(super) expected: Vec<String>,
    /// It is Ctrl-C at the top of its block, which says nothing of what came before.
    pub(super) silent_before: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Types this line, or these.
    Command(String),
    /// Ctrl-C.
    Interrupt,
    /// Types nothing.
    Look,
}

impl Step {
    /// Lets a cargo command print more before what is expected.
    pub(super) fn expect_warnings(&mut self) {
        let is_cargo = matches!(&self.action, Action::Command(command) if command.contains("cargo "));
        if is_cargo && self.expected.first().is_none_or(|line| line != ANY) {
            self.expected.insert(0, ANY.to_owned());
        }
    }

    /// How it stands in the lesson.
    pub(super) fn typed(&self) -> String {
        match &self.action {
            Action::Command(text) => format!("$ {text}\n"),
            Action::Interrupt => "^C\n".to_owned(),
            Action::Look => String::new(),
        }
    }

    /// What it is called in a message.
    pub(super) fn name(&self) -> String {
        match &self.action {
            Action::Command(text) => format!("`{text}`"),
            Action::Interrupt => "^C".to_owned(),
            Action::Look => "this look at the terminal".to_owned(),
        }
    }
}

/// The console blocks of a chapter, and what is wrong with how they are written.
pub(super) fn blocks(chapter: &Chapter) -> (Vec<Block>, Vec<Fault>) {
    let (mut blocks, mut faults) = (Vec::new(), Vec::new());
    let mut terminal = 0;
    for (at, part, code) in chapter.code() {
        if code.language() != "console" || part.quoted {
            continue;
        }
        let before = chapter.paragraph_before(at).map(|prose| prose.text().to_lowercase()).unwrap_or_default();
        // "With the server in the first terminal, in the second terminal:" means the one that is named last.
        terminal = match (before.rfind("first terminal"), before.rfind("second terminal")) {
            (None, None) => terminal,
            (first, second) => usize::from(second > first),
        };
        match block(part, code, terminal) {
            Ok(block) => blocks.push(block),
            Err(text) => faults.push(chapter.fault(part.line, text)),
        }
    }
    (blocks, faults)
}

fn block(part: &Part, code: &Code, terminal: usize) -> Result<Block, String> {
    let (mut masks, mut not_run) = (Masks::default(), None);
    for word in WORD.captures_iter(&code.info).skip(1) {
        let value = word.get(2).or(word.get(3)).map(|value| value.as_str());
        match (&word[1], value) {
            ("mask", Some(names)) => masks = Masks::named(names)?,
            ("not-run", Some(reason)) if !reason.trim().is_empty() => not_run = Some(reason.to_owned()),
            ("not-run", _) => return Err("say why this block is not run: not-run=\"the reason\"".to_owned()),
            (other, _) => {
                return Err(format!("`{other}` is not known behind ```console; there are mask=… and not-run=\"…\""));
            }
        }
    }
    let steps = steps(&code.text, part.line + 1);
    Ok(Block { line: part.line, last: part.last, terminal, masks, not_run, steps })
}

fn steps(text: &str, first_line: usize) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, text)) = lines.next() {
        let line = first_line + at;
        let new = |action| Step { line, action, expected: Vec::new(), silent_before: false };
        if let Some(command) = text.strip_prefix("$ ") {
            let mut command = command.to_owned();
            while command.ends_with('\\')
                && let Some((_, more)) = lines.next()
            {
                command += "\n";
                command += more;
            }
            steps.push(new(Action::Command(command)));
        } else if text.trim_end() == "^C" {
            steps.push(Step { silent_before: steps.is_empty(), ..new(Action::Interrupt) });
        } else {
            if steps.is_empty() {
                steps.push(new(Action::Look));
            }
            if let Some(step) = steps.last_mut() {
                step.expected.push(text.to_owned());
            }
        }
    }
    steps
}
