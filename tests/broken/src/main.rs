//! The server of v05, broken on purpose: `BROKEN=announces_twice broken 127.0.0.1:0`. Without BROKEN it is sound.
//!
//! It is v05 with the edits that `fault/v01.rs` to `fault/v05.rs` list, made by `build.rs`. The unit tests that come with
//! it are v05's to run.

#[cfg(not(test))]
include!(concat!(env!("OUT_DIR"), "/v05/main.rs"));
