//! Lines on stderr. Each is put together first and then written by one write(2), so that the lines of several
//! processes come out whole. The lines for requests wait for one another, and are written together by `flush`.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::SocketAddr;

thread_local! {
    static WAITING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes `text` and a newline to stderr. There is nowhere left to report a stderr that takes nothing.
pub(crate) fn line(text: impl Display) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// The line for a request: who asked, the request line, the status, of which three digits are shown, and the number of
/// bytes of the body. What the client sent is escaped, so that it can't command the reader's terminal, and cut when it
/// is long.
pub(crate) fn request(peer: SocketAddr, request_line: &[u8], status: impl Display, count: u64) {
    let shown = request_line.get(..200).unwrap_or(request_line).escape_ascii();
    WAITING.with_borrow_mut(|waiting| {
        let _ = writeln!(waiting, "{peer} \"{shown}\" {status:.3} {count}"); // Writing to a Vec can't fail.
    });
}

/// Writes the lines that wait.
pub(crate) fn flush() {
    WAITING.with_borrow_mut(|waiting| {
        if !waiting.is_empty() {
            let _ = io::stderr().write_all(waiting);
            waiting.clear();
        }
    });
}
