//! The server's side of WSGI (PEP 3333): `environ.rs` is what an application learns of a request, `gateway.rs` calls it and
//! sends what it answers.

pub(crate) mod environ;
pub(crate) mod gateway;
