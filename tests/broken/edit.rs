//! The edits that put faults into a version's source: a fault in the place of one piece of text, or on a line `before` or
//! `after` it, which asks by `FAULT` whether the server is to have it. They are made in order, each to what the earlier ones
//! left.
//!
//! The build scripts of the broken servers make them (`edits.rs`); `cargo run -p book -- doctor` looks whether they fit.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[derive(Clone)]
pub(crate) struct Edit {
    pub(crate) fault: &'static str,
    /// Where, and which text, which has to be there once.
    pub(crate) file: &'static str,
    pub(crate) before: &'static str,
    pub(crate) after: &'static str,
}

/// An edit that can't be made, and why.
pub(crate) type Misfit<'a> = (&'a Edit, String);

macro_rules! faults_by_edits {
    ($($name:ident: $wrong:literal => $($case:path),+; { $($file:literal: $($place:ident)? $text:literal => $code:literal;)+ })*) => {
        pub(super) const EDITS: &[super::edit::Edit] = &[
            $($(super::edit::Edit {
                fault: stringify!($name),
                file: $file,
                before: $text,
                after: after!($($place)? $text, $code),
            }),+),*
        ];
    };
}

macro_rules! after {
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

/// Makes the edits, one after the other, in the files below `sources`: returns the edited files, by their path in there,
/// and the edits that don't fit. Nothing is written.
pub(crate) fn apply<'a>(sources: &Path, edits: &'a [Edit]) -> (BTreeMap<&'static str, String>, Vec<Misfit<'a>>) {
    let (mut files, mut misfits) = (BTreeMap::new(), Vec::new());
    for edit in edits {
        match make(sources, edit, &files) {
            Ok(text) => _ = files.insert(edit.file, text),
            Err(why) => misfits.push((edit, why)),
        }
    }
    (files, misfits)
}

/// The file with the edit; or why there is none.
fn make(sources: &Path, edit: &Edit, files: &BTreeMap<&'static str, String>) -> Result<String, String> {
    let text = match files.get(edit.file) {
        Some(text) => text.clone(),
        None => fs::read_to_string(sources.join(edit.file)).map_err(|error| format!("{}: {error}", edit.file))?,
    };
    match text.matches(edit.before).count() {
        1 => {
            let after = edit.after.replace("FAULT", &format!("broken::fault::{}()", edit.fault));
            Ok(text.replace(edit.before, &after))
        }
        count => Err(format!("{} has {:?} {count} times, and it must be there once", edit.file, edit.before)),
    }
}
