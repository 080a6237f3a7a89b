//! Strategies for bytes: where to cut them, and what to do to them so that they are a request no more.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// How to cut some bytes into pieces.
#[derive(Debug, Clone)]
pub(crate) enum Cuts {
    Everywhere,
    At(Vec<Index>),
}

impl Cuts {
    pub(crate) fn any() -> impl Strategy<Value = Cuts> {
        prop_oneof![
            1 => Just(Cuts::Everywhere),
            4 => prop::collection::vec(any::<Index>(), 0..8).prop_map(Cuts::At),
        ]
    }

    /// The pieces, some of which may be empty.
    pub(crate) fn pieces<'a>(&self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        let Cuts::At(places) = self else { return bytes.chunks(1).collect() };
        let mut places: Vec<_> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let starts = [0].into_iter().chain(places.iter().copied());
        let ends = places.iter().copied().chain([bytes.len()]);
        starts.zip(ends).map(|(start, end)| &bytes[start..end]).collect()
    }
}

/// A change to some bytes.
#[derive(Debug, Clone)]
pub(crate) enum Mutation {
    Insert(Index, &'static [u8]),
    Replace(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize),
    Truncate(Index),
}

/// Bytes that mean something to a parser of requests.
const WORDS: [&[u8]; 24] = [
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b";",
    b",",
    b"0",
    b"%",
    b"%2",
    b"\"",
    b"?",
    b"#",
    b"\xff",
    b"\r\n folded",
    b"\r\nHost: other",
    b"\r\nContent-Length: 3",
    b"\r\nTransfer-Encoding: chunked",
    b"\r\nExpect: 100-continue",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
];

impl Mutation {
    pub(crate) fn any() -> impl Strategy<Value = Mutation> {
        let at = any::<Index>;
        prop_oneof![
            3 => (at(), select(&WORDS[..])).prop_map(|(place, word)| Mutation::Insert(place, word)),
            3 => (at(), any::<u8>()).prop_map(|(place, byte)| Mutation::Replace(place, byte)),
            2 => (at(), 1..8usize).prop_map(|(place, count)| Mutation::Remove(place, count)),
            1 => (at(), 1..40usize).prop_map(|(place, count)| Mutation::Repeat(place, count)),
            1 => at().prop_map(Mutation::Truncate),
        ]
    }

    pub(crate) fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        match self {
            Mutation::Insert(place, word) => {
                let place = place.index(length + 1);
                bytes.splice(place..place, word.iter().copied());
            }
            Mutation::Replace(place, byte) if length > 0 => bytes[place.index(length)] = *byte,
            Mutation::Remove(place, count) => {
                let place = place.index(length + 1);
                bytes.drain(place..length.min(place + count));
            }
            Mutation::Repeat(place, count) => {
                let place = place.index(length + 1);
                let part = bytes[place..length.min(place + count)].to_vec();
                bytes.splice(place..place, part);
            }
            Mutation::Truncate(place) => bytes.truncate(place.index(length + 1)),
            Mutation::Replace(..) => {}
        }
    }
}

/// Random bytes, most of them such as requests are made of.
pub(crate) fn noise() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => select(&WORDS[..]).prop_map(<[u8]>::to_vec),
        3 => "[A-Za-z0-9/:.;=-]{1,8}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}
