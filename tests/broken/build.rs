//! Makes the sources of the broken servers of v05 and v06.

use std::io;

#[macro_use]
mod edit;
mod edits;

#[path = "src/fault/v01.rs"]
mod v01;
#[path = "src/fault/v02.rs"]
mod v02;
#[path = "src/fault/v03.rs"]
mod v03;
#[path = "src/fault/v04.rs"]
mod v04;
#[path = "src/fault/v05.rs"]
mod v05;
#[path = "src/fault/v06.rs"]
mod v06;

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    edits::make("v05", &[v01::EDITS, v02::EDITS, v03::EDITS, v04::EDITS, v05::EDITS].concat())?;
    edits::make("v06", v06::EDITS)
}
