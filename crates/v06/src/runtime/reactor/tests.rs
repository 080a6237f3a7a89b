//! The rounding of timeouts. The rest of the reactor is tried through sources (`sockets/tests.rs`).

use super::*;

#[test]
fn a_wait_is_never_too_short() {
    let rounded = |nanos| round_up(Some(Duration::from_nanos(nanos))).as_millis();
    assert_eq!([0, 1, 999_999, 1_000_000, 1_000_001].map(rounded), [0, 1, 1, 1, 2].map(Some));
    assert_eq!(round_up(None), EpollTimeout::NONE);
    assert_eq!(round_up(Some(Duration::from_secs(u64::MAX / 2))), EpollTimeout::MAX);
}
