//! All tests of the book in one program: while some wait, others run. `cargo test -p book lessons` runs a part of them.

mod console;
mod container;
mod doctor;
mod exercises;
mod lessons;
mod replay;
mod wrong;
