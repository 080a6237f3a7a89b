//! Children that ended, by themselves or not: none stays as a zombie.

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::Bench;
use crate::case::{Outcome, Stop, require};
use crate::cases::v04::{hold_in_service, patient, release};
use crate::proc::Process;
use crate::server::Server;

/// A server with the number of processes that it has at rest. Only one that has served nobody yet tells it.
pub(crate) struct AtRest {
    pub(crate) server: Server,
    pub(crate) processes: usize,
}

impl AtRest {
    pub(crate) fn new(server: Server) -> AtRest {
        let processes = server.processes().len();
        AtRest { server, processes }
    }

    /// Waits until the processes are back to those at rest, with no zombie among them.
    pub(crate) fn returns(&self) -> Outcome {
        let expected = format!("the {} processes that there were after the start, and no zombie", self.processes);
        let rest = |all: &[Process]| all.len() == self.processes && !all.iter().any(Process::is_zombie);
        self.server.wait_for_processes(&expected, rest).map(drop)
    }
}

/// Waits until no process of the server is left, its first one included.
pub(crate) fn is_gone(server: &mut Server) -> Outcome {
    server.ends()?;
    server.wait_for_processes("no process of the server is left", <[_]>::is_empty).map(drop)
}

pub(crate) fn leaves_no_zombie_and_no_orphan(bench: &Bench) -> Outcome {
    let mut rest = AtRest::new(patient(bench)?);
    for _ in 0..100 {
        rest.server.serves_the_next()?;
    }
    rest.returns()?;
    let held = hold_in_service(&rest.server)?;
    rest.server.signal(Signal::SIGKILL);
    is_gone(&mut rest.server)?;
    held.leave();
    Ok(())
}

/// More clients than there may be children: each child that is not reaped takes a place.
pub(crate) fn reaps_though_sigchld_was_blocked(bench: &Bench) -> Outcome {
    let rest = AtRest::new(bench.start(&bench.program().knob("MAX_CHILDREN", "2").signals_blocked())?);
    for _ in 0..8 {
        rest.server.serves_the_next()?;
    }
    rest.returns()
}

pub(crate) fn tells_how_a_child_was_killed(bench: &Bench) -> Outcome {
    let rest = AtRest::new(bench.start(&bench.program().knob("LOG", "off").knob("TIMEOUT", "60"))?);
    let mut held = hold_in_service(&rest.server)?;
    let Some(holder) = rest.server.holder(&held)?.filter(|holder| *holder != rest.server.pid()) else {
        return Err(Stop::Skipped("the server's first process serves clients itself".into()));
    };
    let _ = kill(Pid::from_raw(holder), Signal::SIGKILL); // What the server makes of it is what the case looks at.
    held.end()?;
    rest.returns()?;
    let is_told = |text: &str| text.lines().any(|line| line.contains(&holder.to_string()) && line.contains("SIGKILL"));
    let stderr = rest.server.stderr().wait(rest.server.patience(), is_told);
    let expected = format!("a line on stderr that says that process {holder} was killed by SIGKILL");
    require(is_told(&stderr), expected, || format!("{stderr:?}"))
}

pub(crate) fn reaps_sixteen_deaths_of_one_signal(bench: &Bench) -> Outcome {
    let rest = AtRest::new(patient(bench)?);
    let mut held = (0..16).map(|_| hold_in_service(&rest.server)).collect::<Outcome<Vec<_>>>()?;
    let has_children = rest.server.processes().len() > rest.processes;
    let first = rest.server.pid();
    rest.server.signal(Signal::SIGSTOP);
    rest.server.wait_for_processes("the server's first process is stopped", |all| {
        all.iter().any(|process| process.pid == first && process.state == 'T')
    })?;
    if has_children {
        held.iter_mut().try_for_each(release)?;
        let at_work = |all: &[Process]| all.iter().filter(|process| !process.is_zombie()).count();
        let expected = "the children end once their clients are served";
        rest.server.wait_for_processes(expected, |all| at_work(all) == rest.processes)?;
    }
    rest.server.signal(Signal::SIGCONT);
    if !has_children {
        held.iter_mut().try_for_each(release)?; // A server that does the work itself could not while it was stopped.
    }
    rest.returns()
}

pub(crate) fn outlives_a_process_that_is_killed(bench: &Bench) -> Outcome {
    let rest = AtRest::new(patient(bench)?);
    // The last has no name, and not every library knows what to make of a death by it.
    for signal in [libc::SIGTERM, libc::SIGKILL, libc::SIGRTMIN()] {
        let mut held = hold_in_service(&rest.server)?;
        let others = rest.server.processes().into_iter().filter(|process| process.pid != rest.server.pid());
        let others: Vec<_> = others.map(|process| Pid::from_raw(process.pid)).collect();
        if others.is_empty() {
            return Err(Stop::Skipped("the server is a single process".into()));
        }
        for process in others {
            // SAFETY: kill(2) takes numbers and touches no memory. The process may have ended by itself since.
            unsafe { libc::kill(process.as_raw(), signal) };
        }
        if signal == libc::SIGTERM {
            let _ = release(&mut held); // It may let what it serves come to an end.
        } else {
            held.end()?;
        }
        rest.server.serves_the_next()?;
        rest.returns()?;
    }
    Ok(())
}
