//! The book's lessons, held to the repository that they tell of.
//!
//! `book` finds the pages and `chapter` takes one apart. Each check is a module: what a chapter consists of (`form`), the
//! code that it shows (`code`), also step by step (`replay`), what it says of failing and passing cases (`claims`), its
//! links (`links`), its terms (`glossary`), its language (`language`), what it quotes from measurements (`quotes`), its
//! commands and what they print (`console`), its exercises
//! (`exercises`). A check gives `Fault`s: a line of a lesson, what is wrong there, and what to do. `check` runs them all;
//! `refresh` makes anew what machines make. `doctor` adds what else a change can leave out of step. The rules are in
//! `CONTRIBUTING.md`.

pub mod book;
pub mod chapter;
pub mod check;
pub mod claims;
pub mod code;
pub mod console;
pub mod doctor;
pub mod exercises;
pub mod fault;
pub mod form;
pub mod glossary;
pub mod language;
pub mod links;
pub mod python;
pub mod quotes;
pub mod refresh;
pub mod replay;
mod terminal;
