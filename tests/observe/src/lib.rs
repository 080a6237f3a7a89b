//! What can be seen of the six servers from outside while they run: who works when (`timeline`), what each costs
//! (`costs`), and which system calls a request takes (`syscalls`). `wsgi` measures v07 against other WSGI servers.
//!
//! Each command starts the versions itself, at ports of their own, and writes what it saw to `lessons/observed/`, with
//! the date and the machine: the book quotes it from there.

pub mod costs;
pub mod machine;
pub mod syscalls;
pub mod timeline;
pub mod versions;
pub mod wsgi;
