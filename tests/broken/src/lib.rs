//! The table of faults, for the server that has them and for the test that sees each one caught.

pub mod fault;
