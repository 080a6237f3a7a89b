//! What is wrong at a line of a lesson.

use std::fmt::{self, Display, Formatter};

/// A place, what is wrong there, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// From the root of the repository, such as `lessons/v04.md`.
    pub path: String,
    /// The first line is 1.
    pub line: usize,
    pub text: String,
}

impl Fault {
    pub fn new(path: &str, line: usize, text: impl Into<String>) -> Fault {
        Fault { path: path.to_owned(), line, text: text.into() }
    }
}

impl Display for Fault {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        write!(to, "{}:{}: {}", self.path, self.line, self.text)
    }
}
