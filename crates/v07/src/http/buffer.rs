//! The bytes that have arrived and aren't used yet: new ones are added at the back, and used ones leave at the front.

use crate::http::refusal::Refusal;

/// The longest head (request line and fields), and the longest trailer section, in bytes.
pub(crate) const MAX_HEAD: usize = 64 * 1024;
const LONG_HEAD: Refusal =
    Refusal { status: "431 Request Header Fields Too Large", reason: "the fields exceed 64 KiB" };

#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// How many of `bytes` are used.
    used: usize,
    /// How many of the others are known to contain no line feed. They aren't searched again when more bytes arrive.
    searched: usize,
}

impl Buffer {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn unused(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    /// Uses the next `count` bytes, or all if there are fewer.
    pub(crate) fn take(&mut self, count: usize) -> &[u8] {
        let start = self.used;
        self.used = self.bytes.len().min(start + count);
        self.searched = 0;
        self.bytes.get(start..self.used).unwrap_or_default()
    }

    /// Uses the next line and returns it without its end, or returns `None` until the line is complete. A line of more than
    /// `max` bytes, its end included, is rejected with `too_long`, even before it is complete.
    pub(crate) fn take_line(&mut self, max: usize, too_long: Refusal) -> Result<Option<&[u8]>, Refusal> {
        let unused = self.unused();
        let found = unused.iter().skip(self.searched).position(|&byte| byte == b'\n');
        let length = found.map_or(unused.len(), |offset| self.searched + offset + 1);
        if length > max {
            return Err(too_long);
        }
        if found.is_none() {
            self.searched = length;
            return Ok(None);
        }
        // A line feed alone doesn't end a line: servers that disagree about that see different requests.
        let line = self.take(length).strip_suffix(b"\r\n");
        line.map(Some).ok_or(Refusal::malformed("a line does not end in CR LF"))
    }

    /// Moves the lines of a section of fields to the end of `section`, until the empty line that ends it. True when that
    /// has arrived. `max` is the longest section, in bytes.
    pub(crate) fn take_fields(&mut self, section: &mut Vec<u8>, max: usize) -> Result<bool, Refusal> {
        while let Some(line) = self.take_line(max - section.len(), LONG_HEAD)? {
            section.extend_from_slice(line);
            section.extend_from_slice(b"\r\n");
            if line.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
