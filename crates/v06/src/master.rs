//! The master: it forks the workers, replaces those that die, and ends them. It serves no client itself.
//!
//! Each worker has a listener of its own at the same address (see `listeners.rs`), and the kernel spreads the clients over
//! them. With one listener for all, the worker that was awake took nearly all of 64 clients that came at once, even if a
//! client wakes only one worker (EPOLLEXCLUSIVE, epoll_ctl(2)). The price: a client in the queue of a worker that computes
//! waits, although another worker may be free. The master keeps every listener open, so that the next worker serves the
//! clients in the queue of one that ended.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::children;
use crate::groups;
use crate::knobs::Knobs;
use crate::log;
use crate::signals::{self, Signals};
use crate::worker::{self, DRAIN, LEAVING, READY};
use crate::wsgi::gateway::Application;

/// A worker that lived for less died at birth: the next one is started after a pause, which grows.
const CHILDHOOD: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long it may take until the first worker is ready.
const START: Duration = Duration::from_secs(5);
/// How much longer than GRACE a worker may take to end after it was told to.
const DELAY: Duration = Duration::from_secs(1);

pub(crate) struct Master {
    knobs: Knobs,
    application: &'static dyn Application,
    signals: Signals,
    /// The workers.
    children: HashSet<Pid>,
    slots: Vec<Slot>,
    /// Workers that were replaced, and until when they may finish.
    draining: Vec<(Worker, Instant)>,
}

/// A listener, and the worker that accepts there, if there is one.
struct Slot {
    listener: TcpListener,
    worker: Option<Worker>,
    pause: Duration,
    /// When the next worker may be started.
    due: Instant,
}

struct Worker {
    pid: Pid,
    born: Instant,
    /// To exchange messages with the worker. The end of the stream makes it stop.
    socket: UnixStream,
    is_ready: bool,
}

impl Master {
    /// Starts a worker for each listener, and waits until one is ready.
    pub(crate) fn new(
        listeners: Vec<TcpListener>,
        knobs: Knobs,
        application: &'static dyn Application,
    ) -> Result<Master> {
        let slot = |listener| Slot { listener, worker: None, pause: Duration::ZERO, due: Instant::now() };
        let slots = listeners.into_iter().map(slot).collect();
        prctl::set_child_subreaper(true)?; // Orphans below the master become its children.
        let (signals, children) = (Signals::new()?, HashSet::new());
        let mut master = Master { knobs, application, signals, children, slots, draining: Vec::new() };
        master.fill_slots();
        let deadline = Instant::now() + START;
        let is_ready = |slot: &Slot| slot.worker.as_ref().is_some_and(|worker| worker.is_ready);
        while !master.slots.iter().any(is_ready) && !master.signals.has_stop() {
            if deadline <= Instant::now() {
                groups::end_all();
                bail!("no worker was ready within {} s", START.as_secs());
            }
            master.turn(Some(deadline))?;
        }
        Ok(master)
    }

    /// Keeps the workers at work, until SIGTERM or SIGINT.
    pub(crate) fn run(mut self) -> Result<()> {
        while !self.signals.take_stop() {
            self.turn(None)?;
        }
        self.finish()
    }

    /// Waits for a signal, a message of a worker, or the next deadline, and acts on it.
    fn turn(&mut self, until: Option<Instant>) -> Result<()> {
        let empty = self.slots.iter().filter(|slot| slot.worker.is_none()).map(|slot| slot.due);
        let next = empty.chain(self.draining.iter().map(|(_, until)| *until)).chain(until).min();
        let sockets: Vec<_> = self.slots.iter().filter_map(|slot| Some(&slot.worker.as_ref()?.socket)).collect();
        self.signals.wait(&sockets, next.map(|next| next.saturating_duration_since(Instant::now())))?;
        children::reap(&mut self.children);
        if self.signals.take_renew() {
            self.renew();
        }
        self.empty_slots();
        self.read_messages();
        self.end_overdue();
        self.fill_slots();
        Ok(())
    }

    /// Takes note of workers that are ready, or leave their slot because they got a SIGTERM of their own.
    fn read_messages(&mut self) {
        for slot in &mut self.slots {
            let Some(worker) = &mut slot.worker else { continue };
            let mut message = [0];
            match worker.socket.read(&mut message) {
                Ok(1) if message == [READY] => worker.is_ready = true,
                Ok(1) if message == [LEAVING] => {
                    let until = Instant::now() + self.knobs.grace + DELAY;
                    self.draining.extend(slot.worker.take().map(|worker| (worker, until)));
                }
                _ => {}
            }
        }
    }

