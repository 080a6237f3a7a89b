//! New code: on SIGHUP, and with RELOAD when a file has changed.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use suite::case::Outcome;
use suite::request::get;
use suite::server::Server;

use crate::loading::folder;
use crate::server::{all, program, says, start, text};

const MAIN: &str = "
import helper

def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [helper.TEXT]
";

fn edit(folder: &Path, text: &str) {
    // In one step, as editors do: half a file must not be imported.
    fs::write(folder.join("new"), text).expect("a new file");
    fs::rename(folder.join("new"), folder.join("helper.py")).expect("the file");
}

/// Waits until all of 20 clients in a row get this text.
fn becomes(server: &Server, expected: &str) -> Outcome {
    server.wait_for_processes(expected, |_| (0..20).all(|_| text(server, "/").is_ok_and(|text| text == expected)))?;
    Ok(())
}

#[test]
fn sighup_loads_new_code_and_loses_no_request() -> Outcome {
    for (number, threads) in ["0", "4"].into_iter().enumerate() {
        let folder = folder(&format!("renewed{number}"), &[("main.py", MAIN), ("helper.py", "TEXT = b'old'")]);
        let program = program("main:app").directory(&folder).knob("WORKERS", "2").knob("THREADS", threads);
        let server = start(&program.knob("GRACE", "60").knob("TIMEOUT", "60"))?;
        // One that has begun to send its request to an old worker.
        let mut slow = server.connect()?;
        slow.send("GET / HTTP/1.1\r\nHost: a")?;
        slow.wait_until_read()?;
        let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
        let address = server.address();
        thread::scope(|scope| {
            let clients: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut failed = Vec::new();
                        while !done.load(Ordering::Relaxed) {
                            let received = fetch(address);
                            if !received.ends_with(b"old") && !received.ends_with(b"new") {
                                failed.push(received);
                            }
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        failed
                    })
                })
                .collect();
            edit(&folder, "TEXT = b'new'");
            server.signal(Signal::SIGHUP);
            let renewed = becomes(&server, "new");
            done.store(true, Ordering::Relaxed);
            let failed: Vec<_> = clients.into_iter().flat_map(|client| client.join().expect("no panic")).collect();
            assert!(failed.is_empty(), "{failed:?} of {answered:?}");
            renewed
        })?;
        slow.send("\r\n\r\n")?;
        assert_eq!(slow.status(200)?.body, b"old");
    }
    Ok(())
}

/// What a client gets, in a thread of its own.
fn fetch(server: SocketAddr) -> Vec<u8> {
    let mut received = Vec::new();
    let exchanged = TcpStream::connect(server).and_then(|mut client| {
        client.write_all(get("/").as_bytes())?;
        client.read_to_end(&mut received)
    });
    exchanged.map_or_else(|error| error.to_string().into_bytes(), |_| received)
}

#[test]
fn the_old_workers_stay_if_the_new_code_is_wrong() -> Outcome {
    let folder = folder("wrong", &[("main.py", MAIN), ("helper.py", "TEXT = b'old'")]);
    let server = start(&program("main:app").directory(&folder).knob("WORKERS", "2"))?;
    becomes(&server, "old")?;
    let before: HashSet<_> = server.others().into_iter().collect();
    edit(&folder, "TEXT = b'new");
    server.signal(Signal::SIGHUP);
    says(&server, "SyntaxError: unterminated string literal")?;
    says(&server, "cannot start a worker: cannot import main: SyntaxError")?;
    assert_eq!(server.stderr().text().matches("Traceback").count(), 1, "{}", server.stderr().text());
    becomes(&server, "old")?;
    assert_eq!(server.others().into_iter().collect::<HashSet<_>>(), before);
    edit(&folder, "TEXT = b'new'");
    server.signal(Signal::SIGHUP);
    becomes(&server, "new")
}

/// The first worker, whose successor all others wait for, may have died just before.
#[test]
fn all_workers_are_renewed_even_if_the_first_has_died() -> Outcome {
    let slow = format!("import time; time.sleep(0.3)\n{MAIN}");
    let folder = folder("died", &[("main.py", &slow), ("helper.py", "TEXT = b'old'")]);
    let server = start(&program("main:app").directory(&folder).knob("WORKERS", "2"))?;
    let workers = server.wait_for_processes("two workers", |processes| processes.len() == 3)?;
    becomes(&server, "old")?;
    let first = workers.iter().map(|process| process.pid).filter(|pid| *pid != server.pid()).min();
    edit(&folder, "TEXT = b'new'");
    let _ = kill(Pid::from_raw(first.unwrap_or(0)), Signal::SIGKILL);
    server.signal(Signal::SIGHUP);
    becomes(&server, "new")
}

