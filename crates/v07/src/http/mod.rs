//! HTTP/1.1: bytes in, requests out; responses in, bytes out. Nothing in this room does I/O.
//!
//! From the bottom up: `refusal.rs`, `buffer.rs`, `target.rs`, `request.rs`, `body.rs`, `parser.rs`; `date.rs`,
//! `response.rs`. Each uses only those before it.
//!
//! Sources: RFC 9110 (HTTP), RFC 9112 (HTTP/1.1), RFC 3986 (URI).

pub(crate) mod body;
pub(crate) mod buffer;
pub(crate) mod date;
pub(crate) mod parser;
pub(crate) mod refusal;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod target;
