//! What holds for the request parser whatever a client sends: property tests, which make up the input, and the tables
//! and edges that they would hardly meet.

mod body;
mod bytes;
mod contents;
mod limits;
mod malformed;
mod memory;
mod message;
mod splits;
mod target;
