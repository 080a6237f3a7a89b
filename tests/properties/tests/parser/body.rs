//! Strategies for bodies in the framings that a request can have (RFC 9112 6 and 7.1).

use proptest::prelude::*;
use proptest::sample::select;

use crate::message::any_case;

/// A body: its content, how it is sent, and the field that announces it.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) content: Vec<u8>,
    pub(crate) sent: Vec<u8>,
    field: Option<(String, String)>,
}

/// A chunk: its bytes, and the line before them. The last chunk has no bytes.
type Chunk = (Vec<u8>, String);

impl Body {
    pub(crate) fn any(may_be_chunked: bool) -> BoxedStrategy<Body> {
        let none = Just(Body { content: Vec::new(), sent: Vec::new(), field: None });
        let chunked = if may_be_chunked { 4 } else { 0 };
        prop_oneof![2 => none, 3 => Body::by_length(), chunked => Body::by_chunks()].boxed()
    }

    pub(crate) fn field(&self) -> Option<(String, String)> {
        self.field.clone()
    }

    fn by_length() -> impl Strategy<Value = Body> {
        (content(), select(&["", "0", "000"][..]), any_case("Content-Length")).prop_map(|(content, zeros, name)| {
            let length = format!("{zeros}{}", content.len());
            Body { sent: content.clone(), content, field: Some((name, length)) }
        })
    }

    fn by_chunks() -> impl Strategy<Value = Body> {
        let chunks = prop::collection::vec(chunk(), 0..5);
        let list =
            (select(&["", ", ", ","][..]), any_case("chunked")).prop_map(|(empty, coding)| empty.to_owned() + &coding);
        (chunks, size(0), trailers(), any_case("Transfer-Encoding"), list).prop_map(
            |(chunks, last, trailers, name, coding)| {
                let content = chunks.iter().flat_map(|(bytes, _)| bytes).copied().collect();
                let mut sent: Vec<u8> =
                    chunks.iter().flat_map(|(bytes, line)| [line.as_bytes(), bytes, b"\r\n"].concat()).collect();
                sent.extend(format!("{last}{trailers}\r\n").into_bytes());
                Body { content, sent, field: Some((name, coding)) }
            },
        )
    }
}

/// Bytes of all sorts, often such as could be taken for framing.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let framing = select(&["0\r\n\r\n", "\r\n", "5\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"][..]);
    prop_oneof![
        2 => prop::collection::vec(any::<u8>(), 0..60),
        1 => framing.prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn chunk() -> impl Strategy<Value = Chunk> {
    let bytes = content().prop_filter("that would be the last one", |bytes| !bytes.is_empty());
    bytes.prop_flat_map(|bytes| (size(bytes.len()), Just(bytes))).prop_map(|(line, bytes)| (bytes, line))
}

/// The line with a chunk's size: zeros before it, small or large digits, extensions after it.
fn size(size: usize) -> impl Strategy<Value = String> {
    let digits = select(vec![format!("{size:x}"), format!("{size:X}"), format!("{size:05x}"), format!("0{size:X}")]);
    let extension =
        prop_oneof![3 => Just(String::new()), 1 => "([ \t]?;[ ]?[a-z]{1,5}(=[a-z0-9]{1,5}|=\"[ -!#-~]{0,9}\")?){1,2}"];
    (digits, extension).prop_map(|(digits, extension)| format!("{digits}{extension}\r\n"))
}

fn trailers() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 1 => "(X-[a-z]{1,9}: ?[!-~]{0,9}\r\n){1,3}"]
}
