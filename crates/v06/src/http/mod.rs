//! HTTP/1.1: bytes in, requests out; responses in, bytes out. Nothing in this room does I/O.
//!
//! From the bottom up: `refusal.rs`, `input.rs`, `target.rs`, `body.rs`, `request.rs` (the head), `parser.rs`, `date.rs`,
//! `response.rs`. Each uses only those before it.
//!
//! Sources: RFC 9110 (HTTP), RFC 9112 (HTTP/1.1), RFC 3986 (URI).

pub(crate) mod body;
pub(crate) mod date;
pub(crate) mod input;
pub(crate) mod parser;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod target;
