//! What a case may rely on when a server has been started.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::bench::Bench;

/// While other programs are being started, each with a copy of all descriptors for a moment.
#[test]
fn a_stdout_that_is_dropped_has_no_reader_left() {
    let script = "echo x listening on http://127.0.0.1:1; exec sleep 1000";
    let bench = Bench::new(&Program::new(["sh"]).arguments(&["-c", script]).stdout_dropped());
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (program, is_over) = (Program::new(["true"]), &is_over);
                while !is_over.load(Ordering::Relaxed) {
                    assert!(Bench::new(&program).run(&program).is_ok());
                }
            });
        }
        let found: Vec<_> = (0..40).map(|_| has_reader(&bench.server().expect("it announces itself"))).collect();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(found, [false; 40]);
    });
}

/// Whether the pipe at the server's stdout has a reader: else a write to it fails.
fn has_reader(server: &Server) -> bool {
    let stdout = format!("/proc/{}/fd/1", server.pid());
    OpenOptions::new().write(true).open(stdout).and_then(|mut stdout| stdout.write(b"x")).is_ok()
}
