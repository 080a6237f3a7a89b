//! The virtual environment that has the other servers: VIRTUAL_ENV or, if that isn't set, target/venv.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::versions::ROOT;

/// Prints the version of Python, and the name and version of each package that is installed.
const ASK: &str = "
import platform, sys
from importlib.metadata import PackageNotFoundError, version
print('Python', platform.python_version())
for package in sys.argv[1:]:
    try:
        print(package, version(package))
    except PackageNotFoundError:
        pass
";

/// The packages of tests/observe/wsgi/requirements.txt.
pub const PACKAGES: [&str; 4] = ["bjoern", "Flask", "granian", "gunicorn"];

/// The environment.
pub struct Environment {
    folder: String,
    /// The version of Python, and of each package that is installed.
    packages: Vec<(String, String)>,
}

impl Environment {
    /// The error says how to make one.
    pub fn find() -> Result<Environment> {
        let folder = env::var("VIRTUAL_ENV").unwrap_or_else(|_| "target/venv".to_owned());
        // The README's commands make it at the root.
        let folder = Path::new(ROOT).canonicalize()?.join(folder).display().to_string();
        let mut found = Environment { folder, packages: Vec::new() };
        let python = found.executable();
        if !python.exists() {
            bail!("there is no virtual environment with other servers. {}", found.advice());
        }
        let output = Command::new(&python).args(["-c", ASK]).args(PACKAGES).output();
        let output = output.with_context(|| format!("cannot start {}", python.display()))?;
        if !output.status.success() {
            bail!("{} fails: {}", python.display(), String::from_utf8_lossy(&output.stderr).trim());
        }
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        let pairs = lines.lines().filter_map(|line| line.split_once(' '));
        found.packages = pairs.map(|(name, version)| (name.to_owned(), version.to_owned())).collect();
        Ok(found)
    }

    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Its Python.
    pub fn executable(&self) -> PathBuf {
        Path::new(&self.folder).join("bin/python3")
    }

    /// Whether a package is installed.
    pub fn has(&self, package: &str) -> bool {
        self.packages.iter().any(|(name, _)| name == package)
    }

    /// The packages that aren't installed.
    pub fn missing(&self) -> Vec<&'static str> {
        PACKAGES.into_iter().filter(|package| !self.has(package)).collect()
    }

    /// How to install all of them.
    pub fn advice(&self) -> String {
        let folder = &self.folder;
        format!(
            "Install them with\n    python3 -m venv {folder}\n    {folder}/bin/pip install --requirement \
             tests/observe/wsgi/requirements.txt\nbjoern is compiled then, which needs a C compiler and, on Debian and \
             Ubuntu, the packages libpython3-dev and libev-dev"
        )
    }

    /// Such as `Python 3.11.7, bjoern 3.2.2`.
    pub fn versions(&self) -> String {
        let versions = self.packages.iter().map(|(name, version)| format!("{name} {version}"));
        versions.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::wsgi::comparison::{APPLICATIONS, COMPARISONS};

    #[test]
    fn every_package_is_in_the_requirements() {
        let file = fs::read_to_string(format!("{APPLICATIONS}/requirements.txt")).expect("the file");
        let pinned: Vec<_> = file.lines().filter_map(|line| line.split_once("==")).map(|(name, _)| name).collect();
        assert_eq!(pinned, PACKAGES);
        assert!(COMPARISONS.iter().flat_map(|comparison| comparison.packages()).all(|name| PACKAGES.contains(&name)));
    }
}
