//! The limits: of sizes, of time, and how a refusal is sent.

use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::body::has_body;
use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::client::Client;
use crate::proc::{Process, until};
use crate::request::{get, post};
use crate::server::Server;
use crate::transcript::visible;

/// The part of a limit that a request comes near to it, and exceeds it by: of a version here, and of a program that may count
/// the bytes in another way.
const NEAR: usize = 40;
const ROUGHLY: usize = 8;

/// The bytes of a field in a large head.
const FIELD: usize = 1000;

/// What a server may answer to a head that is too large: any status that blames the client for it (RFC 9110 5.4), the first
/// of which says it best (RFC 6585 5).
const TOO_LARGE: [u16; 3] = [431, 400, 413];

/// An answer that is larger than what the kernel takes of a server whose client does not read.
pub(crate) const LARGE: usize = 8 << 20;

/// The TIMEOUT for a client that reads slowly. A machine that is too busy to take 8 MiB in so many seconds gets more.
const TIMEOUTS: [u32; 2] = [1, 5];

/// A slow client takes so many bytes, then pauses, for TIMEOUT times as long: about 30 KiB in that time. That is half of
/// what it has to take, and yet in no second is there nothing that the server could send.
const SIP: usize = 1024;
const PAUSE: Duration = Duration::from_millis(30);

/// How long a server may take to fill what the kernel has room for.
const SETTLED: Duration = Duration::from_secs(1);

/// A client that took no longer was not too late for a server that reads on for a while.
const PROMPT: Duration = Duration::from_millis(500);

/// The pause between two bytes of a request that takes too long.
const BREATH: Duration = Duration::from_millis(50);

pub(crate) fn limits_the_request_line(bench: &Bench) -> Outcome {
    let limit = needs_limit(bench.program().limits().request_line, "request_line")?;
    let (server, margin) = (bench.server()?, limit / if bench.is_strict() { NEAR } else { ROUGHLY });
    let request = |length: usize| format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(length - 14));
    gets_one_of(&server, request(limit - margin), bench.right(&[404, 200, 403]))?;
    gets(&server, request(limit + margin), 414)?;
    gets(&server, format!("GET /{}", "a".repeat(limit + margin)), 414) // Its end is not waited for.
}

pub(crate) fn limits_the_head(bench: &Bench) -> Outcome {
    let limit = needs_limit(bench.program().limits().head, "head")?;
    let (server, margin) = (bench.server()?, limit / if bench.is_strict() { NEAR } else { ROUGHLY });
    let request = |length: usize| format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", fields(length / FIELD));
    gets(&server, request(limit - margin), 200)?;
    gets_one_of(&server, request(limit + margin), bench.right(&TOO_LARGE))?;
    let endless = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {}", "a".repeat(limit + margin));
    gets_one_of(&server, endless, bench.right(&TOO_LARGE))
}

fn fields(count: usize) -> String {
    format!("X-Long: {}\r\n", "a".repeat(FIELD - 10)).repeat(count)
}

pub(crate) fn tells_a_large_head_from_a_malformed_one(bench: &Bench) -> Outcome {
    let limits = bench.program().limits();
    let (head, most) = (needs_limit(limits.head, "head")?, needs_limit(limits.fields, "fields")?);
    let server = bench.server()?;
    for more in [fields(head / FIELD + 1), "X: y\r\n".repeat(most)] {
        gets(&server, format!("GET / HTTP/1.1\r\nHost: localhost\r\n{more}\r\n"), 431)?;
    }
    Ok(())
}

pub(crate) fn limits_the_number_of_fields(bench: &Bench) -> Outcome {
    let limit = needs_limit(bench.program().limits().fields, "fields")?;
    let server = bench.server()?;
    let request = |fields: usize| format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(fields - 1));
    gets(&server, request(limit), 200)?;
    gets_one_of(&server, request(limit + 1), bench.right(&TOO_LARGE))
}

pub(crate) fn limits_an_announced_body(bench: &Bench) -> Outcome {
    let limit = needs_limit(bench.program().limits().body, "body")?;
    let server = bench.server()?;
    let head = |length: &str, more: &str| {
        format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{more}\r\n")
    };
    let mut client = server.connect()?;
    client.send(head(&limit.to_string(), "Expect: 100-continue\r\n"))?;
    client.status(100)?;
    client.leave();
    for length in [&(limit + 1).to_string(), "99999999999999999999999"] {
        gets(&server, head(length, ""), 413)?;
    }
    gets(&server, head(&(limit + 1).to_string(), "Expect: 100-continue\r\n"), 413)
}

pub(crate) fn limits_a_chunked_body(bench: &Bench) -> Outcome {
    let limit = needs_limit(bench.program().limits().body, "body")?;
    let server = bench.server()?;
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(limit / 0x10000);
    let more = limit % 0x10000 + 1;
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut client = server.connect()?;
    client.send(format!("{head}{chunk}"))?;
    client.send(format!("{more:x}\r\n"))?;
    client.send(format!("{}\r\n", "x".repeat(more)))?;
    client.status(413)?;
    client.leave();
    server.serves_the_next()
}

