//! A look at all processes, each with the mark of the server that it belongs to.
//!
//! It reads two files of every process of the machine, and many threads look often. So those that ask at the same time
//! share a look: one that began after they asked.

use std::collections::HashMap;
use std::fs;
use std::iter;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::guard;

/// A process of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Its parent's number.
    pub parent: i32,
    /// Its state as in proc(5): `R` running, `S` sleeping, `T` stopped, `Z` zombie.
    pub state: char,
    /// The name of its program.
    pub name: String,
    /// The number of its process group.
    pub(crate) group: i32,
    /// The mark in its environment. A zombie has no environment, and another user's process doesn't show it.
    mark: Option<String>,
}

impl Process {
    /// Whether it has ended and its parent has not waited for it yet.
    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }

    /// Whether it has `mark` in its environment.
    pub(crate) fn bears(&self, mark: &str) -> bool {
        self.mark.as_deref() == Some(mark)
    }

    /// A process as it is now; None if it has gone.
    fn now(pid: i32) -> Option<Process> {
        // The environment first: if it ends in between, its state says so.
        let [environment, stat] = ["environ", "stat"].map(|file| fs::read(format!("/proc/{pid}/{file}")));
        let environment = environment.unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        let mark =
            environment.split_once(guard::VARIABLE).and_then(|(_, rest)| rest.strip_prefix('=')?.split('\0').next());
        // The name is in parentheses, and may have some of its own.
        let stat = stat.ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (start, rest) = stat.rsplit_once(") ")?;
        let mut words = rest.split(' ');
        Some(Process {
            pid,
            name: start.split_once('(')?.1.to_owned(),
            state: words.next()?.parse().ok()?,
            parent: words.next()?.parse().ok()?,
            group: words.next()?.parse().ok()?,
            mark: mark.map(str::to_owned),
        })
    }
}

/// The latest look, and whether one is being taken.
struct Looks {
    latest: Option<(Instant, Arc<Vec<Process>>)>,
    is_looking: bool,
}

/// All processes.
pub(crate) fn everyone() -> Arc<Vec<Process>> {
    static LOOKS: Mutex<Looks> = Mutex::new(Looks { latest: None, is_looking: false });
    static CHANGED: Condvar = Condvar::new();
    let lock = || LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    let (asked, mut looks) = (Instant::now(), lock());
    loop {
        if let Some((began, all)) = &looks.latest
            && *began > asked
        {
            return Arc::clone(all);
        }
        if !looks.is_looking {
            break;
        }
        looks = CHANGED.wait(looks).unwrap_or_else(PoisonError::into_inner);
    }
    looks.is_looking = true;
    drop(looks);
    let (began, all) = (Instant::now(), Arc::new(look()));
    *lock() = Looks { latest: Some((began, Arc::clone(&all))), is_looking: false };
    CHANGED.notify_all();
    all
}

fn look() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(Process::now).collect()
}

/// The processes of a server: `server` itself, its descendants and its process group, and those that bear `mark` in their
/// environment, wherever they went. A program may overwrite its environment, to show a title in the list of processes. A
/// zombie has none left either, so it is known by its parent.
pub(crate) fn marked(mark: &str, server: i32) -> Vec<Process> {
    let all = everyone();
    let parents: HashMap<_, _> = all.iter().map(|process| (process.pid, process.parent)).collect();
    let line = |pid| iter::successors(Some(pid), |pid| parents.get(pid).copied()).take(all.len());
    let is_own = |one: &&Process| one.bears(mark) || one.group == server || line(one.pid).any(|pid| pid == server);
    let own: Vec<_> = all.iter().filter(is_own).filter(|process| !process.is_zombie()).collect();
    let bore =
        |one: &&Process| one.is_zombie() && (one.parent == server || own.iter().any(|parent| parent.pid == one.parent));
    own.iter().copied().chain(all.iter().filter(bore)).cloned().collect()
}
