//! The request target and the host: the grammar of RFC 9112 3.2 and RFC 3986, which httparse does not check.

use std::net::Ipv6Addr;
use std::ops::Range;

use crate::http::input::position;
use crate::http::refusal::Refusal;

/// Where the parts of a target stand in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Target {
    /// The host and port of a target in absolute-form.
    pub(crate) authority: Option<Range<usize>>,
    /// The path, percent-encoded as it came. Empty where an absolute-form has none: that is the path `/`.
    pub(crate) path: Range<usize>,
    /// What follows the question mark.
    pub(crate) query: Range<usize>,
}

impl Target {
    /// Takes the target of any method but CONNECT apart.
    pub(crate) fn parse(method: &[u8], target: &[u8]) -> Result<Target, Refusal> {
        // asterisk-form (RFC 9112 3.2.4)
        if target == b"*" {
            let end = target.len();
            return match method {
                b"OPTIONS" => Ok(Target { authority: None, path: 0..end, query: end..end }),
                _ => Err(Refusal::malformed("the target * is for OPTIONS alone")),
            };
        }
        // absolute-form (RFC 9112 3.2.2), else origin-form (3.2.1)
        let mut path_start = 0;
        let mut authority = None;
        const SCHEME: &[u8] = b"http://";
        if target.first() != Some(&b'/') {
            match target.split_at_checked(SCHEME.len()) {
                Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => {
                    let length = rest.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(rest.len());
                    path_start = SCHEME.len() + length;
                    authority = Some(SCHEME.len()..path_start);
                    if !rest.get(..length).is_some_and(|host| is_host(host) && !matches!(host, [] | [b':', ..])) {
                        return Err(Refusal::malformed("the target has no valid host"));
                    }
                }
                _ => return Err(Refusal::malformed("the target starts neither with / nor with http://")),
            }
        }
        let rest = target.get(path_start..).unwrap_or_default();
        let path_length = position(rest, b'?').unwrap_or(rest.len());
        if !IN_TARGET.contains_all(rest) {
            return Err(Refusal::malformed("the target has a character that must be percent-encoded"));
        }
        let path = path_start..path_start + path_length;
        let query = target.len().min(path.end + 1)..target.len();
        Ok(Target { authority, path, query })
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 7.2); the empty host is one too.
pub(crate) fn is_host(value: &[u8]) -> bool {
    let (host, port) = match value.first() {
        Some(b'[') => match position(value, b']') {
            Some(end) => value.split_at(end + 1),
            None => return false,
        },
        _ => value.split_at(position(value, b':').unwrap_or(value.len())),
    };
    let host_fits = match host {
        [b'[', address @ .., b']'] => str::from_utf8(address).is_ok_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        name => is_name(name),
    };
    let port_fits = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    host_fits && port_fits
}

/// Appends `encoded` to `out` with each `%XX` decoded (RFC 3986 2.1). Any other `%` stands for itself.
pub(crate) fn percent_decode(encoded: &[u8], out: &mut Vec<u8>) {
    let mut rest = encoded;
    while let [first, tail @ ..] = rest {
        let decoded = match rest {
            [b'%', high, low, after @ ..] => hex_digit(*high).zip(hex_digit(*low)).map(|(h, l)| (h << 4 | l, after)),
            _ => None,
        };
        let (byte, after) = decoded.unwrap_or((*first, tail));
        out.push(byte);
        rest = after;
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// A set of bytes, as a table: whether a byte is in it takes one look.
pub(crate) struct Bytes([bool; 256]);

impl Bytes {
    pub(crate) const fn letters_digits_and(others: &[u8]) -> Bytes {
        let mut table = [false; 256];
        let mut byte = 0u8;
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        let mut at = 0;
        while at < others.len() {
            table[others[at] as usize] = true;
            at += 1;
        }
        Bytes(table)
    }

    pub(crate) const fn contains(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    /// Whether every byte of `text` is in the set. All are looked at: to stop at the first other one takes longer.
    pub(crate) fn contains_all(&self, text: &[u8]) -> bool {
        text.iter().fold(true, |all, &byte| all & self.contains(byte))
    }
}

/// The characters of a path and a query: all visible ones of ASCII but `"`, `#`, `<` and `>`. RFC 3986 allows fewer, but
/// browsers send the others as they are, at least in a query, and so a `%` that encodes nothing (URL Standard).
const IN_TARGET: Bytes = Bytes::letters_digits_and(b"-._~!$&'()*+,;=:@/?%[]{}|\\^`");
/// The characters of a host's name, beside percent-encoded bytes (RFC 3986 3.2.2).
const IN_NAME: Bytes = Bytes::letters_digits_and(b"-._~!$&'()*+,;=");

/// Whether a host's name is made of these, and of percent-encoded bytes.
fn is_name(text: &[u8]) -> bool {
    if IN_NAME.contains_all(text) {
        return true;
    }
    let mut rest = text;
    while let Some(other) = rest.iter().position(|&byte| !IN_NAME.contains(byte)) {
        rest = match rest.get(other..) {
            Some([b'%', high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => tail,
            _ => return false,
        };
    }
    true
}
