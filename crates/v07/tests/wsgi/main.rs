//! Applications in Python, looked at from outside: whether the server keeps its side of PEP 3333, and what becomes of it
//! when an application doesn't.

mod body;
mod careless;
mod environ;
mod loading;
mod renewing;
mod server;
mod start;
mod uploads;
