//! `observe wsgi` where none of the other servers is installed, as on a machine without Python.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

const OBSERVE: &str = env!("CARGO_BIN_EXE_observe");

#[test]
fn without_other_servers_it_says_how_to_install_them() {
    let folder = tempfile::tempdir().expect("a folder");
    says_how(folder.path(), "there is no virtual environment with other servers");
    // A Python that has no packages.
    fs::create_dir(folder.path().join("bin")).expect("a folder");
    let python = folder.path().join("bin/python3");
    fs::write(&python, "#!/bin/sh\necho Python 3.11.2\n").expect("a script");
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).expect("an executable");
    says_how(folder.path(), "none of the other servers is installed");
}

fn says_how(folder: &Path, reason: &str) {
    let mut command = Command::new(OBSERVE);
    let output =
        command.arg("wsgi").arg("--out").arg(folder).env("VIRTUAL_ENV", folder).output().expect("observe runs");
    let error = String::from_utf8_lossy(&output.stderr);
    let install = format!("{}/bin/pip install --requirement tests/observe/wsgi/requirements.txt\n", folder.display());
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with(&format!("observe: {reason}. ")) && error.contains(&install), "{error}");
    assert!(error.contains("libev-dev") && !folder.join("wsgi.md").exists(), "{error}");
}
