//! How an application is found, and what is said when it isn't.

use std::fs;
use std::path::PathBuf;
use std::process::{self, Command};

use suite::bench::Bench;
use suite::case::Outcome;

use crate::server::{program, start, text};

/// A new folder with these files.
pub(crate) fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", process::id()));
    let _ = fs::remove_dir_all(&folder);
    for (name, text) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a new folder");
        fs::write(file, text).expect("a new file");
    }
    folder
}

pub(crate) const HELLO: &str = "
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [__name__.encode()]

def create():
    return app

class Holder:
    app = staticmethod(app)

holder = Holder()
number = 3
";

#[test]
fn an_application_is_found_by_its_name() -> Outcome {
    let folder = folder("found", &[("hello.py", HELLO), ("package/__init__.py", ""), ("package/inner.py", HELLO)]);
    for (name, expected) in [
        ("hello:app", "hello"),
        ("hello:create()", "hello"),
        ("package.inner:app", "package.inner"),
        ("package.inner:holder.app", "package.inner"),
    ] {
        let server = start(&program(name).directory(&folder))?;
        assert_eq!(text(&server, "/")?, expected, "{name}");
    }
    Ok(())
}

/// A line that says what is wrong, exit status 1, and nothing else, except for a traceback where the fault is in the
/// application's own code.
#[test]
fn an_application_that_can_not_be_loaded_is_an_error() -> Outcome {
    let files = [
        ("hello.py", HELLO),
        ("syntax.py", "def app(:\n"),
        ("fails.py", "1 / 0\n"),
        ("ends.py", "import sys; sys.exit(4)\n"),
        ("leaves.py", "import os; os._exit(4)\n"),
        ("imports.py", "import nowhere\n"),
        ("factory.py", "def create():\n    raise ValueError('no database')\n"),
    ];
    let folder = folder("not_found", &files);
    let shown = folder.display();
    for (name, expected, has_traceback) in [
        ("nowhere:app", format!("there is no module nowhere in {shown} or in Python's packages"), false),
        ("hello.inner:app", format!("there is no module hello.inner in {shown} or in Python's packages"), false),
        ("hello:nothing", "there is no nothing in hello".to_owned(), false),
        ("hello:holder.nothing", "there is no nothing in hello.holder".to_owned(), false),
        ("hello:number", "hello:number is not an application: an object of type int can't be called".to_owned(), false),
        ("ends:app", "the module ends ends Python as it is imported: SystemExit: 4".to_owned(), false),
        ("syntax:app", "cannot import syntax: SyntaxError: invalid syntax (syntax.py, line 1)".to_owned(), true),
        ("fails:app", "cannot import fails: ZeroDivisionError: division by zero".to_owned(), true),
        ("imports:app", "cannot import imports: ModuleNotFoundError: No module named 'nowhere'".to_owned(), true),
        ("factory:create()", "factory:create() failed: ValueError: no database".to_owned(), true),
        ("hello:", "hello: is not module:callable, such as flaskapp:app or package.module:factory()".to_owned(), false),
        (":app", ":app is not module:callable, such as flaskapp:app or package.module:factory()".to_owned(), false),
        (
            "nothing",
            "there is no application nothing; give one of these: site, hello, or module:callable".to_owned(),
            false,
        ),
    ] {
        let program = program(name).directory(&folder);
        let ended = Bench::new(&program).run(&program)?;
        assert_eq!((ended.status.code(), &*ended.stdout), (Some(1), ""), "{name}: {}", ended.stderr);
        assert!(ended.stderr.ends_with(&format!("v07: {expected}\n")), "{name}: {}", ended.stderr);
        assert_eq!(ended.stderr.lines().count() > 1, has_traceback, "{name}: {}", ended.stderr);
    }
    let program = program("leaves:app").directory(&folder);
    let ended = Bench::new(&program).run(&program)?;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("ended before it was ready"), "{}", ended.stderr);
    Ok(())
}

/// A virtual environment is used if it is named, and refused if it is another Python's.
#[test]
fn a_virtual_environment_is_used() -> Outcome {
    let package =
        "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'from the environment']\n";
    let folder = folder("environment", &[("somewhere/nothing", "")]);
    let environment = folder.join("venv");
    let made = Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&environment).status();
    assert!(made.is_ok_and(|status| status.success()), "python3 -m venv");
    let site = fs::read_dir(environment.join("lib")).expect("lib").flatten().next().expect("one Python").path();
    fs::write(site.join("site-packages/packaged.py"), package).expect("a package");
    let program = program("packaged:app").directory(&folder).knob("VIRTUAL_ENV", &environment.to_string_lossy());
    assert_eq!(text(&start(&program)?, "/")?, "from the environment");

    let file = environment.join("pyvenv.cfg");
    let config = fs::read_to_string(&file).expect("a config");
    let line = config.lines().find(|line| line.starts_with("version")).expect("a version");
    for other in ["version = 3.4.5".to_owned(), format!("{line}7")] {
        fs::write(&file, config.replace(line, &other)).expect("the config");
        let ended = Bench::new(&program).run(&program)?;
        assert_eq!(ended.status.code(), Some(1));
        let theirs = other.rsplit(' ').next().unwrap_or_default();
        let said = format!("{} is for Python {theirs}, but v07 was built with", environment.display());
        assert!(ended.stderr.contains(&said) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
    }
    Ok(())
}

#[test]
fn a_python_that_can_not_start_is_an_error() -> Outcome {
    for (name, value, said) in [
        ("PYTHONHOME", "/nowhere", "cannot start Python: "),
        ("VIRTUAL_ENV", "/nowhere", "VIRTUAL_ENV is not a virtual environment: cannot read /nowhere/pyvenv.cfg"),
    ] {
        let program = program("probes:app").knob(name, value);
        let ended = Bench::new(&program).run(&program)?;
        assert_eq!(ended.status.code(), Some(1), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{name}: {}", ended.stderr);
    }
    Ok(())
}
