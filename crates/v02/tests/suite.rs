//! The shared cases of stage v02, tried on this version.

suite::stage!(v02, env!("CARGO_BIN_EXE_v02"));
