//! All tests of the suite in one program: while some wait, others run.

mod carry;
mod circles;
mod ending;
mod exercises;
mod steps;
mod tester;
