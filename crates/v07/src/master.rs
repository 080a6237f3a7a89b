//! The master: it forks the workers, replaces those that die, and ends them. It serves no client itself.
//!
//! Each worker has a listener of its own at the same address (see `listeners.rs`), and the kernel spreads the clients over
//! them. With one listener for all, the worker that was awake took nearly all of 64 clients that came at once, even if a
//! client wakes only one worker (EPOLLEXCLUSIVE, epoll_ctl(2)). The price: a client in the queue of a worker that computes
//! waits, although another worker may be free. The master keeps every listener open, so that the next worker serves the
//! clients in the queue of one that ended.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::mem;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, anyhow};
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::app::Choice;
use crate::children;
use crate::groups;
use crate::knobs::Knobs;
use crate::log;
use crate::runtime::Listener;
use crate::signals::{self, Signals};
use crate::worker::{self, DRAIN, LEAVING, READY, RENEW};

/// A worker that lived for less died at birth: the next one is started after a pause, which grows.
const CHILDHOOD: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long it may take until a worker is ready: it has an application to load.
const START: Duration = Duration::from_secs(60);
/// How much longer than GRACE a worker may take to end after it was told to.
const DELAY: Duration = Duration::from_secs(1);

pub(crate) struct Master {
    knobs: Knobs,
    application: Choice,
    signals: Signals,
    /// The workers.
    children: HashSet<Pid>,
    slots: Vec<Slot>,
    /// Whether the workers are to be renewed, once the new one of the first slot is ready.
    renews: bool,
    /// Workers that were replaced, and until when they may finish.
    draining: Vec<(Worker, Instant)>,
}

/// A listener, and the worker that accepts there, if there is one.
struct Slot {
    listener: Listener,
    worker: Option<Worker>,
    /// The worker that takes its place when it is ready.
    next: Option<Worker>,
    pause: Duration,
    /// When the next worker may be started.
    due: Instant,
}

struct Worker {
    pid: Pid,
    born: Instant,
    /// To exchange messages with the worker. The end of the stream makes it stop.
    socket: UnixStream,
    /// All that it has written while it starts: that it is ready, or the reason why it can't be.
    said: Vec<u8>,
}

impl Master {
    /// Starts a worker, waits until it is ready, and starts one for each of the other listeners.
    pub(crate) fn new(listeners: Vec<Listener>, knobs: Knobs, application: Choice) -> Result<Master> {
        let slot = |listener| Slot { listener, worker: None, next: None, pause: Duration::ZERO, due: Instant::now() };
        let slots = listeners.into_iter().map(slot).collect();
        prctl::set_child_subreaper(true)?; // Orphans below the master become its children.
        let (signals, children) = (Signals::new()?, HashSet::new());
        let mut master = Master { knobs, application, signals, children, slots, renews: false, draining: Vec::new() };
        // If this one can't load the application, the others couldn't either.
        let first = master.fork(0).context("cannot start a worker")?;
        master.slots.first_mut().context("there is no listener")?.next = Some(first);
        while master.slots.iter().all(|slot| slot.worker.is_none()) && !master.signals.has_stop() {
            if let Some(failure) = master.turn()? {
                groups::end_all();
                return Err(failure);
            }
        }
        master.fill_slots();
        Ok(master)
    }

    /// Keeps the workers at work, until SIGTERM or SIGINT.
    pub(crate) fn run(mut self) -> Result<()> {
        while !self.signals.take_stop() {
            self.fill_slots();
            if let Some(failure) = self.turn()? {
                log::line(format_args!("cannot start a worker: {failure:#}"));
            }
        }
        self.finish()
    }

    /// Waits for a signal, a message of a worker, or the next deadline, and acts on it. Returns why a worker could not start,
    /// if that is so.
    fn turn(&mut self) -> Result<Option<Error>> {
        let dues = self.slots.iter().filter_map(|slot| match &slot.next {
            Some(next) => Some(next.born + START),
            None => Some(slot.due).filter(|_| slot.worker.is_none()),
        });
        let next = dues.chain(self.draining.iter().map(|(_, until)| *until)).min();
        let workers = self.slots.iter().flat_map(|slot| slot.worker.iter().chain(&slot.next));
        let sockets: Vec<_> = workers.map(|worker| &worker.socket).collect();
        self.signals.wait(&sockets, next.map(|next| next.saturating_duration_since(Instant::now())))?;
        children::reap(&mut self.children);
        let asks = self.read_messages();
        if self.signals.take_renew() || asks {
            self.renew();
        }
        let failure = self.empty_slots();
        self.end_overdue();
        Ok(failure)
    }

