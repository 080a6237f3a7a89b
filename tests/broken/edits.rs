//! Makes the sources of a broken server: a version's own, with the edits that its table in `src/fault` lists. The build
//! scripts of the packages that have such a server share this.
//!
//! An edit puts a fault in the place of one piece of text, or on a line `before` or `after` it, and asks by `FAULT` whether
//! the server is to have it. Edits are made in order, each to what the earlier ones left. When the version has changed and
//! the text is no longer there, the build says so.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[derive(Clone)]
pub(crate) struct Edit {
    pub(crate) fault: &'static str,
    /// Where, and which text, which has to stand there once.
    pub(crate) file: &'static str,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

macro_rules! faults_by_edits {
    ($($name:ident: $wrong:literal => $($case:path),+; { $($file:literal: $($place:ident)? $text:literal => $code:literal;)+ })*) => {
        pub(super) const EDITS: &[crate::edits::Edit] = &[
            $($(crate::edits::Edit {
                fault: stringify!($name),
                file: $file,
                before: $text,
                after: edited!($($place)? $text, $code),
            }),+),*
        ];
    };
}

macro_rules! edited {
    ($text:literal, $code:literal) => {
        $code
    };
    (before $text:literal, $code:literal) => {
        concat!($code, "\n", $text)
    };
    (after $text:literal, $code:literal) => {
        concat!($text, "\n", $code)
    };
}

/// Writes the sources of `version`, edited, to a folder of its name in OUT_DIR.
pub(crate) fn make(version: &str, edits: &[Edit]) -> io::Result<()> {
    let sources = Path::new("../../crates").join(version).join("src");
    println!("cargo:rerun-if-changed={}", sources.display());
    println!("cargo:rerun-if-changed=../broken/edits.rs");
    println!("cargo:rerun-if-changed=../broken/src/fault");
    let target = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?).join(version);
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    copy(&sources, &target)?;
    for edit in edits {
        apply(edit, version, &target.join(edit.file))?;
    }
    // The main file becomes a part of another one, which has a description of its own. The name stays the version's.
    let main = fs::read_to_string(target.join("main.rs"))?;
    let lines: Vec<_> = main.lines().filter(|line| !line.starts_with("//!")).collect();
    let name = format!("{version:?}");
    fs::write(target.join("main.rs"), lines.join("\n").replace("env!(\"CARGO_PKG_NAME\")", &name))
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

fn apply(edit: &Edit, version: &str, file: &Path) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let count = text.matches(edit.before).count();
    if count != 1 {
        let Edit { fault, file, before, .. } = edit;
        return Err(io::Error::other(format!("{fault}: `{before}` stands {count} times in {version}'s {file}")));
    }
    let after = edit.after.replace("FAULT", &format!("broken::fault::{}()", edit.fault));
    fs::write(file, text.replace(edit.before, &after))
}
