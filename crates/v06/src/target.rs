//! The request target and the host: the grammar of RFC 9112 3.2 and RFC 3986, which httparse does not check.

use std::ops::Range;

use crate::input::position;
use crate::request::Refusal;

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
        let (path, query) = rest.split_at(path_length);
        if !consists_of(path, &IN_PATH) {
            return Err(Refusal::malformed("the path has a character that must be percent-encoded"));
        }
        if !consists_of(query, &IN_QUERY) {
            return Err(Refusal::malformed("the query has a character that must be percent-encoded"));
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
        [b'[', address @ .., b']'] => is_ip_literal(address),
        name => consists_of(name, &IN_HOST),
    };
    let port_fits = match port {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    host_fits && port_fits
}

/// What may stand in brackets (RFC 3986 3.2.2): an IPv6 address, or `v`, a version, a dot and an address of the future.
fn is_ip_literal(address: &[u8]) -> bool {
    match address {
        [b'v' | b'V', future @ ..] => match position(future, b'.').map(|dot| future.split_at(dot)) {
            Some((version, [b'.', rest @ ..])) => {
                !version.is_empty()
                    && version.iter().all(u8::is_ascii_hexdigit)
                    && !rest.is_empty()
                    && rest.iter().all(|&byte| IN_HOST.contains(byte) || byte == b':')
            }
            _ => false,
        },
        _ => str::from_utf8(address).is_ok_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
    }
}

/// Appends `encoded` to `out` with each `%XX` decoded (RFC 3986 2.1). Only checked paths come here.
pub(crate) fn percent_decode(encoded: &[u8], out: &mut Vec<u8>) {
    let mut rest = encoded;
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match rest {
            [b'%', high, low, tail @ ..] => (hex_digit(*high) << 4 | hex_digit(*low), tail),
            _ => (*first, tail),
        };
        out.push(byte);
        rest = tail;
    }
}

fn hex_digit(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or_default() as u8
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

/// What may stand in a host's name (RFC 3986 3.2.2), in a path and in a query (3.3 and 3.4), beside percent-encoded bytes.
const IN_HOST: Bytes = Bytes::letters_digits_and(b"-._~!$&'()*+,;=");
const IN_PATH: Bytes = Bytes::letters_digits_and(b"-._~!$&'()*+,;=:@/");
const IN_QUERY: Bytes = Bytes::letters_digits_and(b"-._~!$&'()*+,;=:@/?");

/// Whether each byte is in `set`, or `%` and starts a percent-encoded byte.
fn consists_of(text: &[u8], set: &Bytes) -> bool {
    if set.contains_all(text) {
        return true;
    }
    let mut rest = text;
    while let Some(other) = rest.iter().position(|&byte| !set.contains(byte)) {
        rest = match rest.get(other..) {
            Some([b'%', high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => tail,
            _ => return false,
        };
    }
    true
}
