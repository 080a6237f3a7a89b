//! The lines of workers on a stderr that is a pipe with no room left.

use std::io::{self, PipeReader, Read};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::cases::v01::not_here;
use crate::client::Client;
use crate::proc;
use crate::request::plain_get;
use crate::server::Server;

/// How many clients ask at once, how often each, and for how long a target: more lines than a pipe has room for, and in one
/// go more than a write(2) to a pipe keeps together.
const CLIENTS: usize = 16;
const TIMES: usize = 60;
const LENGTH: usize = 150;

/// How much is read at a time, and more than a pipe holds.
const PIECE: usize = 4096;
const ALL: usize = 1 << 20;

/// How long the reader rests at the most.
const WATCH: Duration = Duration::from_millis(50);

pub(crate) fn keeps_lines_whole_that_wait_for_a_reader(bench: &Bench) -> Outcome {
    let (mut reader, writer) = io::pipe().map_err(not_here)?;
    let server = bench
        .start(&bench.program().application("hello").knob("WORKERS", "4").knob("TIMEOUT", "60").stderr_to(&writer))?;
    drop(writer);
    let clients = ask(&server)?;
    let stuck = || server.others().into_iter().filter(|pid| proc::is_stuck_at_stderr(*pid)).count();
    let (sender, pieces) = mpsc::sync_channel(0);
    thread::spawn(move || while sender.send(take(&mut reader, PIECE)).is_ok() {});
    let mut text = Vec::new();
    while text.iter().filter(|&&byte| byte == b'\n').count() < CLIENTS * TIMES {
        // The reader rests until several workers wait for it. A server whose processes never do has nothing to spoil.
        proc::until(WATCH, || stuck() > 1);
        let piece = pieces
            .recv_timeout(server.patience())
            .map_err(|_| failed(format!("a line on stderr for each of {} requests", CLIENTS * TIMES), "fewer lines"))?;
        text.extend(piece?);
    }
    clients.into_iter().for_each(Client::leave);
    String::from_utf8_lossy(&text).lines().try_for_each(is_whole)
}

pub(crate) fn counts_the_lines_that_a_full_stderr_loses(bench: &Bench) -> Outcome {
    let (mut reader, writer) = io::pipe().map_err(not_here)?;
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(|error| not_here(error.into()))?;
    let server = bench
        .start(&bench.program().application("hello").knob("WORKERS", "1").knob("TIMEOUT", "60").stderr_to(&writer))?;
    drop(writer);
    for client in &mut ask(&server)? {
        for _ in 0..TIMES {
            client.status(200)?;
        }
    }
    let (sender, pieces) = mpsc::channel();
    thread::spawn(move || while sender.send(take(&mut reader, ALL)).is_ok() {});
    let (mut text, mut probes, deadline) = (Vec::new(), 0, Instant::now() + server.patience());
    loop {
        match pieces.recv_timeout(WATCH) {
            Ok(piece) => text.extend(piece?),
            Err(_) => {
                server.serves_the_next()?; // There is room now, for its line and for the count of those that had none.
                probes += 1;
            }
        }
        let (written, lost) = written_and_lost(&String::from_utf8_lossy(&text))?;
        let all = CLIENTS * TIMES;
        if lost > 0 && (all..=all + probes).contains(&(written + lost)) {
            return Ok(());
        }
        let expected =
            format!("{} lines on stderr, but for those that had no room and are counted in a line", CLIENTS * TIMES);
        require(Instant::now() < deadline, expected, || format!("{written} lines, and {lost} counted"))?;
    }
}

/// How many lines about the requests there are, and how many are lost according to lines that begin with that number.
fn written_and_lost(text: &str) -> Outcome<(usize, usize)> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let (lines, counts): (Vec<_>, Vec<_>) =
        whole.lines().filter(|line| !line.contains("GET / ")).partition(|line| line.starts_with("127.0.0.1:"));
    lines.iter().try_for_each(|line| is_whole(line))?;
    let number = |line: &&str| line.split(' ').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
    Ok((lines.len(), counts.iter().map(number).sum()))
}

/// Clients that have asked, and have read nothing yet.
fn ask(server: &Server) -> Outcome<Vec<Client>> {
    let request = plain_get(&format!("/?{}", "a".repeat(LENGTH))).repeat(TIMES);
    let ask = |_| {
        let mut client = server.connect()?;
        client.send(&request)?;
        Ok(client)
    };
    (0..CLIENTS).map(ask).collect()
}

fn is_whole(line: &str) -> Outcome {
    let request = format!("\"GET /?{} HTTP/1.1\" 200 ", "a".repeat(LENGTH));
    let is_whole = line.starts_with("127.0.0.1:") && line.matches("HTTP").count() == 1 && line.contains(&request);
    require(is_whole, "whole lines on stderr, though there is no room for all of them at once", || format!("{line:?}"))
}

/// What is in the pipe, or comes next; at most `most` bytes.
fn take(reader: &mut PipeReader, most: usize) -> Outcome<Vec<u8>> {
    let mut bytes = vec![0; most];
    let count = reader.read(&mut bytes).map_err(not_here)?;
    bytes.truncate(count);
    Ok(bytes)
}