/// A new worker that dies is no reason to keep old ones, unless it was the one that tries the new code.
#[test]
fn all_workers_are_renewed_even_if_a_new_one_dies() -> Outcome {
    let slow = format!("import os, time\nwhile os.path.exists('closed'): time.sleep(0.01)\n{MAIN}");
    let folder = folder("dies", &[("main.py", &slow), ("helper.py", "TEXT = b'old'")]);
    let server = start(&program("main:app").directory(&folder).knob("WORKERS", "3"))?;
    let mut workers = server.wait_for_processes("three workers", |processes| processes.len() == 4)?;
    becomes(&server, "old")?;
    fs::write(folder.join("closed"), "").expect("a file");
    edit(&folder, "TEXT = b'new'");
    workers.sort_by_key(|process| process.pid);
    let last = Pid::from_raw(workers.last().map_or(0, |process| process.pid));
    let _ = kill(last, Signal::SIGKILL);
    let is_old = |pid: i32| workers.iter().any(|process| process.pid == pid);
    let of_the_last =
        server.wait_for_processes("a new worker", |processes| processes.iter().any(|process| !is_old(process.pid)))?;
    let of_the_last = of_the_last.iter().map(|process| process.pid).find(|pid| !is_old(*pid)).unwrap_or(0);
    server.signal(Signal::SIGHUP);
    server.wait_for_processes("a new first worker", |processes| {
        processes.iter().any(|process| !is_old(process.pid) && process.pid != of_the_last)
    })?;
    let _ = kill(Pid::from_raw(of_the_last), Signal::SIGKILL);
    says(&server, &format!("worker {of_the_last} ended before it was ready"))?;
    fs::remove_file(folder.join("closed")).expect("the file");
    becomes(&server, "new")
}

/// All that a worker has to say may be there before the master reads the first of it.
#[test]
fn a_worker_that_leaves_at_once_was_ready() -> Outcome {
    let slow = format!("import os, time\nwhile os.path.exists('closed'): time.sleep(0.01)\n{MAIN}");
    let folder = folder("leaves", &[("main.py", &slow), ("helper.py", "TEXT = b'old'")]);
    let server = start(&program("main:app").directory(&folder).knob("WORKERS", "1"))?;
    becomes(&server, "old")?;
    let old: HashSet<_> = server.others().into_iter().collect();
    fs::write(folder.join("closed"), "").expect("a file");
    edit(&folder, "TEXT = b'new'");
    server.signal(Signal::SIGHUP);
    let is_new = |pid: i32| pid != server.pid() && !old.contains(&pid);
    let seen = server.wait_for_processes("a new worker", |processes| processes.iter().any(|one| is_new(one.pid)))?;
    let new = seen.iter().map(|process| process.pid).find(|pid| is_new(*pid)).unwrap_or(0);
    server.signal(Signal::SIGSTOP);
    let _ = kill(Pid::from_raw(new), Signal::SIGTERM);
    fs::remove_file(folder.join("closed")).expect("the file");
    server
        .wait_for_processes("its end", |processes| !processes.iter().any(|one| one.pid == new && one.state != 'Z'))?;
    server.signal(Signal::SIGCONT);
    becomes(&server, "new")?;
    let stderr = server.stderr().text();
    assert!(!stderr.contains("cannot start a worker"), "{stderr}");
    Ok(())
}

#[test]
fn reload_looks_at_the_files() -> Outcome {
    let folder = folder("reloaded", &[("main.py", MAIN), ("helper.py", "TEXT = b'old'")]);
    let server = start(&program("main:app").directory(&folder).knob("WORKERS", "2").knob("RELOAD", "1"))?;
    becomes(&server, "old")?;
    edit(&folder, "TEXT = b'new'");
    becomes(&server, "new")?;
    edit(&folder, "TEXT = 1 / 0");
    says(&server, "ZeroDivisionError")?;
    becomes(&server, "new")?;
    edit(&folder, "TEXT = b'end'");
    becomes(&server, "end")?;
    assert!(all(&server, get("/"))?.0.ends_with(b"end"));
    Ok(())
}
