//! Strategies for targets in the forms that a server meets (RFC 9112 3.2).

use proptest::prelude::*;
use proptest::sample::select;

use crate::message::any_case;

/// A target, and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) sent: String,
    pub(crate) authority: Option<String>,
    /// Decoded.
    pub(crate) path: Vec<u8>,
    /// As it is sent.
    pub(crate) query: String,
}

impl Target {
    pub(crate) fn any(method: &str) -> BoxedStrategy<Target> {
        let star = Target { sent: "*".to_owned(), authority: None, path: b"*".to_vec(), query: String::new() };
        let origin = (path(), query()).prop_map(|((sent, path), query)| Target::new("", None, &sent, path, query));
        let scheme = (any_case("http"), host(), prop::option::of(path()), query());
        let absolute = scheme.prop_map(|(scheme, host, path, query)| {
            let (sent, path) = path.unwrap_or((String::new(), b"/".to_vec()));
            Target::new(&format!("{scheme}://{host}"), Some(host), &sent, path, query)
        });
        let asterisk = if method == "OPTIONS" { 2 } else { 0 };
        prop_oneof![6 => origin, 2 => absolute, asterisk => Just(star)].boxed()
    }

    fn new(before: &str, authority: Option<String>, sent: &str, path: Vec<u8>, query: Option<String>) -> Target {
        let mark = if query.is_some() { "?" } else { "" };
        let query = query.unwrap_or_default();
        Target { sent: format!("{before}{sent}{mark}{query}"), authority, path, query }
    }
}

/// A host with or without a port, never empty.
pub(crate) fn host() -> impl Strategy<Value = String> {
    let name = "[a-z0-9._~!$&'()*+,;=-]{1,20}|%[0-9a-fA-F]{2}[a-z]{0,5}|\\[::1\\]|\\[2001:db8::7\\]";
    (name, prop_oneof![3 => Just(String::new()), 1 => ":[0-9]{0,5}"]).prop_map(|(name, port)| name + &port)
}

/// A path that starts with a slash: as it is sent, and decoded. Any byte can stand in it, encoded.
fn path() -> impl Strategy<Value = (String, Vec<u8>)> {
    let byte = prop_oneof![6 => 0x20..=0x7eu8, 1 => any::<u8>(), 2 => Just(b'/')];
    prop::collection::vec((byte, encoding()), 0..20).prop_map(|bytes| {
        let encode = |(byte, encoding): &(u8, Encoding)| encoding.of(*byte);
        let sent: String = bytes.iter().map(encode).collect();
        (format!("/{sent}"), [b'/'].into_iter().chain(bytes.iter().map(|(byte, _)| *byte)).collect())
    })
}

fn query() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[!$-;=?-~]{0,16}")
}

/// How a byte of a path is written.
#[derive(Debug, Clone, Copy)]
enum Encoding {
    /// As it is, if it may.
    Plain,
    Upper,
    Lower,
}

fn encoding() -> impl Strategy<Value = Encoding> {
    select(&[Encoding::Plain, Encoding::Plain, Encoding::Plain, Encoding::Upper, Encoding::Lower][..])
}

impl Encoding {
    fn of(self, byte: u8) -> String {
        match self {
            Encoding::Plain if byte.is_ascii_graphic() && !b"\"#%<>?".contains(&byte) => char::from(byte).to_string(),
            Encoding::Lower => format!("%{byte:02x}"),
            _ => format!("%{byte:02X}"),
        }
    }
}
