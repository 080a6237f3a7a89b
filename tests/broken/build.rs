//! Makes the sources of the broken server of v06: v06's own, with the edits in `src/fault/v06.rs`.
//!
//! An edit puts a fault in the place of one piece of text, and asks by `FAULT` whether the server is to have it. It says
//! so here when v06 has changed and the text is no longer there.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

struct Edit {
    fault: &'static str,
    /// Where, and which text, which has to stand there once.
    file: &'static str,
    before: &'static str,
    after: &'static str,
}

macro_rules! faults_by_edits {
    ($($name:ident: $wrong:literal => $($case:ident),+; { $($file:literal: $before:literal => $after:literal;)+ })*) => {
        pub(super) const EDITS: &[crate::Edit] = &[
            $($(crate::Edit { fault: stringify!($name), file: $file, before: $before, after: $after }),+),*
        ];
    };
}

#[path = "src/fault/v06.rs"]
mod v06;

const SOURCES: &str = "../../crates/v06/src";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed={SOURCES}");
    println!("cargo:rerun-if-changed=src/fault/v06.rs");
    println!("cargo:rerun-if-changed=build.rs");
    let target = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?).join("v06");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    copy(Path::new(SOURCES), &target)?;
    for edit in v06::EDITS {
        apply(edit, &target.join(edit.file))?;
    }
    // The main file becomes a part of another one, which has a description of its own.
    let main = fs::read_to_string(target.join("main.rs"))?;
    let lines = main.lines().filter(|line| !line.starts_with("//!"));
    fs::write(target.join("main.rs"), lines.collect::<Vec<_>>().join("\n"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() { copy(&from, &to)? } else { fs::copy(&from, &to).map(drop)? }
    }
    Ok(())
}

fn apply(edit: &Edit, file: &Path) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let count = text.matches(edit.before).count();
    if count != 1 {
        let (file, before) = (edit.file, edit.before);
        return Err(io::Error::other(format!("{}: `{before}` stands {count} times in v06's {file}", edit.fault)));
    }
    let after = edit.after.replace("FAULT", &format!("broken::fault::{}()", edit.fault));
    fs::write(file, text.replace(edit.before, &after))
}