pub(crate) fn limits_the_time_for_a_request(bench: &Bench) -> Outcome {
    let starts = [
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n",
    ];
    for starts in starts.chunks(at_once(bench)) {
        let mut pairs = impatient(bench, starts)?;
        send_a_byte_now_and_then(&mut pairs)?;
        for (server, mut client) in pairs {
            is_too_slow(bench, &mut client)?;
            client.leave();
            server.serves_the_next()?;
        }
    }
    Ok(())
}

pub(crate) fn tells_a_slow_client_why(bench: &Bench) -> Outcome {
    for (_server, mut client) in impatient(bench, &["GET / HT"])? {
        client.status(408)?;
    }
    Ok(())
}

/// A client whose request took too long gets a 408, or only the end of the connection (RFC 9110 15.5.9).
pub(crate) fn is_too_slow(bench: &Bench, client: &mut Client) -> Outcome {
    if !bench.is_strict() && client.hears_within(client.patience())? && client.received().is_empty() {
        return Ok(());
    }
    client.status(408).map(drop)
}

/// Sends all clients a byte now and then, until each is answered.
fn send_a_byte_now_and_then(pairs: &mut [(Server, Client)]) -> Outcome {
    let start = Instant::now();
    loop {
        let mut unanswered = 0;
        for (server, client) in &mut *pairs {
            // The wait for an answer is the pause between two bytes.
            if client.hears_within(BREATH)? {
                continue;
            }
            if start.elapsed() > server.patience() {
                let expected = "a 408 after a second (TIMEOUT=1)";
                return Err(failed(expected, "the server goes on reading a byte now and then"));
            }
            client.send("x")?;
            unanswered += 1;
        }
        if unanswered == 0 {
            return Ok(());
        }
    }
}

pub(crate) fn lets_go_of_a_silent_client(bench: &Bench) -> Outcome {
    for starts in ["", "GET / HT"].chunks(at_once(bench)) {
        for (server, mut client) in impatient(bench, starts)? {
            if !client.hears_within(server.patience())? {
                let expected = "a 408, or the end of the connection, after a second (TIMEOUT=1)";
                return Err(failed(expected, format!("silence for {} s", server.patience().as_secs())));
            }
            client.leave();
            server.serves_the_next()?;
        }
    }
    Ok(())
}

/// How many servers are tried side by side, to wait for their TIMEOUT once. On one address there can be only one.
fn at_once(bench: &Bench) -> usize {
    if bench.program().fixed.is_some() { 1 } else { 2 }
}

/// Servers of little patience, each with a client that has sent one of `starts`.
fn impatient(bench: &Bench, starts: &[&str]) -> Outcome<Vec<(Server, Client)>> {
    let pair = |start: &&str| {
        let server = bench.start(&bench.program().needs("TIMEOUT", "1"))?;
        let mut client = server.connect()?;
        client.send(start)?;
        Ok((server, client))
    };
    starts.iter().map(pair).collect()
}

pub(crate) fn lets_go_of_a_client_that_reads_slowly(bench: &Bench) -> Outcome {
    let mut came = String::new();
    for timeout in TIMEOUTS {
        let seconds = timeout.to_string();
        let server = bench.start(&bench.program().knob("TIMEOUT", &seconds).needs("SEND_TIMEOUT", &seconds))?;
        let mut slow = server.connect_narrow()?;
        slow.send(post("/echo", &vec![b'x'; LARGE]))?;
        let mut next = server.connect()?;
        next.send(get("/"))?;
        // It can find out at the end of a second TIMEOUT: of a 64 KiB piece, and of a write before that.
        let longest = server.patience() + 2 * Duration::from_secs(timeout.into());
        reads_slowly(&mut slow, Instant::now() + longest, timeout)?;
        next.status(200)?;
        // A server that found the request too slow had no large answer to send.
        came = visible(slow.received().get(..12).unwrap_or_else(|| slow.received()));
        if came.ends_with(" 200") {
            break;
        }
    }
    require(came.ends_with(" 200"), "the start of a 200 to a body of 8 MiB", || came)
}

pub(crate) fn goes_on_sending_after_a_stop(bench: &Bench) -> Outcome {
    let server = bench.start(&bench.program().knob("TIMEOUT", "60").knob("SEND_TIMEOUT", "60"))?;
    let mut client = server.connect_narrow()?;
    let body = vec![b'x'; LARGE];
    client.send(post("/echo", &body))?;
    client.wait_for_an_answer()?;
    let all_are = |states: [char; 2]| move |now: &[Process]| now.iter().all(|one| states.contains(&one.state));
    for _ in 0..3 {
        // It fills what the kernel has room for, and waits. A server that never sleeps is stopped wherever it is.
        until(SETTLED, || all_are(['S', 'Z'])(&server.processes()));
        signal_all(&server.processes(), Signal::SIGSTOP);
        server.wait_for_processes("all processes of the server are stopped", all_are(['T', 'Z']))?;
        signal_all(&server.processes(), Signal::SIGCONT);
    }
    has_body(&client.final_response()?, &body)
}

