//! What a server writes to stdout or stderr, collected by a thread so that the server never blocks on a full pipe.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::transcript::abridged;

/// How much of a stream is shown: lines from its start, lines from its end, characters of a line.
const FIRST_LINES: usize = 3;
const LAST_LINES: usize = 5;
const LINE_WIDTH: usize = 160;

/// The lines of `text` that are shown: its start tells the cause most often, its end what came of it.
pub(crate) fn excerpt(text: &str) -> Vec<String> {
    let all: Vec<_> = text.trim_end().lines().map(|line| abridged(line, LINE_WIDTH)).collect();
    if all.len() <= FIRST_LINES + LAST_LINES + 1 {
        return all;
    }
    let (first, last) = (&all[..FIRST_LINES], &all[all.len() - LAST_LINES..]);
    let left_out = format!("… {} lines more …", all.len() - FIRST_LINES - LAST_LINES);
    [first, &[left_out], last].concat()
}

/// A stream's text so far. Clones share it.
#[derive(Clone, Default)]
pub struct Output(Arc<(Mutex<Text>, Condvar)>);

#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    ended: bool,
}

impl Output {
    /// Collects `stream` to its end, or with `one_line` to the end of its first line, and then closes it.
    pub(crate) fn collect(mut stream: impl Read + Send + 'static, one_line: bool) -> Output {
        let output = Output::default();
        let shared = output.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let mut text = shared.lock();
                text.bytes.extend_from_slice(&buffer[..count]);
                shared.0.1.notify_all();
                if one_line && text.bytes.contains(&b'\n') {
                    break;
                }
            }
            drop(stream);
            shared.lock().ended = true;
            shared.0.1.notify_all();
        });
        output
    }

    /// All that came so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
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
            let so_far = String::from_utf8_lossy(&text.bytes).into_owned();
            let left = end.saturating_duration_since(Instant::now());
            if text.ended || left.is_zero() || enough(&so_far) {
                return so_far;
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
    use super::*;

    #[test]
    fn an_excerpt_has_the_start_and_the_end() {
        let text = |count: usize| (1..=count).map(|number| format!("{number}\n")).collect::<String>();
        assert_eq!(excerpt(""), Vec::<String>::new());
        assert_eq!(excerpt(&text(9)).join(" "), "1 2 3 4 5 6 7 8 9");
        assert_eq!(excerpt(&text(100)).join(" "), "1 2 3 … 92 lines more … 96 97 98 99 100");
        assert!(excerpt(&"x".repeat(100_000))[0].len() < 200);
    }
}
