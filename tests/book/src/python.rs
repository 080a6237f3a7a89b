//! Python and its shared library, which v07 contains, and a machine with Rust may lack.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

use suite::stage::Stage;

/// Fails if there is no shared library of this Python.
const CHECK: &str = "import os, sysconfig as s; l = s.get_config_var('LDLIBRARY'); \
                     assert l.endswith('.so') and os.path.exists(os.path.join(s.get_config_var('LIBDIR'), l))";

/// Why this version can't be built here, if it can't.
pub fn lacks(version: &str) -> Option<&'static str> {
    static IS_THERE: OnceLock<bool> = OnceLock::new();
    let is_there = || {
        let mut python = Command::new(std::env::var_os("PYO3_PYTHON").unwrap_or_else(|| "python3".into()));
        python.args(["-c", CHECK]).stdin(Stdio::null()).stderr(Stdio::null());
        python.status().is_ok_and(|status| status.success())
    };
    let is_needed = Stage::named(version).is_some_and(|stage| !Stage::WITHOUT_PYTHON.contains(&stage));
    let lacks = is_needed && !IS_THERE.get_or_init(is_there);
    lacks.then_some("there is no Python with a shared library on this machine")
}
