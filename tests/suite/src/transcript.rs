//! The transcript of a connection: all bytes in both directions, in order, and how they are shown to people.

use std::net::SocketAddr;

/// How much of one direction is shown before it is abridged: lines from its start, lines from its end, characters of
/// a line.
const FIRST_LINES: usize = 14;
const LAST_LINES: usize = 3;
const LINE_WIDTH: usize = 110;

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The client sent these bytes in one go.
    Sent(Vec<u8>),
    /// The server sent these bytes, in as many pieces as it liked.
    Received(Vec<u8>),
    /// Something else that matters, in words.
    Note(String),
}

/// The history of one connection.
#[derive(Clone, Debug)]
pub struct Transcript {
    client: SocketAddr,
    /// What happened, in order.
    pub entries: Vec<Entry>,
    /// Whether the case is done with the connection.
    pub(crate) is_over: bool,
}

impl Transcript {
    pub(crate) fn new(client: SocketAddr) -> Transcript {
        Transcript { client, entries: Vec::new(), is_over: false }
    }

    pub(crate) fn received(&mut self, bytes: &[u8]) {
        match self.entries.last_mut() {
            Some(Entry::Received(last)) => last.extend_from_slice(bytes),
            _ => self.entries.push(Entry::Received(bytes.to_vec())),
        }
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.entries.push(Entry::Note(text.into()));
    }

    /// The lines of the transcript: `>` sent, `<` received, `·` a note.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("the client {}:", self.client)];
        for entry in &self.entries {
            match entry {
                Entry::Sent(bytes) => lines.extend(shown(bytes).into_iter().map(|line| format!("> {line}"))),
                Entry::Received(bytes) => lines.extend(shown(bytes).into_iter().map(|line| format!("< {line}"))),
                Entry::Note(text) => lines.push(format!("· {text}")),
            }
        }
        lines
    }

    /// A line for a shell that sends the same bytes to `address`, if they are few enough to be typed.
    pub fn shell(&self, address: &str) -> Option<String> {
        let mut sent =
            self.entries.iter().filter_map(|entry| if let Entry::Sent(bytes) = entry { Some(bytes) } else { None });
        let pieces: Vec<_> = sent.by_ref().take(5).map(|bytes| format!("printf '{}'", printf(bytes))).collect();
        let words = match &pieces[..] {
            [] => return None,
            [one] => one.clone(),
            several => format!("({})", several.join("; sleep 1; ")),
        };
        let line = format!("{words} | nc {}", address.replace(':', " "));
        (sent.next().is_none() && line.len() <= 400).then_some(line)
    }
}

/// One shown line for each line of `bytes`, every byte visible, abridged in the middle.
fn shown(bytes: &[u8]) -> Vec<String> {
    let all: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    if all.len() <= FIRST_LINES + LAST_LINES + 1 {
        return all.into_iter().map(visible).collect();
    }
    let mut lines: Vec<_> = all[..FIRST_LINES].iter().map(|line| visible(line)).collect();
    lines.push(format!("… {} lines more …", all.len() - FIRST_LINES - LAST_LINES));
    lines.extend(all[all.len() - LAST_LINES..].iter().map(|line| visible(line)));
    lines
}

/// The bytes with everything unprintable escaped as in Rust and C, and a long line abridged.
pub fn visible(bytes: &[u8]) -> String {
    let escape = |bytes: &[u8]| bytes.iter().map(|&byte| escaped(byte)).collect::<String>();
    if bytes.len() <= LINE_WIDTH {
        return escape(bytes);
    }
    let (first, last) = (&bytes[..LINE_WIDTH / 2], &bytes[bytes.len() - LINE_WIDTH / 8..]);
    let left_out = bytes.len() - first.len() - last.len();
    format!("{} … {left_out} bytes more … {}", escape(first), escape(last))
}

fn escaped(byte: u8) -> String {
    match byte {
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'\\' => "\\\\".to_owned(),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

/// The bytes as the format of printf(1) between single quotes.
fn printf(bytes: &[u8]) -> String {
    let escape = |&byte: &u8| match byte {
        b'%' => "%%".to_owned(),
        b'\r' | b'\n' | b'\\' => escaped(byte),
        b'\'' => "\\047".to_owned(),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    bytes.iter().map(escape).collect()
}
