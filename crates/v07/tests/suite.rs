//! The shared cases of stage v07, tried on this version.

suite::stage!(v07, env!("CARGO_BIN_EXE_v07"));
