//! Each check on a lesson that is wrong in just its way, and what it says of it.

#[path = "wrong/claims.rs"]
mod claims;
#[path = "wrong/code.rs"]
mod code;
#[path = "wrong/form.rs"]
mod form;
#[path = "wrong/language.rs"]
mod language;
#[path = "wrong/pages.rs"]
mod pages;
#[path = "wrong/program.rs"]
mod program;
#[path = "wrong/quotes.rs"]
mod quotes;
#[path = "wrong/repository.rs"]
mod repository;
