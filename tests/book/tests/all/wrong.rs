//! Each check on a lesson that is wrong in just its way, and what it says of it.

mod claims;
mod code;
mod form;
mod language;
mod pages;
mod program;
mod quotes;
mod repository;
