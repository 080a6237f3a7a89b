//! A companion for readers of the book: it knows every state of the code that the chapters lead through, finds the one
//! that the reader's package is at, and says what comes next.
//!
//! `source` compares files, `course` is the book as a way of places, `mine` the reader's package, `place` where it is,
//! `compile` and `trial` whether it works, `report` the words about it. Nothing is remembered but how many hints were
//! given: everything else comes from the code.

pub mod compile;
pub mod course;
pub mod difference;
pub mod hint;
pub mod mine;
pub mod place;
pub mod report;
pub mod screen;
pub mod source;
pub mod start;
pub mod trial;
pub mod watch;
