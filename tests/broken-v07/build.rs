//! Makes the sources of the broken server of v07, and links Python as v07's own build script does.

use std::io;

#[macro_use]
#[path = "../broken/edit.rs"]
mod edit;
#[path = "../broken/edits.rs"]
mod edits;

#[path = "../broken/src/fault/v07.rs"]
mod v07;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    pyo3_build_config::add_libpython_rpath_link_args();
    edits::make("v07", v07::EDITS)
}
