//! The request parser of the servers, seen from outside: the same files, reached by their path in the oldest version
//! that has them. The property tests (`tests/parser`), the measurement (`benches/growth.rs`) and the fuzz target
//! (`../fuzz`) all look through here.

#[path = "../../../crates/v02/src/decoder.rs"]
mod decoder;
#[path = "../../../crates/v02/src/input.rs"]
mod input;
#[path = "../../../crates/v02/src/parser.rs"]
mod parser;
#[path = "../../../crates/v02/src/request.rs"]
mod request;
#[path = "../../../crates/v02/src/target.rs"]
mod target;

pub mod outcome;
pub mod seen;
