//! Lines on stderr. Each is put together first and then written by one write(2), so that the lines of several processes
//! don't mix. The lines for requests wait for one another, and are written together by `flush`.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::poll::{PollFd, PollFlags, poll};

use crate::address::Address;

/// The longest line, in bytes, its end included, and the most that is written at once. A write(2) of up to this many bytes
/// to a pipe is never mixed with another process's (PIPE_BUF, pipe(7)).
const MAX_LINE: usize = 4096;
/// How long a stderr that took a part of a line may take for the rest, in milliseconds.
const PATIENCE: u16 = 1000;

thread_local! {
    static WAITING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// How many lines a stderr without room has cost since this was last reported.
static LOST: AtomicU64 = AtomicU64::new(0);
/// Whether the last line is one of them, and a part of it was written.
static CUT: AtomicBool = AtomicBool::new(false);

/// Writes `text` and a newline to stderr. A text that makes the line too long is cut and ends in `…`.
pub(crate) fn line(text: impl Display) {
    let mut line = text.to_string();
    if line.len() >= MAX_LINE {
        line.truncate(line.floor_char_boundary(MAX_LINE - "…\n".len()));
        line.push('…');
    }
    line.push('\n');
    write(line.as_bytes());
}

/// Writes several lines in one piece, if they aren't too long for that.
pub(crate) fn lines(text: &str) {
    write(text.as_bytes());
}

/// The line for a request: the client's address, the request line, the status, of which three digits are shown, and the
/// number of bytes of the body. The request line is escaped, so that a client can't control the reader's terminal, and cut
/// if it is long.
pub(crate) fn request(peer: Address, request_line: &[u8], status: impl Display, count: u64) {
    let shown = request_line.get(..200).unwrap_or(request_line).escape_ascii();
    WAITING.with_borrow_mut(|waiting| {
        let _ = writeln!(waiting, "{peer} \"{shown}\" {status:.3} {count}"); // Writing to a Vec can't fail.
    });
}

/// Writes the lines that wait.
pub(crate) fn flush() {
    WAITING.with_borrow_mut(|waiting| {
        write(waiting);
        waiting.clear();
    });
}

/// Writes lines, as many at a time as make one piece. A stderr that is non-blocking and has no room loses them.
fn write(lines: &[u8]) {
    let mut rest = lines;
    while !rest.is_empty() {
        let most = rest.get(..MAX_LINE).unwrap_or(rest);
        let end = most.iter().rposition(|&byte| byte == b'\n').map_or(most.len(), |at| at + 1);
        let (piece, after) = rest.split_at(end);
        report_lost();
        if !write_piece(piece) {
            LOST.fetch_add(piece.iter().filter(|&&byte| byte == b'\n').count() as u64, Ordering::Relaxed);
        }
        rest = after;
    }
}

fn report_lost() {
    let lost = LOST.swap(0, Ordering::Relaxed);
    if lost == 0 {
        return;
    }
    let is_cut = CUT.swap(false, Ordering::Relaxed);
    let end = if is_cut { "\n" } else { "" };
    if !write_piece(format!("{end}{lost} lines are lost: stderr had no room\n").as_bytes()) {
        LOST.fetch_add(lost, Ordering::Relaxed);
        CUT.fetch_or(is_cut, Ordering::Relaxed);
    }
}

/// Writes all of `piece`, or else returns false: then nothing is written or, if there was room for a part only, which a pipe
/// never has, its start. For the rest it waits a while first: half a line is of little use.
fn write_piece(piece: &[u8]) -> bool {
    let mut stderr = io::stderr();
    let mut rest = piece;
    while !rest.is_empty() {
        match stderr.write(rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock && rest.len() < piece.len() => {
                if poll(&mut [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)], PATIENCE) == Ok(0) {
                    CUT.store(true, Ordering::Relaxed);
                    return false;
                }
            }
            Err(_) => return false,
        }
    }
    true
}
