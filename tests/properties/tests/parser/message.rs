//! Strategies for requests that are valid by RFC 9112: the bytes, and what is to come out.

use properties::seen::Seen;
use proptest::prelude::*;
use proptest::sample::select;

use crate::body::Body;
use crate::target::{Target, host};

/// A valid request.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
    pub(crate) seen: Seen,
    /// How long the head is, empty lines before it included.
    pub(crate) head: usize,
}

/// A field as it is sent: the space around the value is no part of it (RFC 9112 5).
#[derive(Debug, Clone)]
struct Field {
    name: String,
    before: String,
    value: Vec<u8>,
    after: String,
}

impl Message {
    /// Boxed, as are its parts: what is put together of them would overflow the stack of a test.
    pub(crate) fn any() -> BoxedStrategy<Message> {
        let version = prop_oneof![6 => Just(1u8), 2 => Just(0), 1 => 2..=9u8];
        let message = (method(), version).prop_flat_map(|(method, minor)| {
            let fields = (prop::collection::vec(other_field(), 0..5), host_field(minor), Body::any(minor > 0));
            let fields = fields.prop_flat_map(|(others, host, body)| {
                let all = others.into_iter().chain(host).chain(body.field().map(plain)).collect::<Vec<_>>();
                (Just(all).prop_shuffle(), Just(body))
            });
            let empty = select(&["", "\r\n", "\r\n\r\n"][..]);
            (Just(method.clone()), Just(minor), Target::any(&method), fields, empty).prop_map(put_together)
        });
        message.boxed()
    }

    /// Some requests, one after another.
    pub(crate) fn pipeline() -> impl Strategy<Value = Vec<Message>> {
        prop::collection::vec(Message::any(), 1..4)
    }
}

pub(crate) fn concat(messages: &[Message]) -> Vec<u8> {
    messages.iter().flat_map(|message| &message.bytes).copied().collect()
}

type Parts = (String, u8, Target, (Vec<Field>, Body), &'static str);

/// Empty lines may come first (RFC 9112 2.2).
fn put_together((method, minor, target, (fields, body), empty): Parts) -> Message {
    let line = format!("{method} {} HTTP/1.{minor}", target.sent);
    let mut bytes = format!("{empty}{line}\r\n").into_bytes();
    for Field { name, before, value, after } in &fields {
        bytes.extend([name.as_bytes(), b":", before.as_bytes(), value, after.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    let head = bytes.len();
    bytes.extend(&body.sent);
    let value = |field: &Field| match &target.authority {
        Some(authority) if field.name.eq_ignore_ascii_case("Host") => authority.clone().into_bytes(),
        _ => field.value.clone(),
    };
    let mut seen_fields: Vec<_> = fields.iter().map(|field| (field.name.clone().into_bytes(), value(field))).collect();
    if let Some(authority) =
        target.authority.filter(|_| !fields.iter().any(|field| field.name.eq_ignore_ascii_case("Host")))
    {
        seen_fields.push((b"Host".to_vec(), authority.into_bytes()));
    }
    let seen = Seen {
        method,
        path: target.path,
        query: target.query.into_bytes(),
        minor_version: minor.min(1),
        persists: minor > 0, // No field is named Connection.
        fields: seen_fields,
        body: body.content,
        line: line.into_bytes(),
    };
    Message { bytes, seen, head }
}

fn method() -> impl Strategy<Value = String> {
    let known = select(&["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"][..]);
    let token = "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}";
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => token.prop_filter("another rule", |method| {
        method != "CONNECT"
    })]
}

/// The Host field: HTTP/1.0 does without.
fn host_field(minor: u8) -> impl Strategy<Value = Option<Field>> {
    let field = (any_case("Host"), space(), prop_oneof![host(), Just(String::new())], space())
        .prop_map(|(name, before, value, after)| Field { name, before, value: value.into_bytes(), after });
    let without = u32::from(minor == 0);
    prop_oneof![1 => field.prop_map(Some), without => Just(None)]
}

/// A field that the parser has no business with.
fn other_field() -> impl Strategy<Value = Field> {
    let byte = prop_oneof![8 => 0x21..=0x7eu8, 1 => 0x80..=0xffu8];
    let word = || prop::collection::vec(byte.clone(), 1..10);
    let value = prop_oneof![
        1 => Just(Vec::new()),
        3 => word(),
        2 => (word(), select(&[" ", "\t", "  "][..]), word())
            .prop_map(|(one, space, other)| [&one, space.as_bytes(), &other].concat()),
    ];
    ("X[!#$%&'*+.^_`|~0-9A-Za-z-]{0,12}", space(), value, space()).prop_map(|(name, before, value, after)| Field {
        name,
        before,
        value,
        after,
    })
}

fn plain((name, value): (String, String)) -> Field {
    Field { name, before: " ".to_owned(), value: value.into_bytes(), after: String::new() }
}

/// Optional white space (RFC 9110 5.6.3).
fn space() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(" ".to_owned()), 1 => "[ \t]{0,3}"]
}

/// `name` in small and large letters: names of fields and codings don't tell them apart.
pub(crate) fn any_case(name: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(vec![false; name.len()]), 1 => prop::collection::vec(any::<bool>(), name.len())].prop_map(
        |swaps| {
            let letters = name.chars().zip(swaps);
            let letters = letters.map(|(letter, swap)| match (swap, letter.is_ascii_lowercase()) {
                (false, _) => letter,
                (true, true) => letter.to_ascii_uppercase(),
                (true, false) => letter.to_ascii_lowercase(),
            });
            letters.collect()
        },
    )
}
