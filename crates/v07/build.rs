//! Links libpython: finds out early whether it is there, and lets the program find it when it runs.

use std::path::Path;
use std::process::exit;

fn main() {
    let python = pyo3_build_config::get();
    if let (Some(dir), Some(name), true) = (python.lib_dir(), python.lib_name(), python.shared()) {
        let library = Path::new(dir).join(format!("lib{name}.so"));
        if !library.exists() {
            println!(
                "cargo::error=there is no {}: v07 needs the shared library of Python {}.{}. On Debian and Ubuntu, \
                 install libpython3-dev; with pyenv, build Python with --enable-shared",
                library.display(),
                python.version().major,
                python.version().minor
            );
            exit(0);
        }
    } else if !python.shared() {
        println!(
            "cargo::error={} has no shared library: v07 can't contain it. Name another Python in PYO3_PYTHON",
            python.executable().unwrap_or("this Python")
        );
        exit(0);
    }
    // If this isn't the system's Python, its library isn't where the dynamic linker looks (ld.so(8)).
    pyo3_build_config::add_libpython_rpath_link_args();
}
