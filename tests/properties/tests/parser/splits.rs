//! However the bytes are cut into pieces, what comes of them is the same. And no bytes make the parser panic, or hand
//! out what it should refuse.

use properties::outcome::{Outcome, bytewise, read, whole};
use proptest::prelude::*;

use crate::bytes::{Cuts, Mutation, noise};
use crate::message::{Message, concat};

/// The one outcome that `bytes` have, whole, one by one and in pieces, if every request in it is sound.
fn one_outcome(bytes: &[u8], cuts: &Cuts) -> Result<Outcome, TestCaseError> {
    let outcome = whole(bytes);
    prop_assert_eq!(&read(cuts.pieces(bytes)).outcome, &outcome);
    for request in &outcome.requests {
        prop_assert_eq!(request.fault(), None, "in {:?}", request);
    }
    Ok(outcome)
}

proptest! {
    #[test]
    fn valid_requests_are_the_same_in_any_pieces(messages in Message::pipeline(), cuts in Cuts::any()) {
        let outcome = one_outcome(&concat(&messages), &cuts)?;
        prop_assert_eq!(outcome.refusal, None);
    }

    #[test]
    fn damaged_requests_are_the_same_in_any_pieces(
        messages in Message::pipeline(),
        mutations in prop::collection::vec(Mutation::any(), 1..4),
        cuts in Cuts::any(),
    ) {
        let mut bytes = concat(&messages);
        mutations.iter().for_each(|mutation| mutation.apply(&mut bytes));
        one_outcome(&bytes, &cuts)?;
    }

    #[test]
    fn noise_is_the_same_in_any_pieces(bytes in noise(), cuts in Cuts::any()) {
        one_outcome(&bytes, &cuts)?;
    }

    #[test]
    fn random_bytes_are_the_same_in_any_pieces(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cuts in Cuts::any(),
    ) {
        one_outcome(&bytes, &cuts)?;
    }

    #[test]
    fn random_chunks_are_the_same_in_any_pieces(bytes in noise(), cuts in Cuts::any()) {
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        one_outcome(&[&head[..], &bytes].concat(), &cuts)?;
    }

    #[test]
    fn random_fields_are_the_same_in_any_pieces(bytes in noise(), cuts in Cuts::any()) {
        one_outcome(&[&b"POST / HTTP/1.1\r\nHost: a\r\n"[..], &bytes, b"\r\n\r\n"].concat(), &cuts)?;
    }
}

#[test]
fn a_request_is_the_same_cut_at_any_two_places() {
    let bytes = b"\r\nPOST /a?b HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n\
        3;d=\"e\"\r\nfoo\r\n00\r\nX: y\r\n\r\nGET / HTTP/1.0\r\n\r\nHEAD";
    let expected = whole(bytes);
    assert_eq!((expected.requests.len(), expected.is_midway), (2, true));
    assert_eq!(bytewise(bytes), expected);
    for second in 0..=bytes.len() {
        for first in 0..=second {
            let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
            assert_eq!(read(pieces).outcome, expected, "cut at {first} and {second}");
        }
    }
}
