//! The shared cases, tried on the applications of the suite written in Python, and with threads.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use suite::case::{Case, Verdict};
use suite::cases;
use suite::program::Program;
use suite::report;
use suite::stage::Stage;

const APPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apps");

/// How many cases are tried at once.
const AT_ONCE: usize = 4;

/// The cases that an application in Python can't pass, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[(
    "a_full_pool_holds_only_its_clients",
    "there is no pool of four threads: each of the 32 may call the application",
)];

#[test]
fn all_cases_pass_with_threads() {
    let program = Program::new([env!("CARGO_BIN_EXE_v07")]).launched_by(["sh", &format!("{APPS}/launch.sh")]);
    let program = program.directory(APPS).knob("THREADS", "32").knob("PYTHONDONTWRITEBYTECODE", "1");
    // The C library keeps some freed memory for each thread. That isn't what the cases about memory look for.
    let program = program.knob("MALLOC_ARENA_MAX", "1");
    let failed: BTreeMap<_, _> = attempt(&program).into_iter().collect();
    let unexpected: Vec<_> =
        failed.iter().filter(|(name, _)| EXCEPTIONS.iter().all(|(other, _)| other != *name)).collect();
    for (_, said) in &unexpected {
        eprintln!("{said}");
    }
    assert!(unexpected.is_empty(), "{:?}", unexpected.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let needless: Vec<_> = EXCEPTIONS.iter().filter(|(name, _)| !failed.contains_key(name)).collect();
    assert!(needless.is_empty(), "these pass: {needless:?}");
}

/// The cases that fail, and what each says.
fn attempt(program: &Program) -> Vec<(&'static str, String)> {
    let holds = |case: &Case| case.holds_for(Stage::V07);
    let queue = Mutex::new(cases::all().into_iter().filter(holds).collect::<Vec<_>>());
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(case) = queue.lock().expect("not poisoned").pop() else { return };
                    if let Verdict::Failed(stop, evidence) = case.try_on(program) {
                        let said = report::paragraph(&case, &stop, &evidence, None);
                        failed.lock().expect("not poisoned").push((case.name, said));
                    }
                }
            });
        }
    });
    failed.into_inner().expect("not poisoned")
}