/// A deadline that passes while a server is stopped (Ctrl-Z, a debugger) finds what has arrived by then.
pub(crate) fn reads_what_came_while_it_was_stopped(bench: &Bench) -> Outcome {
    let body = vec![b'x'; 200_000];
    let request = post("/echo", &body);
    let (first, rest) = request.split_at(request.len() / 2);
    let (_server, mut client) = past_a_deadline(
        bench,
        "TIMEOUT",
        |server| {
            let mut client = server.connect()?;
            client.send(first)?;
            client.wait_until_read()?;
            Ok(client)
        },
        rest,
    )?;
    has_body(&client.status(200)?, &body)
}

/// A client of a server that was stopped with all its processes until a deadline of the client's was over, and went on then. It has
/// sent `rest` meanwhile. `knob` is for the deadline, which begins with `prepare`.
pub(crate) fn past_a_deadline(
    bench: &Bench,
    knob: &str,
    prepare: impl Fn(&Server) -> Outcome<Client>,
    rest: &[u8],
) -> Outcome<(Server, Client)> {
    for timeout in [1, 4] {
        let server = bench.start(&bench.program().knob("WORKERS", "1").needs(knob, &timeout.to_string()))?;
        let (start, timeout) = (Instant::now(), Duration::from_secs(timeout));
        let mut client = prepare(&server)?;
        let processes = server.processes();
        signal_all(&processes, Signal::SIGSTOP);
        let stopped = |now: &[Process]| now.iter().all(|one| ['T', 'Z'].contains(&one.state));
        server.wait_for_processes("all processes of the server are stopped", stopped)?;
        let was_in_time = start.elapsed() < timeout / 2;
        client.send(rest)?;
        thread::sleep(timeout + timeout / 4); // There is no event to wait for: a time has to pass.
        signal_all(&processes, Signal::SIGCONT);
        if was_in_time {
            return Ok((server, client));
        }
    }
    Err(Stop::Skipped("this machine is too busy for a client to be in time".into()))
}

fn signal_all(processes: &[Process], signal: Signal) {
    for process in processes {
        let _ = kill(Pid::from_raw(process.pid), signal); // It may have ended since.
    }
}

/// Takes a little now and then, until the server has let go.
fn reads_slowly(client: &mut Client, deadline: Instant, timeout: u32) -> Outcome {
    // The look at the server's end is the pause between two sips.
    while !client.is_let_go_within(PAUSE * timeout)? {
        if Instant::now() > deadline {
            let expected =
                format!("the server lets go of a client that takes 30 KiB of 8 MiB in {timeout} s (TIMEOUT={timeout})");
            return Err(failed(expected, "it goes on sending a little now and then"));
        }
        client.take(SIP);
    }
    client.take(SIP);
    Ok(())
}

pub(crate) fn gets_a_large_answer_to_a_client_that_goes_on_sending(bench: &Bench) -> Outcome {
    let body = vec![b'x'; LARGE];
    let server = bench.server()?;
    let mut client = server.connect()?;
    client.send(post("/echo", &body))?;
    client.wait_for_an_answer()?;
    client.send("\n")?; // The server can't have closed yet: most of its answer waits for the client to read.
    has_body(&client.response()?, &body)?;
    client.closes()?;
    client.leave();
    server.serves_the_next()
}

pub(crate) fn gets_a_refusal_to_a_client_that_goes_on_sending(bench: &Bench) -> Outcome {
    let limit = needs_limit(bench.program().limits().body, "body")?;
    let server = bench.server()?;
    // A server reads on for a second or so: on a busy machine this client can be too late for that.
    for _ in 0..3 {
        let start = Instant::now();
        let gone_on = goes_on_sending(&server, limit);
        if gone_on.is_ok() || start.elapsed() < PROMPT {
            return gone_on;
        }
    }
    Err(Stop::Skipped("this machine is too busy for a client to be in time".into()))
}

fn goes_on_sending(server: &Server, limit: usize) -> Outcome {
    let head = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", limit + 1);
    let mut client = server.connect()?;
    client.send(head)?;
    client.wait_until_read()?;
    for _ in 0..4 {
        client.send([b'x'; 1 << 16])?;
        client.wait_until_read()?; // Of a server that has closed instead, the next piece finds the reset.
    }
    client.status(413)?;
    client.finish();
    client.closes()?;
    client.leave();
    server.serves_the_next()
}

/// Sends `request`, which may be unfinished, and reads an answer of this status.
fn gets(server: &Server, request: String, status: u16) -> Outcome {
    gets_one_of(server, request, &[status])
}

fn gets_one_of(server: &Server, request: String, statuses: &[u16]) -> Outcome {
    let response = server.exchange(request)?;
    let named: Vec<_> = statuses.iter().map(u16::to_string).collect();
    require(statuses.contains(&response.status), format!("the status {}", named.join(" or ")), || {
        format!("{} {}", response.status, response.reason)
    })
}

/// The size beyond which the program refuses a request. Without one that is known the case is skipped.
fn needs_limit(limit: Option<usize>, name: &str) -> Outcome<usize> {
    limit.ok_or_else(|| Stop::Skipped(format!("needs its limit of the {name}, which the adapter file does not say")))
}
