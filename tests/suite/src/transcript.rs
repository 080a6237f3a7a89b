//! The transcript of a connection: all bytes in both directions, in order, and how they are shown to people.

use std::net::SocketAddr;

use crate::output::window::{Window, gap, without_middle};

/// How much is kept of the start of what a server sent in one go, and about as much of its end.
const KEPT: usize = 1 << 16;

/// How much of one direction is shown before it is abridged: lines from its start, lines from its end, characters of
/// a line.
const FIRST_LINES: usize = 14;
const LAST_LINES: usize = 3;
const LINE_WIDTH: usize = 110;

/// How long a line may be that somebody is to type or to copy.
const SHELL_WIDTH: usize = 500;

/// What happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The client sent these bytes in one go.
    Sent(Vec<u8>),
    /// The server sent these bytes, in as many pieces as it liked.
    Received(Window),
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
    /// Whether it only asks if the server still serves, after something that the case is about.
    pub(crate) is_probe: bool,
    /// Whether the server ended it before a response was whole.
    pub(crate) is_cut: bool,
    /// How the client left, if it did so by itself.
    pub(crate) leaving: Option<Leaving>,
}

/// How a client leaves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// It closes the connection.
    Close,
    /// It resets the connection.
    Reset,
}

impl Transcript {
    pub(crate) fn new(client: SocketAddr) -> Transcript {
        Transcript { client, entries: Vec::new(), is_over: false, is_probe: false, is_cut: false, leaving: None }
    }

    pub(crate) fn received(&mut self, bytes: &[u8]) {
        match self.entries.last_mut() {
            Some(Entry::Received(last)) => last.extend(bytes),
            _ => {
                let mut window = Window::new(KEPT);
                window.extend(bytes);
                self.entries.push(Entry::Received(window));
            }
        }
    }

    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.entries.push(Entry::Note(text.into()));
    }

    /// Whether anything came from the server.
    pub(crate) fn is_answered(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry, Entry::Received(_)))
    }

    /// The lines of the transcript: `>` sent, `<` received, `·` a note.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("the client {}:", self.client)];
        for entry in &self.entries {
            match entry {
                Entry::Sent(bytes) => lines.extend(shown((bytes, 0, &[])).into_iter().map(|line| format!("> {line}"))),
                Entry::Received(window) => {
                    lines.extend(shown(window.parts()).into_iter().map(|line| format!("< {line}")));
                }
                Entry::Note(text) => lines.push(format!("· {text}")),
            }
        }
        lines
    }

    /// A line for a shell that sends the same bytes to `address`, if they are few enough to be typed. It leaves as the
    /// client did, and otherwise shows the answer; a reset can't be typed.
    ///
    /// bash makes the connection: most machines have it and not all have nc, and curl's telnet doubles the byte 255.
    /// `env printf` is the program, which writes all its bytes at once; bash's own writes them line by line.
    pub fn shell(&self, address: &str) -> Option<String> {
        let (host, port) = address.rsplit_once(':')?;
        let mut sent =
            self.entries.iter().filter_map(|entry| if let Entry::Sent(bytes) = entry { Some(bytes) } else { None });
        let pieces: Vec<_> =
            sent.by_ref().take(5).map(|bytes| format!("; env printf '{}' >&3", printf(bytes))).collect();
        let end = match self.leaving {
            Some(Leaving::Reset) => return None,
            Some(Leaving::Close) if !self.is_answered() => "",
            _ if pieces.is_empty() => return None,
            _ => "; cat <&3",
        };
        let host = host.trim_matches(['[', ']']);
        let line = format!("bash -c \"exec 3<>/dev/tcp/{host}/{port}{}{end}\"", pieces.join("; sleep 1"));
        (sent.next().is_none() && line.len() <= SHELL_WIDTH).then_some(line)
    }
}

