//! The shared cases of stage v04, tried on this version.

suite::stage!(v04, env!("CARGO_BIN_EXE_v04"));
