//! The shared cases of stage v01, tried on this version.

suite::stage!(v01, env!("CARGO_BIN_EXE_v01"));