/// One shown line for each line of a window's parts, every byte visible, abridged in the middle.
fn shown((start, left_out, end): (&[u8], usize, &[u8])) -> Vec<String> {
    let lines = |bytes: &[u8]| bytes.split_inclusive(|&byte| byte == b'\n').map(|line| visible(line) + "\n").collect();
    let (start, end): (String, String) = (lines(start), lines(end));
    let all = if left_out == 0 { start } else { start + &gap(left_out) + &end };
    without_middle(&all, FIRST_LINES, LAST_LINES)
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

/// A line of text with its middle left out if it is longer than `width` characters.
pub(crate) fn abridged(line: &str, width: usize) -> String {
    let length = line.chars().count();
    if length <= width {
        return line.to_owned();
    }
    let (first, last) = (width * 3 / 4, width / 8);
    let start: String = line.chars().take(first).collect();
    let end: String = line.chars().skip(length - last).collect();
    format!("{start} … {} characters more … {end}", length - first - last)
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

/// The bytes as the format of printf(1), between single quotes that stand between double quotes. A hyphen at the start
/// would make an option of it.
fn printf(bytes: &[u8]) -> String {
    let escape = |(at, &byte): (usize, &u8)| match byte {
        b'%' => "%%".to_owned(),
        b'\r' | b'\n' => escaped(byte),
        b'-' if at > 0 => "-".to_owned(),
        b'-' | b'\'' | b'"' | b'$' | b'`' | b'!' | b'\\' => format!("\\{byte:03o}"),
        0x20..=0x7e => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    bytes.iter().enumerate().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;
    use std::process::Command;

    use super::*;

    fn transcript(entries: Vec<Entry>) -> Transcript {
        Transcript { entries, ..Transcript::new(([127, 0, 0, 1], 1).into()) }
    }

    #[test]
    fn the_line_for_a_shell_sends_every_byte() {
        if Command::new("bash").arg("--version").output().is_err() {
            println!("skipped: there is no bash");
            return;
        }
        let all: Vec<u8> = (0..=255).collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        for sent in [&b"-n '100%' \"$HOME\" `ls` \\ !\r\n"[..], &all[..100], &all[100..200], &all[200..]] {
            let mut transcript = transcript(vec![Entry::Sent(sent.to_vec())]);
            transcript.leaving = Some(Leaving::Close);
            let line = transcript.shell(&address).expect("a line");
            let mut shell = Command::new("sh").args(["-c", &line]).spawn().expect("a shell");
            let mut came = Vec::new();
            listener.accept().and_then(|(mut client, _)| client.read_to_end(&mut came)).expect("a client");
            assert!(shell.wait().expect("its end").success(), "{line}");
            assert_eq!(came, sent, "{line}");
        }
    }

    #[test]
    fn the_line_for_a_shell_leaves_as_the_client_did() {
        let sent = || vec![Entry::Sent(b"GE".to_vec()), Entry::Sent(b"T".to_vec())];
        let waits = transcript(sent());
        let line = "bash -c \"exec 3<>/dev/tcp/::1/80; env printf 'GE' >&3; sleep 1; env printf 'T' >&3; cat <&3\"";
        assert_eq!(waits.shell("[::1]:80").as_deref(), Some(line));
        let leaves = Transcript { leaving: Some(Leaving::Close), ..transcript(Vec::new()) };
        assert_eq!(leaves.shell("127.0.0.1:80").as_deref(), Some("bash -c \"exec 3<>/dev/tcp/127.0.0.1/80\""));
        let resets = Transcript { leaving: Some(Leaving::Reset), ..transcript(sent()) };
        assert_eq!(resets.shell("127.0.0.1:80"), None);
        assert_eq!(transcript(Vec::new()).shell("127.0.0.1:80"), None);
    }

    #[test]
    fn of_an_answer_without_end_the_start_and_the_end_are_kept() {
        let mut transcript = transcript(Vec::new());
        for _ in 0..1_000 {
            transcript.received(&[b'x'; 1_000]);
        }
        let Some(Entry::Received(window)) = transcript.entries.first() else { panic!("something was received") };
        let (start, left_out, end) = window.parts();
        assert!(start.len() + end.len() <= 3 * KEPT && start.len() + left_out + end.len() == 1_000_000);
        assert_eq!(transcript.lines()[2], format!("< … left out: {left_out} bytes …"));
    }

    #[test]
    fn a_long_line_is_abridged() {
        assert_eq!(abridged("äöü", 3), "äöü");
        assert_eq!(abridged(&"ä".repeat(20), 8), "ääääää … 13 characters more … ä");
    }
}
