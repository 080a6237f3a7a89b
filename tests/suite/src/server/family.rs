//! How a server ends: with everything that it started, wherever that went.
//!
//! A server leads a process group of its own, and the test process is a subreaper (PR_SET_CHILD_SUBREAPER in prctl(2)):
//! a process that loses its parent becomes a child of the test process, not of process 1. A process belongs to a server if
//! it, or one of its ancestors, has the server's mark in its environment or is in the server's group.
//!
//! A daemon has left all that: its parent has ended, its group is its own, and its environment may be another. It is a
//! stray, and nothing tells which server it belongs to. But no process of a server is in the group of the test process,
//! and everything else that a test starts is. So strays can be told from other children, and they end when no server
//! runs any more.

use std::collections::{HashMap, HashSet};
use std::iter;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpgrp, getpid};

use crate::guard;
use crate::proc::{self, Process};

/// How many servers of this process run or are being started.
static RUNNING: Mutex<usize> = Mutex::new(0);

/// Says that a server runs, from before its start until after its end. Dropping the last one ends the strays.
pub(super) struct Presence;

impl Presence {
    pub(super) fn new() -> Presence {
        *running() += 1;
        Presence
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut running = running(); // No other server starts until this is done.
        *running -= 1;
        if *running == 0 {
            end_strays();
        }
    }
}

fn running() -> MutexGuard<'static, usize> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills a server and everything that belongs to it, and waits until all of it has gone.
pub(super) fn end(server: &mut Child, mark: &str) {
    let first = Pid::from_raw(server.id().cast_signed());
    let others = frozen(mark, first.as_raw()).into_iter().filter(|pid| *pid != first);
    let killed: Vec<_> = others.filter(|pid| is_killed(*pid)).collect();
    let _ = server.kill(); // It fails if the server has ended.
    let _ = server.wait();
    // When a process has ended its children have another parent already. Here parents come first: so each of these is now
    // a child of this process, or its own parent has waited for it.
    for pid in killed {
        let _ = waitpid(pid, None);
    }
}

/// Everything that belongs to a server, parents first, and stopped: it forks no more, and no number of it gets free.
fn frozen(mark: &str, server: i32) -> Vec<Pid> {
    let mut stopped = HashSet::new();
    loop {
        let members = members(mark, server);
        let new: Vec<_> = members.iter().filter(|pid| stopped.insert(**pid)).collect();
        if new.is_empty() {
            return members;
        }
        for pid in new {
            let _ = kill(*pid, Signal::SIGSTOP); // It may have gone since.
        }
    }
}

/// The processes that belong to a server, parents first.
fn members(mark: &str, server: i32) -> Vec<Pid> {
    let all = proc::everyone();
    let parents: HashMap<_, _> = all.iter().map(|process| (process.pid, process.parent)).collect();
    let line = |pid| iter::successors(Some(pid), |pid| parents.get(pid).copied()).take(all.len());
    let own = all.iter().filter(|one| one.group == server || one.bears(mark));
    let own: HashSet<_> = own.map(|process| process.pid).collect();
    let mut members: Vec<_> = parents.keys().copied().filter(|pid| line(*pid).any(|one| own.contains(&one))).collect();
    members.sort_by_key(|pid| line(*pid).count());
    members.into_iter().map(Pid::from_raw).collect()
}

fn end_strays() {
    let group = getpgrp().as_raw();
    end_children(|child| child.group != group && Some(child.pid) != guard::pid());
}

/// Kills these children of this process, then what they leave behind, and so on.
pub(super) fn end_children(which: impl Fn(&Process) -> bool) {
    let this = getpid().as_raw();
    loop {
        let all = proc::everyone();
        let children = all.iter().filter(|one| one.parent == this && which(one)).map(|one| Pid::from_raw(one.pid));
        let killed: Vec<_> = children.filter(|pid| is_killed(*pid)).collect();
        if killed.is_empty() {
            return;
        }
        for pid in killed {
            let _ = waitpid(pid, None);
        }
    }
}

/// Kills a process. False if it has gone or is another user's.
fn is_killed(pid: Pid) -> bool {
    kill(pid, Signal::SIGKILL).is_ok()
}

#[cfg(test)]
mod tests {
    use std::process;

    use tempfile::TempDir;

    use super::*;
    use crate::bench::Bench;
    use crate::program::{PATIENCE, Program};
    use crate::server::Server;

    /// A program that announces itself when its helpers run. All have another environment. Those with a 1 have a session
    /// of their own too; those whose number ends in a 2 are daemons, which have lost their parent.
    const SCRIPT: &str = r#"
cd "$0" && mkfifo ready && exec 3<> ready
helper='echo > ready; exec sleep $0'
daemon='sh -c "echo > ready; exec sleep $0" < /dev/null > /dev/null 2>&1 &'
env -i setsid sh -c "$helper" $1.11 &
env -i setsid sh -c "$daemon" $1.12 &
env -i sh -c "$helper" $1.21 &
env -i sh -c "$daemon" $1.22 &
for helper in 1 2 3 4; do read -r line <&3; done
echo "x listening on http://127.0.0.1:1"
exec sleep $1.0
"#;

    fn server(bench: &Bench, number: &str) -> (Server, TempDir) {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().to_str().expect("a path in UTF-8").to_owned();
        let words = ["-c", SCRIPT, &path, number];
        (bench.start(&Program::new(["sh"]).arguments(&words)).expect("it announces itself"), folder)
    }

    /// What follows `number` in the arguments of the sleeping processes.
    fn sleepers(number: &str) -> Vec<String> {
        let all = procfs::process::all_processes().into_iter().flatten().flatten();
        let sleeps = all.filter_map(|process| process.cmdline().ok().filter(|words| words.len() == 2));
        let mut found: Vec<_> = sleeps.filter_map(|words| Some(words[1].strip_prefix(number)?.to_owned())).collect();
        found.sort();
        found
    }

    #[test]
    fn a_server_ends_with_its_helpers_and_the_last_one_with_all_daemons() {
        let bench = Bench::new(&Program::new(["sh"]));
        let numbers = [1, 2].map(|number| format!("{}{number}", process::id()));
        let [(one, _folder), (other, _other_folder)] = [0, 1].map(|at| server(&bench, &numbers[at]));
        let all = [".0", ".11", ".12", ".21", ".22"];
        for number in &numbers {
            assert!(proc::until(PATIENCE, || sleepers(number) == all), "{:?}", sleepers(number));
        }
        drop(one);
        assert_eq!(sleepers(&numbers[0]), [".12"]);
        assert_eq!(sleepers(&numbers[1]), all);
        drop(other); // Another test may have a server still.
        for number in &numbers {
            assert!(proc::until(6 * PATIENCE, || sleepers(number).is_empty()), "{:?}", sleepers(number));
        }
    }
}
