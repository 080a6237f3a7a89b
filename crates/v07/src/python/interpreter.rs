//! CPython, in this process: its start and its end.
//!
//! It is started in each worker, after the fork. Started before, all workers would share the state of its random numbers,
//! locks that its threads hold, and the modules of the day when the server was started.
//!
//! Sources: "Initialization, Finalization, and Threads" and "Python Initialization Configuration" in the Python/C API manual.

use std::env;
use std::ffi::{CStr, CString};
use std::fs;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

use anyhow::{Context, Result, bail};
use nix::libc::{self, c_int, sigaction};
use pyo3::ffi;
use pyo3::prelude::*;

/// Starts Python in this process. Modules are found in the current directory, and in the virtual environment that
/// VIRTUAL_ENV names.
pub(super) fn start() -> Result<()> {
    let environment = env::var_os("VIRTUAL_ENV").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(path) = &environment {
        check_version(path)?;
    }
    initialize(environment.map(|path| path.join("bin/python3")).as_deref())?;
    let directory = env::current_dir().context("cannot find the current directory")?;
    Python::attach(|py| {
        // As text: a Path is ignored there. `threading` has to be imported by the main thread, which it takes note of.
        py.import("sys")?.getattr("path")?.call_method1("insert", (0, directory.as_os_str()))?;
        py.import("threading").map(drop)
    })
    .context("cannot prepare Python")
}

/// Ends Python, if it was started: waits for its threads, calls what was registered with `atexit`, and writes what `print`
/// has buffered.
pub(super) fn finish() {
    // SAFETY: it may be called at any time.
    if unsafe { ffi::Py_IsInitialized() } == 0 {
        return;
    }
    // SAFETY: Python has been started. Its end also releases the lock that is taken here.
    unsafe { ffi::PyGILState_Ensure() };
    // SAFETY: this thread is attached, and no other one runs Python code.
    unsafe { ffi::Py_FinalizeEx() };
}

/// Only calls what was registered with `atexit`, and writes what `print` has buffered: while threads are in calls, `finish`
/// would end them in the middle of Rust's functions, and that aborts the process.
pub(super) fn leave() {
    let _: PyResult<()> = Python::attach(|py| {
        py.import("atexit")?.call_method0("_run_exitfuncs")?;
        let sys = py.import("sys")?;
        ["stdout", "stderr"].iter().try_for_each(|name| sys.getattr(*name)?.call_method0("flush").map(drop))
    });
}

fn initialize(executable: Option<&Path>) -> Result<()> {
    let mut config = MaybeUninit::uninit();
    // SAFETY: there is room for a configuration.
    unsafe { ffi::PyConfig_InitPythonConfig(config.as_mut_ptr()) };
    // SAFETY: that has filled in the whole of it.
    let mut config: ffi::PyConfig = unsafe { config.assume_init() };
    config.install_signal_handlers = 0; // Signals are the server's business,
    config.parse_argv = 0; // and so are its arguments.
    if let Some(path) = executable {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: `executable` is a part of `config`.
        check(unsafe { ffi::PyConfig_SetBytesString(&mut config, &raw mut config.executable, path.as_ptr()) })?;
    }
    // SAFETY: Python isn't running yet.
    let status = unsafe { ffi::Py_InitializeFromConfig(&config) };
    // SAFETY: nothing uses `config` from here on.
    unsafe { ffi::PyConfig_Clear(&mut config) };
    check(status)?;
    // SAFETY: this thread has been attached since the start. From here on it is attached for each call.
    unsafe { ffi::PyEval_SaveThread() };
    Ok(())
}

fn check(status: ffi::PyStatus) -> Result<()> {
    // SAFETY: the status comes from Python.
    if unsafe { ffi::PyStatus_Exception(status) } == 0 {
        return Ok(());
    }
    let message = if status.err_msg.is_null() {
        c"unknown error"
    } else {
        // SAFETY: it isn't null, so it is a C string, which is never freed.
        unsafe { CStr::from_ptr(status.err_msg) }
    };
    bail!("cannot start Python: {}; is PYTHONHOME set?", message.to_string_lossy())
}

/// The packages of a virtual environment are for one version of Python: another one would not find them, or fail in them.
fn check_version(environment: &Path) -> Result<()> {
    let file = environment.join("pyvenv.cfg");
    let text = fs::read_to_string(&file)
        .with_context(|| format!("VIRTUAL_ENV is not a virtual environment: cannot read {}", file.display()))?;
    let entry = |name| {
        let values = text.lines().filter_map(|line| line.split_once('='));
        values.into_iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
    };
    let Some(theirs) = entry("version").or_else(|| entry("version_info")) else { return Ok(()) };
    let ours = Python::version_str().split_whitespace().next().unwrap_or_default();
    if theirs != ours && !theirs.starts_with(&format!("{ours}.")) {
        bail!(
            "the virtual environment {} is for Python {theirs}, but v07 was built with Python {ours}; build v07 with \
             PYO3_PYTHON={}/bin/python3, or make an environment with Python {ours}",
            environment.display(),
            environment.display()
        );
    }
    Ok(())
}

/// The actions on the signals that end this process. An application may change them, while it is imported say, and then
/// nothing would stop its worker.
pub(super) struct Actions([sigaction; SIGNALS.len()]);

const SIGNALS: [c_int; 2] = [libc::SIGTERM, libc::SIGQUIT];

impl Actions {
    pub(super) fn now() -> Actions {
        Actions(SIGNALS.map(|signal| {
            let mut action = MaybeUninit::zeroed();
            // SAFETY: there is room for an action; without a new one, nothing changes.
            unsafe { sigaction(signal, ptr::null(), action.as_mut_ptr()) };
            // SAFETY: it consists of numbers and an optional function, so it may even be all zeros.
            unsafe { action.assume_init() }
        }))
    }

    pub(super) fn restore(&self) {
        for (signal, action) in SIGNALS.iter().zip(&self.0) {
            // SAFETY: this action was in force before.
            unsafe { sigaction(*signal, action, ptr::null_mut()) };
        }
    }
}
