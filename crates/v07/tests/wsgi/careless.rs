//! What applications do outside of their requests, and what becomes of a worker that they harm.

use std::collections::{HashMap, HashSet};
use std::os::unix::process::ExitStatusExt;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use suite::case::Outcome;
use suite::proc;
use suite::program::Program;
use suite::request::{get, plain_get, plain_post};
use suite::server::Server;

use crate::server::{all, both, inline, program, says, start, text, threaded};

both! { "careless:app":
    runs_its_threads_while_idle finishes_its_business a_running_request_outlives_a_stop a_killed_worker_is_replaced
    nothing_is_left_of_a_killed_server a_crash_harms_nobody_else keeps_its_helpers slow_clients_hold_up_nobody
}

fn runs_its_threads_while_idle(server: &Server) -> Outcome {
    says(server, "fifty ticks")
}

/// The workers have the same code, but not the same state.
#[test]
fn random_numbers_differ() -> Outcome {
    let server = start(&inline("careless:app"))?;
    let mut numbers = HashMap::new();
    while numbers.len() < 2 {
        let mut client = server.connect()?;
        client.send(plain_get("/pid"))?;
        let pid = client.status(200)?.body;
        client.send(plain_get("/random"))?;
        let number = client.status(200)?.body;
        numbers.entry(pid).or_insert(number);
        client.leave();
    }
    assert_eq!(numbers.values().collect::<HashSet<_>>().len(), 2, "{numbers:?}");
    Ok(())
}

/// Its functions for the end are called, and what it has printed arrives.
fn finishes_its_business(server: &Server) -> Outcome {
    text(server, "/print")?;
    server.signal(Signal::SIGTERM);
    let said = server.stdout().wait(server.patience(), |said| said.matches("atexit").count() == 2);
    assert!(said.contains("printed, but not flushed\n"), "{said}");
    assert_eq!(said.matches("atexit was called\n").count(), 2, "{said}");
    Ok(())
}

/// Although the application ignores SIGTERM.
fn a_running_request_outlives_a_stop(server: &Server) -> Outcome {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut server = start(&like(server)?)?;
        let mut client = server.connect()?;
        client.send(get("/sleep?0.5"))?;
        says(&server, "sleeping")?;
        server.signal(signal);
        client.status(200)?;
        assert_eq!(server.ends()?.code(), Some(0));
        assert!(server.others().is_empty(), "nobody is left");
    }
    Ok(())
}

/// Another server, with threads if this one has them.
fn like(server: &Server) -> Outcome<Program> {
    let is_threaded = text(server, "/thread")?.starts_with("request-");
    Ok(if is_threaded { threaded("careless:app") } else { inline("careless:app") })
}

fn a_killed_worker_is_replaced(server: &Server) -> Outcome {
    let before: HashSet<_> = server.others().into_iter().collect();
    let pid = text(server, "/pid")?;
    let _ = kill(Pid::from_raw(pid.parse().unwrap_or(0)), Signal::SIGKILL);
    server.wait_for_processes("a new worker", |processes| {
        processes.iter().filter(|process| process.name == "v07" && !before.contains(&process.pid)).count() > 1
    })?;
    for _ in 0..20 {
        assert_eq!(text(server, "/")?, "ok");
    }
    Ok(())
}

/// A call that takes long doesn't keep its worker, whatever the application has made of the signals.
fn nothing_is_left_of_a_killed_server(server: &Server) -> Outcome {
    let server = start(&like(server)?.knob("GRACE", "60"))?;
    let mut client = server.connect()?;
    client.send(get("/sleep?60"))?;
    says(&server, "sleeping")?;
    server.signal(Signal::SIGKILL);
    server.wait_for_processes("none", |processes| processes.iter().all(|process| process.is_zombie()))?;
    Ok(())
}

fn a_crash_harms_nobody_else(server: &Server) -> Outcome {
    for path in ["/crash", "/quit"] {
        let (received, _) = all(server, get(path))?;
        assert!(received.is_empty(), "{path}");
        assert_eq!(text(server, "/")?, "ok");
    }
    says(server, "failed: signal: 11 (SIGSEGV)")?;
    says(server, "failed: exit status: 3")
}

