//! What a server writes to stdout or stderr, collected by a thread so that the server never blocks on a full pipe.

pub(crate) mod window;

use std::borrow::Cow;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::transcript::abridged;
use window::{Window, gap, without_middle};

/// How much of a stream is kept from its start, and about as much from its end. A server may log thousands of lines, and
/// strace has more to say.
const KEPT: usize = 2 << 20;

/// How much of a stream is shown: lines from its start, lines from its end, characters of a line.
const FIRST_LINES: usize = 3;
const LAST_LINES: usize = 5;
const LINE_WIDTH: usize = 160;

/// The lines of `text` that are shown: its start tells the cause most often, its end what came of it.
pub(crate) fn excerpt(text: &str) -> Vec<String> {
    let lines = without_middle(text.trim_end(), FIRST_LINES, LAST_LINES);
    lines.iter().map(|line| abridged(line, LINE_WIDTH)).collect()
}

/// A stream's text so far. Clones share it.
#[derive(Clone, Default)]
pub struct Output(Arc<(Mutex<Text>, Condvar)>);

struct Text {
    window: Window,
    ended: bool,
}

impl Default for Text {
    fn default() -> Text {
        Text { window: Window::new(KEPT), ended: false }
    }
}

impl Text {
    /// What is kept as text. It is copied only if something was left out, or is not UTF-8.
    fn so_far(&self) -> Cow<'_, str> {
        let (first, left_out, last) = self.window.parts();
        let (first, last) = (String::from_utf8_lossy(first), String::from_utf8_lossy(last));
        if left_out == 0 { first } else { format!("{first}\n{}{last}", gap(left_out)).into() }
    }
}

impl Output {
    /// Collects `stream` to its end, or with `one_line` to the end of its first line, and then closes it.
    pub(crate) fn collect(mut stream: impl Read + Send + 'static, one_line: bool) -> Output {
        let output = Output::default();
        let shared = output.clone();
        thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                shared.lock().window.extend(&buffer[..count]);
                shared.0.1.notify_all();
                if one_line && buffer[..count].contains(&b'\n') {
                    break;
                }
            }
            drop(stream);
            shared.lock().ended = true;
            shared.0.1.notify_all();
        });
        output
    }

    /// All that came so far; of very much, the start and the end.
    pub fn text(&self) -> String {
        self.lock().so_far().into_owned()
    }

    /// Whether the stream has ended: every process that held it has closed it.
    pub fn ended(&self) -> bool {
        self.lock().ended
    }

    /// Waits until `enough` says so of the text, the stream ends, or `patience` is over; gives the text back.
    pub fn wait(&self, patience: Duration, enough: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + patience;
        let mut text = self.lock();
        loop {
            let so_far = text.so_far();
            let left = end.saturating_duration_since(Instant::now());
            if text.ended || left.is_zero() || enough(&so_far) {
                return so_far.into_owned();
            }
            text = self.0.1.wait_timeout(text, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Text> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor};

    use super::*;
    use crate::program::PATIENCE;

    #[test]
    fn of_a_stream_without_end_the_start_and_the_end_are_kept() {
        let flood = Cursor::new("one\ntwo\nthree\n").chain(io::repeat(b'\n').take(20 << 20)).chain(&b"last"[..]);
        let text = Output::collect(flood, false).wait(PATIENCE, |_| false);
        assert!(text.len() <= 3 * KEPT + 100, "{} bytes are kept", text.len());
        assert!(text.starts_with("one\ntwo\nthree\n") && text.ends_with("\n\nlast"));
        let left_out = excerpt(&text)[3].clone();
        assert!(left_out.starts_with("… ") && left_out.contains(" lines more, and "), "{left_out}");
    }

    #[test]
    fn an_excerpt_has_the_start_and_the_end() {
        let text = |count: usize| (1..=count).map(|number| format!("{number}\n")).collect::<String>();
        assert_eq!(excerpt(""), Vec::<String>::new());
        assert_eq!(excerpt(&text(9)).join(" "), "1 2 3 4 5 6 7 8 9");
        assert_eq!(excerpt(&text(100)).join(" "), "1 2 3 … 92 lines more … 96 97 98 99 100");
        assert!(excerpt(&"x".repeat(100_000))[0].len() < 200);
    }
}
