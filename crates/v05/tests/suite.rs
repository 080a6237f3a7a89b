//! The shared cases of stage v05, tried on this version.

suite::stage!(v05, env!("CARGO_BIN_EXE_v05"));
