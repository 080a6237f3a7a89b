//! Makes the sources of the broken server of v06.

use std::io;

#[macro_use]
mod edits;

#[path = "src/fault/v06.rs"]
mod v06;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    edits::make("v06", v06::EDITS)
}
