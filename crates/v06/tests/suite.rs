//! The shared cases of stage v06, tried on this version.

suite::stage!(v06, env!("CARGO_BIN_EXE_v06"));
