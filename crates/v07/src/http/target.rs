//! The request target and the host: the grammar of RFC 9112 3.2 and RFC 3986, which httparse doesn't check.

use std::net::Ipv6Addr;

use crate::http::refusal::Refusal;

/// The parts of a target, as they came.
pub(crate) struct Target<'a> {
    /// The host and port of a target in absolute-form.
    pub(crate) host: Option<&'a str>,
    /// The path; `*` for a request about the server as a whole.
    pub(crate) path: &'a str,
    /// The part after the question mark.
    pub(crate) query: &'a str,
}

impl<'a> Target<'a> {
    /// Reads the target of any method except CONNECT.
    pub(crate) fn parse(method: &str, target: &'a str) -> Result<Target<'a>, Refusal> {
        // asterisk-form (RFC 9112 3.2.4)
        if target == "*" {
            return match method {
                "OPTIONS" => Ok(Target { host: None, path: "*", query: "" }),
                _ => Err(Refusal::malformed("the target * is for OPTIONS only")),
            };
        }
        let is_allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'#' | b'<' | b'>');
        if !target.bytes().all(is_allowed) {
            return Err(Refusal::malformed("the target has a character that must be percent-encoded"));
        }
        // absolute-form (3.2.2), or else origin-form (3.2.1)
        let (host, rest) = match target.split_at_checked("http://".len()) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http://") => {
                let (host, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
                if host.is_empty() || host.starts_with(':') || !is_host(host) {
                    return Err(Refusal::malformed("the target has no valid host"));
                }
                (Some(host), rest)
            }
            _ if target.starts_with('/') => (None, target),
            _ => return Err(Refusal::malformed("the target starts neither with / nor with http://")),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = if path.is_empty() { "/" } else { path };
        Ok(Target { host, path, query })
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 7.2). The host may be empty.
pub(crate) fn is_host(value: &str) -> bool {
    let (is_valid, port) = match value.strip_prefix('[') {
        Some(rest) => {
            let Some((address, port)) = rest.split_once(']') else { return false };
            (address.parse::<Ipv6Addr>().is_ok(), port)
        }
        None => {
            let (name, port) = value.split_at(value.find(':').unwrap_or(value.len()));
            (is_name(name), port)
        }
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    is_valid && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
}

/// A registered name or an IPv4 address (RFC 3986 3.2.2).
fn is_name(name: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_hexdigit();
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        let is_valid = match byte {
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {
                true
            }
            b'%' => bytes.next().is_some_and(is_hex) && bytes.next().is_some_and(is_hex),
            _ => byte.is_ascii_alphanumeric(),
        };
        if !is_valid {
            return false;
        }
    }
    true
}

/// Decodes each `%XX` (RFC 3986 2.1). Any other `%` is left as it is: browsers send it so (URL Standard).
pub(crate) fn percent_decode(encoded: &str) -> Vec<u8> {
    let hex = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.split_first_chunk().filter(|_| *first == b'%');
        let byte = pair.and_then(|([high, low], after)| Some((hex(*high)? << 4 | hex(*low)?, after)));
        let (byte, after) = byte.unwrap_or((*first, tail));
        decoded.push(byte);
        rest = after;
    }
    decoded
}
