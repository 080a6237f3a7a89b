//! For development: whether a module of the application has changed since it was imported.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use pyo3::prelude::*;

use crate::runtime;

/// How long it is from one look at the files to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// Waits until the file of a module has changed.
pub(crate) async fn changed() {
    let before = files();
    loop {
        runtime::sleep(INTERVAL).await;
        let now = files();
        // A module that was imported since then isn't a change.
        if before.iter().any(|(path, time)| now.get(path) != Some(time)) {
            return;
        }
    }
}

/// The files of all modules, and when they were last changed. A file that is gone for a moment, because an editor replaces
/// it, has no time.
fn files() -> HashMap<PathBuf, Option<SystemTime>> {
    let paths = Python::attach(|py| {
        let modules = py.import("sys")?.getattr("modules")?.call_method0("values")?.try_iter()?;
        let file = |module: PyResult<Bound<PyAny>>| module?.getattr("__file__")?.extract::<PathBuf>();
        PyResult::Ok(modules.filter_map(|module| file(module).ok()).collect::<Vec<_>>())
    });
    let time = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    paths.unwrap_or_default().into_iter().map(|path| (path.clone(), time(&path))).collect()
}