/// What an application starts may outlive a request.
fn keeps_its_helpers(server: &Server) -> Outcome {
    for _ in 0..10 {
        assert_eq!(text(server, "/helper")?, "echo");
        assert_eq!(text(server, "/pool")?, "42");
    }
    Ok(())
}

fn slow_clients_hold_up_nobody(server: &Server) -> Outcome {
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut client = server.connect()?;
        client.send("GET / HTTP/1.1\r\nHost: a")?;
        client.wait_until_read()?;
        slow.push(client);
    }
    assert_eq!(text(server, "/")?, "ok");
    for mut client in slow {
        client.send("\r\n\r\n")?;
        client.status(200)?;
    }
    Ok(())
}

/// The master replaces a worker whose loop is held up. The client sees that there is no answer.
#[test]
fn a_call_that_hangs_ends_its_worker() -> Outcome {
    for path in ["/sleep?60", "/busy", "/close"] {
        let server = start(&inline("careless:app").knob("APP_TIMEOUT", "0.5").knob("GRACE", "0"))?;
        let (received, _) = all(&server, get(path))?;
        assert!(received.is_empty(), "{path}");
        says(&server, "a call took longer than 0.5 s (APP_TIMEOUT): the worker is replaced")?;
        for _ in 0..10 {
            assert_eq!(text(&server, "/")?, "ok");
        }
    }
    Ok(())
}

/// With threads, the loop is free to answer.
#[test]
fn a_call_that_hangs_in_a_thread_is_answered() -> Outcome {
    for path in ["/sleep?60", "/busy"] {
        let server = start(&threaded("careless:app").knob("APP_TIMEOUT", "0.5").knob("GRACE", "0"))?;
        let before: HashSet<_> = server.others().into_iter().collect();
        assert_eq!(server.exchange(get(path))?.status, 504, "{path}");
        says(&server, "a call took longer than 0.5 s (APP_TIMEOUT): the worker is replaced")?;
        server.wait_for_processes("a new worker", |processes| {
            processes.iter().filter(|process| process.name == "v07" && !before.contains(&process.pid)).count() > 1
        })?;
        assert_eq!(text(&server, "/")?, "ok");
    }
    Ok(())
}

/// A call isn't taken for one that hangs because its server was stopped for a while.
#[test]
fn time_that_nobody_spent_in_a_call_does_not_count() -> Outcome {
    let server = start(&program("careless:app").knob("WORKERS", "1").knob("APP_TIMEOUT", "0.5"))?;
    let pid = text(&server, "/pid")?;
    let mut client = server.connect()?;
    client.send(plain_get("/doze?0.3"))?;
    says(&server, "dozing")?;
    let worker = Pid::from_raw(pid.parse().unwrap_or(0));
    let _ = kill(worker, Signal::SIGSTOP);
    server.wait_for_processes("a stopped worker", |processes| processes.iter().any(|process| process.state == 'T'))?;
    let mut other = start(&program("careless:app").knob("WORKERS", "1").knob("APP_TIMEOUT", "0.5"))?;
    assert!(all(&other, get("/sleep?60"))?.0.is_empty(), "that much time has passed now");
    other.signal(Signal::SIGTERM);
    other.ends()?;
    let _ = kill(worker, Signal::SIGCONT);
    client.status(200)?;
    assert_eq!(text(&server, "/pid")?, pid, "the worker is the same");
    Ok(())
}

/// A thread has one request at a time, and keeps what belongs to it.
/// Python's end would end the threads, in the middle of a call that Rust has made.
#[test]
fn threads_in_a_call_do_no_harm_at_the_end() -> Outcome {
    let program = program("careless:app").knob("WORKERS", "1").knob("THREADS", "16").knob("GRACE", "0.2");
    let server = start(&program)?;
    let mut clients = Vec::new();
    for path in ["/endless"; 14].into_iter().chain(["/restless", "/sleep?60"]) {
        let mut client = server.connect()?;
        client.send(get(path))?; // Its answer is not read.
        clients.push(client);
    }
    says(&server, "sleeping")?;
    server.wait_for_processes("threads that wait for their clients", |processes| {
        processes.iter().filter(|process| process.name == "v07").all(|process| proc::is_waiting(process.pid))
    })?;
    let old = server.others();
    server.signal(Signal::SIGHUP);
    server.wait_for_processes("a new worker alone", |processes| {
        !processes.iter().any(|process| old.contains(&process.pid))
    })?;
    let said = server.stdout().wait(server.patience(), |said| said.contains("atexit"));
    assert!(said.contains("atexit was called\n"), "{said}");
    let stderr = server.stderr().text();
    assert!(!stderr.contains("failed: "), "{stderr}");
    Ok(())
}

