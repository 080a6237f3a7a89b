//! Limits of the kernel that are lowered for a running process, prlimit(2): so a case makes processes or descriptors run
//! out, and lifts the limit again.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use procfs::process::{LimitValue, Process};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

/// How many descriptors the tester needs for eight cases at a time, and a server for the three hundred clients of one of
/// them.
pub(crate) const DESCRIPTORS: u64 = 512;

/// Raises this process's soft limit of descriptors, which its servers inherit, if that is too low.
///
/// # Errors
///
/// The hard limit is too low; this is it.
pub(crate) fn allow_descriptors() -> Result<(), u64> {
    let limit = getrlimit(Resource::Nofile);
    match (limit.current, limit.maximum) {
        (None, _) | (Some(DESCRIPTORS..), _) => Ok(()),
        (_, Some(hard @ ..DESCRIPTORS)) => Err(hard),
        (Some(soft), _) => {
            setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), ..limit }).map_err(|_| soft)
        }
    }
}

/// A limit that stands until this is dropped.
pub(crate) struct Limit {
    process: Option<Pid>,
    resource: Resource,
    before: Rlimit,
    user: Option<u32>,
}

impl Limit {
    /// The user of process `pid` may have no process more than there are: fork(2) in it fails. This binds no process of
    /// root, so that one of root's tests is another user's; `user` is its number then.
    pub(crate) fn of_processes(pid: i32, user: Option<u32>) -> io::Result<Limit> {
        let before = process(pid)?.limits().map_err(io::Error::other)?.max_processes;
        Limit::lower(pid, user, Resource::Nproc, before, 0)
    }

    /// Process `pid` may have no descriptor more than it has: the limit is the lowest number that is free.
    pub(crate) fn of_descriptors(pid: i32) -> io::Result<Limit> {
        let open = process(pid)?.fd().map_err(io::Error::other)?;
        let open: HashSet<u64> = open.flatten().filter_map(|descriptor| descriptor.fd.try_into().ok()).collect();
        let free = (0..).find(|number| !open.contains(number)).unwrap_or_default();
        let before = process(pid)?.limits().map_err(io::Error::other)?.max_open_files;
        Limit::lower(pid, None, Resource::Nofile, before, free)
    }

    fn lower(
        pid: i32,
        user: Option<u32>,
        resource: Resource,
        before: procfs::process::Limit,
        to: u64,
    ) -> io::Result<Limit> {
        let number = |value| if let LimitValue::Value(number) = value { Some(number) } else { None };
        let before = Rlimit { current: number(before.soft_limit), maximum: number(before.hard_limit) };
        let limit = Limit { process: Pid::from_raw(pid), resource, before, user };
        limit.set(Rlimit { current: Some(to), ..before })?;
        Ok(limit)
    }

    /// Another user's limits are that user's to set: not even root may always do it (CAP_SYS_RESOURCE).
    fn set(&self, to: Rlimit) -> io::Result<()> {
        let (process, resource) = (self.process, self.resource);
        let set = move || Ok(prlimit(process, resource, to).map(drop)?);
        let Some(user) = self.user else { return set() };
        let mut command = Command::new("true");
        command.uid(user).gid(user);
        // SAFETY: between fork and exec it makes one system call, and allocates nothing.
        unsafe { command.pre_exec(set) };
        command.status().map(drop)
    }
}

impl Drop for Limit {
    /// It fails if the process has gone, and with it the limit.
    fn drop(&mut self) {
        let _ = self.set(self.before);
    }
}

fn process(pid: i32) -> io::Result<Process> {
    Process::new(pid).map_err(io::Error::other)
}