    /// Ends the workers that should have ended by themselves.
    fn end_overdue(&mut self) {
        self.draining.retain(|(worker, _)| self.children.contains(&worker.pid));
        for (worker, until) in &mut self.draining {
            if *until <= Instant::now() {
                log::line(format_args!("worker {} does not end: it is killed", worker.pid));
                groups::end(worker.pid);
                let _ = kill(worker.pid, Signal::SIGKILL); // It may have no group yet.
                *until += LONGEST_PAUSE; // It ends soon; this is not to be said twice.
            }
        }
    }

    /// Takes note of the workers that died.
    fn empty_slots(&mut self) {
        for slot in &mut self.slots {
            if let Some(worker) = slot.worker.take_if(|worker| !self.children.contains(&worker.pid)) {
                slot.put_off(worker.born.elapsed() < CHILDHOOD);
            }
        }
    }

    /// Starts a worker at each slot that has none, when it is time for it.
    fn fill_slots(&mut self) {
        for number in 0..self.slots.len() {
            let is_due = |slot: &&Slot| slot.worker.is_none() && slot.due <= Instant::now();
            if self.slots.get(number).filter(is_due).is_some() {
                self.start(number);
            }
        }
    }

    /// Gives every slot to a new worker. The old ones drain.
    fn renew(&mut self) {
        for number in 0..self.slots.len() {
            let started = self.fork(number);
            let Some(slot) = self.slots.get_mut(number) else { continue };
            match started {
                Ok(worker) => {
                    if let Some(mut old) = slot.worker.replace(worker) {
                        let _ = old.socket.write_all(&[DRAIN]); // It may have died already.
                        self.draining.push((old, Instant::now() + self.knobs.grace + DELAY));
                    }
                }
                Err(error) => log::line(format_args!("cannot start a new worker, the old one stays: {error:#}")),
            }
        }
    }

    /// Lets the workers finish, up to GRACE or to another signal, then ends the rest.
    fn finish(mut self) -> Result<()> {
        // Clients that wait in the listeners' queues are turned away; the workers see the end of their streams.
        self.slots.clear();
        self.draining.clear();
        let deadline = Instant::now() + self.knobs.grace;
        while !self.children.is_empty() && Instant::now() < deadline && !self.signals.take_stop() {
            self.signals.wait(&[], Some(deadline.saturating_duration_since(Instant::now())))?;
            children::reap(&mut self.children);
        }
        groups::end_all();
        Ok(())
    }

    /// Starts a worker at the slot with this number.
    fn start(&mut self, number: usize) {
        let started = self.fork(number);
        let Some(slot) = self.slots.get_mut(number) else { return };
        match started {
            Ok(worker) => slot.worker = Some(worker),
            Err(error) => {
                log::line(format_args!("cannot start a worker: {error:#}"));
                slot.put_off(true);
            }
        }
    }

    fn fork(&mut self, number: usize) -> Result<Worker> {
        let (socket, master) = UnixStream::pair()?;
        socket.set_nonblocking(true)?;
        let parent = getpid();
        // Until the child has set its own, a signal would run the master's handlers in it.
        let mask = signals::block()?;
        // SAFETY: this process has one thread, so nothing is left half done for the child (fork(2)).
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                drop(socket);
                self.child(number, master, parent)
            }
            Ok(ForkResult::Parent { child }) => {
                self.children.insert(child);
                mask.thread_set_mask()?;
                Ok(Worker { pid: child, born: Instant::now(), socket, is_ready: false })
            }
            Err(error) => {
                mask.thread_set_mask()?;
                Err(error.into())
            }
        }
    }

    /// The child's whole life. It never returns (`!`). A panic is caught: it would leave through `main`.
    fn child(&mut self, number: usize, master: UnixStream, parent: Pid) -> ! {
        let ran = panic::catch_unwind(AssertUnwindSafe(|| {
            let signal = self.signals.become_worker()?;
            groups::become_child(parent)?;
            let listener = self.slots.swap_remove(number).listener;
            // Closes the child's copies: of the other listeners, and of the sockets of other workers, which end with the
            // master.
            self.slots.clear();
            self.draining.clear();
            worker::run(listener, master, signal, self.knobs, self.application)
        }));
        if let Ok(Err(error)) = &ran {
            log::line(format_args!("worker {}: {error:#}", getpid()));
        }
        groups::end_started(parent);
        // SAFETY: _exit ends the process; no code of this program runs after it.
        unsafe { libc::_exit(i32::from(!matches!(ran, Ok(Ok(()))))) }
    }
}

impl Slot {
    /// Says when the next worker may be started: at once, or after a pause twice as long as the last.
    fn put_off(&mut self, pauses: bool) {
        self.pause = if pauses { (2 * self.pause).clamp(SHORTEST_PAUSE, LONGEST_PAUSE) } else { Duration::ZERO };
        self.due = Instant::now() + self.pause;
    }
}
