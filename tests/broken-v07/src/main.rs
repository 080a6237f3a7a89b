//! The server of v07, broken on purpose: `BROKEN=forgets_that_the_input_ends broken_v07 127.0.0.1:0 module:app`. Without
//! BROKEN it is sound.
//!
//! It is v07 with the edits that `tests/broken/src/fault/v07.rs` lists, made by `build.rs`. The unit tests that
//! come with it are v07's to run.

#[cfg(not(test))]
include!(concat!(env!("OUT_DIR"), "/v07/main.rs"));
