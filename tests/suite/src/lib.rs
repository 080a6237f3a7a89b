//! The shared tests of the seven servers, and the tester for anybody's own server.
//!
//! A `Case` is one thing that a server must do, seen from outside. `cases/` holds them, a list for each stage. They
//! run in two ways: every version's `tests/suite.rs` makes a test of each with [`stage!`], and the program `suite`
//! tries them on any command line and explains what failed.
//!
//! A case works at a `Bench`: that starts a `Server` from a `Program` and connects a `Client` to it. The first case
//! of each list is the stage's motive: what the version before can not do.

pub mod adapter;
pub mod bench;
pub mod cargo;
pub mod carry;
pub mod case;
pub mod cases;
pub mod circles;
pub mod client;
pub mod exercises;
mod guard;
mod limit;
pub mod malformed;
pub mod matrix;
pub mod output;
pub mod peers;
pub mod port;
pub mod problem;
pub mod proc;
pub mod program;
mod queue;
pub mod report;
pub mod request;
pub mod response;
pub mod server;
pub mod stage;
pub mod steps;
mod terminal;
pub mod tester;
pub mod transcript;

use bench::Bench;
use case::{Stop, Verdict};
use program::Program;

/// The tests of a version: one for each case of its stage and of all before it, and one that sees the next motive
/// fail. `suite::stage!(v01, env!("CARGO_BIN_EXE_v01"));` is all that stands in `crates/v01/tests/suite.rs`.
#[macro_export]
macro_rules! stage {
    (v01, $binary:expr) => {
        $crate::stage!(v01, $binary, v01_cases);
        $crate::next_motive!(v02, the_motive_of_v02_fails_here);
    };
    (v02, $binary:expr) => {
        $crate::stage!(v02, $binary, v01_cases, v02_cases, v02_to_v05_cases);
        $crate::next_motive!(v03, the_motive_of_v03_fails_here);
    };
    (v03, $binary:expr) => {
        $crate::stage!(v03, $binary, v01_cases, v02_cases, v02_to_v05_cases, v03_cases);
        $crate::next_motive!(v04, the_motive_of_v04_fails_here);
    };
    (v04, $binary:expr) => {
        $crate::stage!(v04, $binary, v01_cases, v02_cases, v02_to_v05_cases, v03_cases, v04_cases);
        $crate::next_motive!(v05, the_motive_of_v05_fails_here);
    };
    (v05, $binary:expr) => {
        $crate::stage!(
            v05, $binary, v01_cases, v02_cases, v02_to_v05_cases, v03_cases, v04_cases, v05_cases, v05_only_cases
        );
        $crate::next_motive!(v06, the_motive_of_v06_fails_here);
    };
    (v06, $binary:expr) => {
        $crate::stage!(
            v06,
            $binary,
            v01_cases,
            v02_cases,
            v02_to_v05_cases,
            v03_cases,
            v04_cases,
            v05_cases,
            v05_only_cases,
            v06_cases
        );
        $crate::next_motive!(v07, the_motive_of_v07_fails_here);
    };
    (v07, $binary:expr) => {
        $crate::stage!(
            v07,
            $binary,
            v01_cases,
            v02_cases,
            v02_to_v05_cases,
            v03_cases,
            v04_cases,
            v05_cases,
            v05_only_cases,
            v06_cases,
            v07_cases
        );
    };
    ($now:ident, $binary:expr, $($list:ident),+) => {
        const BINARY: &str = $binary;
        $($crate::$list!(tests $now);)+

        #[test]
        fn its_help_begins_with_its_usage() {
            $crate::tells_its_usage(BINARY, stringify!($now));
        }

        #[test]
        fn its_lines_on_stderr_have_a_limit() {
            $crate::cuts_a_long_line(BINARY);
        }
    };
}

/// A test for each case of a list. A list that does not hold for the version that asks gives none.
#[doc(hidden)]
#[macro_export]
macro_rules! tests {
    (v06; $stage:ident until v05 $why:literal; $($rest:tt)*) => {};
    (v07; $stage:ident until v05 $why:literal; $($rest:tt)*) => {};
    ($now:ident; $stage:ident $(until $last:ident $why:literal)?; $($(#[$kind:ident])? $name:ident: $says:literal;)*) => {
        $(
            #[test]
            fn $name() {
                $crate::must_pass(BINARY, stringify!($name));
            }
        )*
    };
}

/// A test that sees the motive of the next stage fail on this version.
#[doc(hidden)]
#[macro_export]
macro_rules! next_motive {
    ($next:ident, $name:ident) => {
        #[test]
        fn $name() {
            $crate::must_fail(BINARY, stringify!($next));
        }
    };
}

/// Tries a case on a program; panics with the report if it fails.
pub fn must_pass(binary: &str, name: &str) {
    let case = cases::all().into_iter().find(|case| case.name == name).expect("a case of this name");
    match case.try_on(&Program::new([binary]).strictly()) {
        Verdict::Passed => {}
        Verdict::Skipped(reason) => println!("skipped: {reason}"),
        Verdict::Failed(stop, evidence) => panic!("\n{}", report::paragraph(&case, &stop, &evidence, None)),
    }
}

/// Sees that `--help` begins with how this version is to be started. Somebody else's server may put it in other words.
pub fn tells_its_usage(binary: &str, version: &str) {
    let ended = Bench::new(&Program::new([binary])).run(&Program::new([binary]).arguments(&["--help"]));
    let stdout = ended.expect("the usage is printed").stdout;
    assert!(stdout.starts_with(&format!("usage: {version} [ADDRESS]")), "--help of {version} prints:\n{stdout}");
}

/// Sees that a line on stderr that would be longer than what a pipe takes in one piece (PIPE_BUF, pipe(7)) is cut, and
/// says so: here one that repeats a bad argument.
pub fn cuts_a_long_line(binary: &str) {
    let argument = "é".repeat(5000);
    let ended = Bench::new(&Program::new([binary])).run(&Program::new([binary]).arguments(&[&argument]));
    let stderr = ended.expect("it says what is wrong with the argument").stderr;
    assert!(stderr.len() <= 4096 && stderr.len() > 4090, "{} bytes", stderr.len());
    assert!(stderr.ends_with("é…\n") && stderr.lines().count() == 1, "it ends in {:?}", stderr.chars().rev().take(9));
}

/// Tries the motive of stage `next` on a program; panics unless it is the case that fails, and not the start.
pub fn must_fail(binary: &str, next: &str) {
    let motive = cases::motive(next).expect("a motive of this stage");
    match motive.try_on(&Program::new([binary]).should_fail()) {
        Verdict::Failed(Stop::Failed(_), _) => {}
        Verdict::Failed(stop, evidence) => panic!("\n{}", report::paragraph(&motive, &stop, &evidence, None)),
        Verdict::Passed => panic!("the motive of {next}, `{}`, passes on {binary}, the version before", motive.name),
        Verdict::Skipped(reason) => panic!("the motive of {next} was skipped: {reason}"),
    }
}
