//! The request parser on whatever the fuzzer comes up with: it must not panic, must make the same of the bytes however
//! they are cut, and must hand out no request that it should refuse.
//!
//! The first byte says how to cut: into pieces of so many bytes, each a bit longer than the one before.

#![no_main]

use libfuzzer_sys::fuzz_target;
use properties::outcome::{bytewise, read, whole};

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else { return };
    let expected = whole(bytes);
    assert_eq!(bytewise(bytes), expected);

    let mut rest = bytes;
    let pieces = (usize::from(first)..).map_while(|length| {
        let (piece, tail) = rest.split_at(rest.len().min(length));
        (!rest.is_empty()).then(|| rest = tail).map(|()| piece)
    });
    assert_eq!(read(pieces).outcome, expected);

    for request in &expected.requests {
        assert_eq!(request.fault(), None, "in {request:?}");
    }
});
