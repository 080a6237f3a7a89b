//! The bytes that came and are not used yet: a buffer that is filled behind and used up in front.

/// Room for most heads, in bytes, so that they are put together without moving.
const USUAL_HEAD: usize = 512;

#[derive(Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    /// How many of `bytes` are used up.
    start: usize,
    /// How many of the unused ones have been searched for the end of a line, so that none is searched twice.
    searched: usize,
}

impl Input {
    /// Appends what came. The used bytes go at this moment, so that using some moves nothing.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        self.bytes.reserve(bytes.len().max(USUAL_HEAD));
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn unused(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Uses up the next `count` bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.bytes.len().min(self.start + count);
        self.searched = self.searched.saturating_sub(count);
    }

    /// Where the line that starts at `from` ends, its line feed included; `None` while that has not come. Of lines that
    /// are looked for one after another, each byte is searched once, however small the pieces that it came in.
    pub(crate) fn line_end(&mut self, from: usize) -> Option<usize> {
        let begin = self.searched.max(from);
        let found = position(self.unused().get(begin..)?, b'\n');
        self.searched = found.map_or(self.unused().len(), |offset| begin + offset + 1);
        found.map(|_| self.searched)
    }
}

/// Where `byte` stands first in `bytes`. Eight are looked at together, for whoever reads heads does little else.
pub(crate) fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    let mut rest = bytes;
    let found = loop {
        let Some((word, tail)) = rest.split_first_chunk::<8>() else {
            break rest.iter().position(|&other| other == byte)?;
        };
        let others = u64::from_le_bytes(*word) ^ u64::from_le_bytes([byte; 8]);
        // In `others` the byte is a zero. The first zero, and none before it, borrows its top bit when 1 is taken away.
        let borrowed = others.wrapping_sub(ONES) & !others & TOPS;
        if borrowed != 0 {
            break borrowed.trailing_zeros() as usize / 8;
        }
        rest = tail;
    };
    Some(bytes.len() - rest.len() + found)
}
