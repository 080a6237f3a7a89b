//! Python: the applications that are written in it (PEP 3333). From the bottom up:
//!
//! - `failure`: exceptions, for the log;
//! - `interpreter`: CPython itself, in this process;
//! - `watch`: an end to calls that hold up the loop;
//! - `parts`: the parts of a response, on their way from a thread to the loop;
//! - `start_response`, `environ` and `body`: what an application gets, and what it returns;
//! - `call`: the call of an application, from `environ` to `close()`;
//! - `threads`: calls in threads, for applications that wait;
//! - `reload`: whether a module has changed;
//! - `application`: finding an application by its name, and the gateway's side of it.
//!
//! Only one thread of a process runs Python code at a time: it is attached to the interpreter (`Python::attach`), and
//! holds its lock. The loop is attached during a call only, so that the application's own threads run while it waits.

mod application;
mod body;
mod call;
mod environ;
mod failure;
mod interpreter;
mod parts;
mod reload;
mod start_response;
mod threads;
mod watch;

pub(crate) use application::{finish, load};
pub(crate) use reload::changed;