    /// Takes note of workers that are ready, or leave their slot because they got a SIGTERM of their own. Returns whether one
    /// asks for new workers.
    fn read_messages(&mut self) -> bool {
        let (mut asks, mut is_first_ready) = (false, false);
        let until = Instant::now() + self.knobs.grace + DELAY;
        for (number, slot) in self.slots.iter_mut().enumerate() {
            let mut message = [0];
            if let Some(worker) = &mut slot.worker {
                match worker.socket.read(&mut message) {
                    Ok(1) if message == [RENEW] => asks = true,
                    Ok(1) if message == [LEAVING] => self.draining.extend(slot.worker.take().map(|old| (old, until))),
                    _ => {}
                }
            }
            if let Some(next) = slot.next.take_if(Worker::is_ready) {
                is_first_ready |= number == 0;
                if let Some(mut old) = slot.worker.replace(next) {
                    let _ = old.socket.write_all(&[DRAIN]); // It may have died already.
                    self.draining.push((old, until));
                }
            }
        }
        if is_first_ready && mem::take(&mut self.renews) {
            (1..self.slots.len()).for_each(|number| self.replace(number));
        }
        asks
    }

    /// Ends the workers that should have ended by themselves.
    fn end_overdue(&mut self) {
        self.draining.retain(|(worker, _)| self.children.contains(&worker.pid));
        for next in self.slots.iter().filter_map(|slot| slot.next.as_ref()) {
            if next.born + START <= Instant::now() {
                end_now(next.pid);
            }
        }
        for (worker, until) in &mut self.draining {
            if *until <= Instant::now() {
                log::line(format_args!("worker {} does not end: it is killed", worker.pid));
                end_now(worker.pid);
                *until += LONGEST_PAUSE; // It ends soon; this is not to be said twice.
            }
        }
    }

    /// Takes note of the workers that died. Returns why one could not start, if that is so.
    fn empty_slots(&mut self) -> Option<Error> {
        let mut failure = None;
        for (number, slot) in self.slots.iter_mut().enumerate() {
            if let Some(worker) = slot.worker.take_if(|worker| !self.children.contains(&worker.pid)) {
                slot.put_off(worker.born.elapsed() < CHILDHOOD);
            }
            if let Some(mut next) = slot.next.take_if(|next| !self.children.contains(&next.pid)) {
                slot.put_off(true);
                failure = Some(next.reason());
                self.renews &= number != 0; // Without a new first worker, the old ones stay.
            }
        }
        failure
    }

    /// Starts a worker at each slot that has none, when it is time for it.
    fn fill_slots(&mut self) {
        for number in 0..self.slots.len() {
            let is_due = |slot: &&Slot| slot.worker.is_none() && slot.next.is_none() && slot.due <= Instant::now();
            if self.slots.get(number).filter(is_due).is_some() {
                self.start(number);
            }
        }
    }

    /// Starts a new worker for the first slot. If it can load the application, the other slots follow.
    fn renew(&mut self) {
        self.renews = true;
        self.replace(0);
    }

    /// Starts a new worker at the slot with this number. The old one drains when the new one is ready.
    fn replace(&mut self, number: usize) {
        // One that is just starting may have loaded the old application.
        if let Some(mut outdated) = self.slots.get_mut(number).and_then(|slot| slot.next.take()) {
            let _ = outdated.socket.write_all(&[DRAIN]);
            self.draining.push((outdated, Instant::now() + self.knobs.grace + DELAY));
        }
        self.start(number);
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
            Ok(worker) => slot.next = Some(worker),
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
                Ok(Worker { pid: child, born: Instant::now(), socket, said: Vec::new() })
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
            self.knobs.reload &= number == 0; // One that looks is enough.
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

impl Worker {
    fn is_ready(&mut self) -> bool {
        let _ = self.socket.read_to_end(&mut self.said); // All that has come so far.
        self.said.first() == Some(&READY)
    }

    /// Why it ended before it was ready.
    fn reason(&mut self) -> Error {
        let _ = self.socket.read_to_end(&mut self.said);
        match self.said.as_slice() {
            [] if self.born.elapsed() < START => anyhow!("worker {} ended before it was ready", self.pid),
            [] => anyhow!("worker {} was not ready within {} s", self.pid, START.as_secs()),
            reason => anyhow!("{}", String::from_utf8_lossy(reason)),
        }
    }
}

fn end_now(worker: Pid) {
    groups::end(worker);
    let _ = kill(worker, Signal::SIGKILL); // It may have no group yet.
}

impl Slot {
    /// Says when the next worker may be started: at once, or after a pause twice as long as the last.
    fn put_off(&mut self, pauses: bool) {
        self.pause = if pauses { (2 * self.pause).clamp(SHORTEST_PAUSE, LONGEST_PAUSE) } else { Duration::ZERO };
        self.due = Instant::now() + self.pause;
    }
}
