//! Lines on stderr. Each is put together first and then written by one write(2), so that the lines of several processes
//! don't mix.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::SocketAddr;

/// The longest line, in bytes, its end included. A write(2) of up to this many bytes to a pipe is never mixed with
/// another process's (PIPE_BUF, pipe(7)).
const MAX_LINE: usize = 4096;

/// Writes `text` and a newline to stderr. A text that makes the line too long is cut and ends in `…`.
pub(crate) fn line(text: impl Display) {
    let mut line = text.to_string();
    if line.len() >= MAX_LINE {
        line.truncate(line.floor_char_boundary(MAX_LINE - "…\n".len()));
        line.push('…');
    }
    line.push('\n');
    let _ = io::stderr().write_all(line.as_bytes()); // If this fails, there is no other place to report it.
}

/// The line for a request: the client's address, the request line, the status, of which three digits are shown, and the
/// number of bytes of the body. The request line is escaped, so that a client can't control the reader's terminal, and cut
/// if it is long.
pub(crate) fn request(peer: SocketAddr, request_line: &[u8], status: impl Display, count: u64) {
    let shown = request_line.get(..200).unwrap_or(request_line).escape_ascii();
    line(format_args!("{peer} \"{shown}\" {status:.3} {count}"));
}
