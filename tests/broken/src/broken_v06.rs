//! The server of v06, broken on purpose: `BROKEN=closes_after_each_answer broken_v06 127.0.0.1:0`. Without BROKEN it is
//! sound.
//!
//! It is v06 with the edits that `fault/v06.rs` lists, made by `build.rs`. The unit tests that come with it are v06's to
//! run.

#[cfg(not(test))]
include!(concat!(env!("OUT_DIR"), "/v06/main.rs"));