#[test]
fn threads_are_pythons_own() -> Outcome {
    let server = start(&program("careless:app").knob("WORKERS", "1").knob("THREADS", "1"))?;
    for count in 1..=10 {
        assert_eq!(text(&server, "/local")?, count.to_string());
    }
    assert_eq!(text(&server, "/thread")?, "request-1");
    let server = start(&program("careless:app").knob("WORKERS", "1"))?;
    assert_eq!(text(&server, "/ident")?, "True", "inline, it is the main thread");
    Ok(())
}

/// A worker's threads serve as many clients at once; others wait for a thread.
#[test]
fn requests_that_wait_need_a_thread_each() -> Outcome {
    let server = start(&program("careless:app").knob("WORKERS", "1").knob("THREADS", "4"))?;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut client = server.connect()?;
        client.send(get("/wait"))?;
        waiting.push(client);
    }
    assert_eq!(text(&server, "/open")?, "ok");
    waiting.iter_mut().try_for_each(|client| client.status(200).map(drop))
}

/// No more blocks are made than the client accepts, so a body without end takes little memory.
#[test]
fn an_endless_body_is_made_as_it_is_read() -> Outcome {
    for threads in ["0", "2"] {
        let server = start(&program("probes:app").knob("WORKERS", "1").knob("THREADS", threads))?;
        let mut client = server.connect_narrow()?;
        client.send(get("/close_endless"))?;
        client.take(100_000);
        let worker = server.others()[0];
        server.wait_for_processes("a worker that waits", |_| proc::is_waiting(worker))?;
        assert!(proc::memory(worker) < 200 << 20, "{} bytes", proc::memory(worker));
        client.reset()?;
        says(&server, "closed endless")?;
    }
    Ok(())
}

#[test]
fn an_application_that_ignores_a_stop_is_gone_after_grace() -> Outcome {
    let mut server = start(&inline("careless:app").knob("GRACE", "0.2"))?;
    let mut client = server.connect()?;
    client.send(get("/sleep?60"))?;
    says(&server, "sleeping")?;
    server.signal(Signal::SIGTERM);
    let status = server.ends()?;
    assert_eq!((status.code(), status.signal()), (Some(0), None));
    assert!(server.others().is_empty(), "nobody is left");
    Ok(())
}

/// However many requests there are, and however they end, memory doesn't grow with their number.
#[test]
fn requests_leave_nothing_behind() -> Outcome {
    for threads in ["0", "2"] {
        let program = program("probes:app").knob("WORKERS", "1").knob("THREADS", threads).knob("LOG", "off");
        let server = start(&program)?;
        let worker = server.others()[0];
        let mut client = server.connect()?;
        let requests = [
            plain_get("/environ?a=b"),
            plain_post_text("/read", "a body"),
            plain_get("/generator"),
            plain_get("/twice"),
            plain_get("/write"),
            plain_get("/wrong?value-lines"),
        ];
        let mut sizes = Vec::new();
        for round in 0..6 {
            for _ in 0..150 {
                for _ in 0..10 {
                    client.send(requests.concat())?;
                }
                for _ in 0..10 * requests.len() {
                    client.status(200)?;
                }
            }
            // Exceptions that are not caught: a traceback holds all that it passed through.
            for _ in 0..50 {
                client.send(plain_get("/number"))?;
                client.status(500)?;
            }
            if round > 1 {
                sizes.push(proc::memory(worker));
            }
        }
        assert!(sizes[3] < sizes[0] + (1 << 20), "{sizes:?}");
    }
    Ok(())
}

fn plain_post_text(path: &str, body: &str) -> String {
    String::from_utf8_lossy(&plain_post(path, body.as_bytes())).into_owned()
}
