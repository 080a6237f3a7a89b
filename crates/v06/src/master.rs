//! The master: it forks the workers, starts a new one where one has died, and has them end. It serves nobody itself.
//!
//! Each worker has a listener of its own at the same address (see `listeners.rs`): the kernel spreads the clients over
//! them. One listener for all was tried too: of 64 clients that came at once, the worker that was awake took nearly all,
//! also where a client wakes one worker only (EPOLLEXCLUSIVE, epoll_ctl(2)). The price: who is in the queue of a worker
//! that computes waits, though another one may be free. The master keeps every listener open, so that the clients
//! in the queue of a worker that ended are served by the next one.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use nix::libc;
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::children::Children;
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
/// How much longer than GRACE a worker may take to end that was told to.
const DELAY: Duration = Duration::from_secs(1);

pub(crate) struct Master {
    knobs: Knobs,
    application: &'static dyn Application,
    signals: Signals,
    children: Children,
    places: Vec<Place>,
    /// Workers whose place was given to new ones, and until when they may finish.
    draining: Vec<(Worker, Instant)>,
}

/// A listener, and the worker that accepts there, if it has one.
struct Place {
    listener: TcpListener,
    worker: Option<Worker>,
    pause: Duration,
    /// When the next worker may be started.
    due: Instant,
}

struct Worker {
    pid: Pid,
    born: Instant,
    /// What the worker is told, and what it tells; the end of the stream tells it to stop.
    word: UnixStream,
    is_ready: bool,
}

impl Master {
    /// Starts a worker for each listener, and waits until one is ready.
    pub(crate) fn new(
        listeners: Vec<TcpListener>,
        knobs: Knobs,
        application: &'static dyn Application,
    ) -> Result<Master> {
        let place = |listener| Place { listener, worker: None, pause: Duration::ZERO, due: Instant::now() };
        let places = listeners.into_iter().map(place).collect();
        let (signals, children) = (Signals::new()?, Children::new()?);
        let mut master = Master { knobs, application, signals, children, places, draining: Vec::new() };
        master.fill_places();
        let deadline = Instant::now() + START;
        let is_ready = |place: &Place| place.worker.as_ref().is_some_and(|worker| worker.is_ready);
        while !master.places.iter().any(is_ready) && !master.signals.has_stop() {
            if deadline <= Instant::now() {
                master.children.end_all();
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

    /// Waits for a signal, a word of a worker, or the time of something, and does what is to do then.
    fn turn(&mut self, until: Option<Instant>) -> Result<()> {
        let empty = self.places.iter().filter(|place| place.worker.is_none()).map(|place| place.due);
        let next = empty.chain(self.draining.iter().map(|(_, until)| *until)).chain(until).min();
        let words: Vec<_> = self.places.iter().filter_map(|place| Some(&place.worker.as_ref()?.word)).collect();
        self.signals.wait(&words, next.map(|next| next.saturating_duration_since(Instant::now())))?;
        self.children.reap();
        if self.signals.take_renew() {
            self.renew();
        }
        self.empty_places();
        self.hear_words();
        self.end_overdue();
        self.fill_places();
        Ok(())
    }

    /// Takes note of workers that are ready, or leave their place because they got a SIGTERM of their own.
    fn hear_words(&mut self) {
        for place in &mut self.places {
            let Some(worker) = &mut place.worker else { continue };
            let mut word = [0];
            match worker.word.read(&mut word) {
                Ok(1) if word == [READY] => worker.is_ready = true,
                Ok(1) if word == [LEAVING] => {
                    let until = Instant::now() + self.knobs.grace + DELAY;
                    self.draining.extend(place.worker.take().map(|worker| (worker, until)));
                }
                _ => {}
            }
        }
    }

    /// Ends the workers that should have ended by themselves.
    fn end_overdue(&mut self) {
        self.draining.retain(|(worker, _)| self.children.contains(worker.pid));
        for (worker, until) in &mut self.draining {
            if *until <= Instant::now() {
                log::line(format_args!("worker {} does not end: it is killed", worker.pid));
                self.children.end(worker.pid);
                *until += LONGEST_PAUSE; // It ends soon; this is not to be said twice.
            }
        }
    }

    /// Takes note of the workers that died.
    fn empty_places(&mut self) {
        for place in &mut self.places {
            if let Some(worker) = place.worker.take_if(|worker| !self.children.contains(worker.pid)) {
                place.put_off(worker.born.elapsed() < CHILDHOOD);
            }
        }
    }

    /// Starts a worker at each place that has none, when it is time for it.
    fn fill_places(&mut self) {
        for number in 0..self.places.len() {
            let is_due = |place: &&Place| place.worker.is_none() && place.due <= Instant::now();
            if self.places.get(number).filter(is_due).is_some() {
                self.start(number);
            }
        }
    }

    /// Gives every place to a new worker. The old ones drain.
    fn renew(&mut self) {
        for number in 0..self.places.len() {
            let started = self.fork(number);
            let Some(place) = self.places.get_mut(number) else { continue };
            match started {
                Ok(worker) => {
                    if let Some(mut old) = place.worker.replace(worker) {
                        let _ = old.word.write_all(&[DRAIN]); // It may have died, and then hears nothing.
                        self.draining.push((old, Instant::now() + self.knobs.grace + DELAY));
                    }
                }
                Err(error) => log::line(format_args!("cannot start a new worker, the old one stays: {error:#}")),
            }
        }
    }

    /// Lets the workers finish, up to GRACE or to another signal, then ends the rest.
    fn finish(mut self) -> Result<()> {
        // Clients that wait in the listeners' queues are turned away; the workers see that no more orders will come.
        self.places.clear();
        self.draining.clear();
        let deadline = Instant::now() + self.knobs.grace;
        while self.children.count() > 0 && !self.signals.take_stop() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.signals.wait(&[], Some(left))?;
            self.children.reap();
        }
        self.children.end_all();
        Ok(())
    }

    /// Starts a worker at the place with this number.
    fn start(&mut self, number: usize) {
        let started = self.fork(number);
        let Some(place) = self.places.get_mut(number) else { return };
        match started {
            Ok(worker) => place.worker = Some(worker),
            Err(error) => {
                log::line(format_args!("cannot start a worker: {error:#}"));
                place.put_off(true);
            }
        }
    }

    fn fork(&mut self, number: usize) -> Result<Worker> {
        let (word, master) = UnixStream::pair()?;
        word.set_nonblocking(true)?;
        let parent = getpid();
        // Until the child has set its own, a signal would run the master's handlers in it.
        let mask = signals::block()?;
        // SAFETY: this process has one thread, so nothing is left half done for the child (fork(2)).
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                drop(word);
                self.child(number, master, parent)
            }
            Ok(ForkResult::Parent { child }) => {
                self.children.add(child);
                mask.thread_set_mask()?;
                Ok(Worker { pid: child, born: Instant::now(), word, is_ready: false })
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
            let listener = self.places.swap_remove(number).listener;
            // Closes the child's copies: of the other listeners, and of the words for others, which end with the master.
            self.places.clear();
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

impl Place {
    /// Says when the next worker may be started: at once, or after a pause twice as long as the last.
    fn put_off(&mut self, pauses: bool) {
        self.pause = if pauses { (2 * self.pause).clamp(SHORTEST_PAUSE, LONGEST_PAUSE) } else { Duration::ZERO };
        self.due = Instant::now() + self.pause;
    }
}
