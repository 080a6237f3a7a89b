//! The companion, with scripted readers.

mod errors;
mod kept;
mod places;
mod reader;
mod repository;
