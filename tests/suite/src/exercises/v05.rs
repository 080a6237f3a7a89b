//! The exercises of the chapters v05-zombies and v05-orphans.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::cases::v03::has_status;
use crate::cases::v04::{hold_in_service, patient, release};
use crate::cases::v05::AtRest;
use crate::proc::Process;
use crate::request::{get, post};
use crate::server::Server;

/// How much memory the second child needs for its request alone, in KiB.
const MUCH: u64 = 8 << 10;

pub(super) fn tells_what_a_child_has_used(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let small = server.exchange(get("/sleep/0"))?;
    has_status(&small, 200)?;
    let words = String::from_utf8_lossy(&small.body).into_owned();
    let pid = words.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let first = lines_of_children(&server, 1)?;
    require(first[0].0 == pid, format!("a line about the child {pid}, which was at /sleep/0"), || &first[0].0)?;
    has_status(&server.exchange(post("/echo", &vec![b'x'; (MUCH << 10) as usize]))?, 200)?;
    let both = lines_of_children(&server, 2)?;
    let grown = both[1].1 >= MUCH && both[1].1 > both[0].1;
    let expected = format!("the child that echoed {MUCH} KiB had more memory than that, and than the one before");
    require(grown, expected, || format!("{} KiB, and {} KiB before", both[1].1, both[0].1))?;
    drop(server);
    says_nothing_when_told_so(bench)
}

/// The number of each child that was reported, and its memory in KiB.
fn lines_of_children(server: &Server, count: usize) -> Outcome<Vec<(String, u64)>> {
    let read = |text: &str| text.split_inclusive('\n').filter_map(line_of_child).collect::<Vec<_>>();
    let text = server.stderr().wait(server.patience(), |text| read(text).len() >= count);
    let lines = read(&text);
    if lines.len() == count {
        return Ok(lines);
    }
    let expected =
        format!("{count} lines on stderr like `child 4711 used 3 ms of the processor and 5120 KiB of memory`");
    Err(failed(expected, format!("{text:?}")))
}

fn line_of_child(line: &str) -> Option<(String, u64)> {
    let words: Vec<_> = line.strip_suffix('\n')?.split(' ').collect();
    match words[..] {
        ["child", pid, "used", time, "ms", "of", "the", "processor", "and", memory, "KiB", "of", "memory"] => {
            time.parse::<u64>().ok().and_then(|_| Some((pid.to_owned(), memory.parse().ok()?)))
        }
        _ => None,
    }
}

fn says_nothing_when_told_so(bench: &Bench) -> Outcome {
    let mut rest = AtRest::new(bench.start(&bench.program().knob("LOG", "off"))?);
    rest.server.serves_the_next()?;
    rest.returns()?;
    rest.server.signal(Signal::SIGTERM);
    rest.server.ends()?;
    let text = rest.server.stderr().wait(rest.server.patience(), |_| false);
    require(text.is_empty(), "nothing on stderr with LOG=off", || format!("{text:?}"))
}

pub(super) fn lists_its_children_at_sigusr1(bench: &Bench) -> Outcome {
    let server = patient(bench)?;
    server.signal(Signal::SIGUSR1);
    lists(&server, &[], 1)?;
    let mut first = hold_in_service(&server)?;
    let second = hold_in_service(&server)?;
    server.signal(Signal::SIGUSR1);
    lists(&server, &server.others(), 2)?;
    release(&mut first)?;
    let one_left = |all: &[Process]| all.len() == 2 && !all.iter().any(Process::is_zombie);
    server.wait_for_processes("the server and one child", one_left)?;
    let left = server.others();
    server.signal(Signal::SIGUSR1);
    lists(&server, &left, 3)?;
    for pid in left {
        let _ = kill(Pid::from_raw(pid), Signal::SIGUSR1); // What becomes of it is what follows.
    }
    let alone = |all: &[Process]| all.len() == 1;
    server.wait_for_processes("SIGUSR1 ends a child, as it ends any process that does not ask for it", alone)?;
    second.leave();
    server.serves_the_next()
}

/// Sees that the last of `count` lists on stderr names just these children.
fn lists(server: &Server, children: &[i32], count: usize) -> Outcome {
    let lists = |text: &str| text.split_inclusive('\n').filter_map(list).collect::<Vec<_>>();
    let text = server.stderr().wait(server.patience(), |text| lists(text).len() >= count);
    let mut expected = children.to_vec();
    expected.sort_unstable();
    let came = lists(&text);
    let words: Vec<_> = expected.iter().map(i32::to_string).collect();
    let line = format!("{} children: {}", words.len(), words.join(" "));
    let right = came.len() == count && came.last() == Some(&expected);
    require(right, format!("list number {count} on stderr: `{}`", line.trim_end()), || format!("{text:?}"))
}

/// The children in a line such as `2 children: 4711 4712`, sorted.
fn list(line: &str) -> Option<Vec<i32>> {
    let (count, pids) = line.strip_suffix('\n')?.split_once(" children:")?;
    let mut pids = pids.split_whitespace().map(|pid| pid.parse().ok()).collect::<Option<Vec<i32>>>()?;
    pids.sort_unstable();
    (count.parse() == Ok(pids.len())).then_some(pids)
}
