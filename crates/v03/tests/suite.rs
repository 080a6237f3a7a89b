//! The shared cases of stage v03, tried on this version.

suite::stage!(v03, env!("CARGO_BIN_EXE_v03"));
