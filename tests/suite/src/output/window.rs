//! What is kept of a stream that may never end: its start and its end, and how much there was between them.

/// A window on a stream of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first `part` bytes, and at most twice as many of the last.
    bytes: Vec<u8>,
    part: usize,
    /// How many bytes were left out after the first part.
    left_out: usize,
}

impl Window {
    /// A window that keeps everything of a stream of at most three times `part` bytes.
    pub(crate) fn new(part: usize) -> Window {
        Window { bytes: Vec::new(), part, left_out: 0 }
    }

    /// Takes more bytes in; forgets some from the middle when there are too many.
    pub(crate) fn extend(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
        if self.bytes.len() > 3 * self.part {
            self.left_out += self.bytes.drain(self.part..self.bytes.len() - self.part).len();
        }
    }

    /// The start, how many bytes were left out, and the end; without a gap all is the start.
    pub(crate) fn parts(&self) -> (&[u8], usize, &[u8]) {
        let (first, last) = self.bytes.split_at(if self.left_out > 0 { self.part } else { self.bytes.len() });
        (first, self.left_out, last)
    }
}

/// How the line begins that stands for a gap.
const GAP: &str = "… left out: ";

/// The line that stands for so many bytes.
pub(crate) fn gap(left_out: usize) -> String {
    format!("{GAP}{left_out} bytes …\n")
}

/// The first lines of a text and its last ones, and between them how much is left out.
pub(crate) fn without_middle(text: &str, first: usize, last: usize) -> Vec<String> {
    let count = text.lines().count();
    if count <= first + last + 1 {
        return text.lines().map(str::to_owned).collect();
    }
    let (between, end) = (count - first - last, text.lines().skip(count - last));
    let more = match text.lines().skip(first).take(between).find_map(|line| line.strip_prefix(GAP)) {
        Some(bytes) => format!("… {} lines more, and {bytes}", between - 1),
        None => format!("… {between} lines more …"),
    };
    text.lines().take(first).map(str::to_owned).chain([more]).chain(end.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_keeps_the_start_and_the_end() {
        let mut window = Window::new(4);
        window.extend(b"abcdefghijkl");
        assert_eq!(window.parts(), (&b"abcdefghijkl"[..], 0, &b""[..]));
        window.extend(b"mn");
        assert_eq!(window.parts(), (&b"abcd"[..], 6, &b"klmn"[..]));
        window.extend(&[b'x'; 1_000]);
        assert_eq!(window.parts(), (&b"abcd"[..], 1_006, &b"xxxx"[..]));
    }
}
