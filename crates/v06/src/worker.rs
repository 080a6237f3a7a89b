//! A worker: one process with one event loop, and in it a task for each connection.
//!
//! It accepts clients at its own listener until its master, or a SIGTERM, says that it should end. Then its connections finish
//! what they have begun, within GRACE. (If the master dies, the worker ends at once: `groups.rs`.)

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future;
use std::io::{Read, Write};
use std::net::{self, SocketAddr};
use std::ops::Deref;
use std::os::unix::net::UnixStream;
use std::process;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use anyhow::Result;

use crate::bodies::Bodies;
use crate::conversation::{self, Work};
use crate::knobs::Knobs;
use crate::log;
use crate::runtime::{self, Direction, First, Source, TcpListener};
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::Application;

/// The size of the buffer for one read, in bytes.
pub(crate) const BUFFER: usize = 64 * 1024;
/// How many `Work`s are kept for later.
const SPARE: usize = 64;
/// How many clients are accepted before the others have their turn.
const BATCH: usize = 64;
/// How long the worker rests when accept fails, for lack of descriptors for example, so as not to burn the processor.
const REST: Duration = Duration::from_millis(100);

/// What the tasks of a worker share.
pub(crate) struct Worker {
    pub(crate) knobs: Knobs,
    pub(crate) application: &'static dyn Application,
    address: SocketAddr,
    pub(crate) phase: Cell<Phase>,
    /// For the reads of all connections, one after another.
    pub(crate) buffer: RefCell<Vec<u8>>,
    /// What connections need to work, while none needs it. In boxes, for they go from hand to hand.
    #[expect(clippy::vec_box)]
    works: RefCell<Vec<Box<Work>>>,
    connections: Cell<usize>,
    /// How many bytes of bodies there are, of requests that are not answered yet.
    bodies: Rc<Cell<usize>>,
    /// Who waits for a connection to end.
    waiting: Cell<Option<Waker>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Phase {
    Serving,
    /// No new connections, and each of the old ones ends with its next response.
    Draining,
    /// Connections that are idle end at once.
    Stopping,
}

/// What the master writes to have its worker drain. The end of the stream means `Stopping`.
pub(crate) const DRAIN: u8 = b'd';
/// What a worker writes when it can accept clients, and when a SIGTERM has it stop.
pub(crate) const READY: u8 = b'r';
pub(crate) const LEAVING: u8 = b'l';

/// Runs a worker until its last connection has ended. The master's word comes from `master`, and bytes from `signal` when a
/// SIGTERM has come.
pub(crate) fn run(
    listener: net::TcpListener,
    master: UnixStream,
    signal: UnixStream,
    knobs: Knobs,
    application: &'static dyn Application,
) -> Result<()> {
    let worker = Worker {
        knobs,
        application,
        address: listener.local_addr()?,
        phase: Cell::new(Phase::Serving),
        buffer: RefCell::new(vec![0; BUFFER]),
        works: RefCell::default(),
        connections: Cell::new(0),
        bodies: Rc::default(),
        waiting: Cell::default(),
    };
    master.set_nonblocking(true)?;
    signal.set_nonblocking(true)?;
    let orders = Orders { master: Source::new(master), signal: Source::new(signal) };
    runtime::run(Rc::new(worker).work(TcpListener::new(listener)?, orders), log::flush)
}

impl Worker {
    async fn work(self: Rc<Worker>, listener: TcpListener, orders: Orders) {
        let _ = orders.master.get().write(&[READY]);
        let accepting = self.clone().accept(listener);
        let phase = match runtime::race(orders.next(), accepting).await {
            First::Left(phase) => phase,
            First::Right(never) => match never {},
        };
        // The listener is dropped by now: closed, for this worker.
        let finished = self.finish(phase, &orders);
        if let First::Right(()) = runtime::race(finished, runtime::sleep(self.knobs.grace)).await {
            let count = self.connections.get();
            log::line(format_args!("worker {}: GRACE is over, {count} connections are cut", process::id()));
        }
    }

    /// Waits for the last connection to end.
    async fn finish(&self, phase: Phase, orders: &Orders) {
        self.enter(phase);
        if phase == Phase::Draining {
            match runtime::race(orders.next(), self.until_below(1)).await {
                First::Left(next) => self.enter(next),
                First::Right(()) => return,
            }
        }
        self.until_below(1).await;
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        runtime::wake_all(); // Connections that are idle look at the phase.
    }

    async fn accept(self: Rc<Worker>, listener: TcpListener) -> Infallible {
        loop {
            for _ in 0..BATCH {
                // At the limit, clients wait in the listener's queue.
                self.until_below(self.knobs.max_connections).await;
                match listener.accept().await {
                    Ok((stream, peer)) => runtime::spawn(conversation::serve(Share::new(&self), stream, peer)),
                    Err(error) => {
                        log::line(format_args!("accept failed: {error}"));
                        runtime::sleep(REST).await;
                    }
                }
            }
            runtime::yield_now().await;
        }
    }

    /// Waits until there are less than `limit` connections.
    fn until_below(&self, limit: usize) -> impl Future<Output = ()> {
        future::poll_fn(move |cx| {
            if self.connections.get() < limit {
                return Poll::Ready(());
            }
            self.waiting.set(Some(cx.waker().clone()));
            Poll::Pending
        })
    }

    /// What a connection needs to work: used ones first.
    pub(crate) fn take_work(&self) -> Box<Work> {
        let used = self.works.borrow_mut().pop();
        used.unwrap_or_else(|| {
            let environ = Environ::new(self.address, true); // wsgi.multiprocess
            Box::new(Work::new(environ, Bodies::new(self.bodies.clone(), self.knobs.max_bodies, BUFFER)))
        })
    }

    pub(crate) fn give_back(&self, work: Box<Work>) {
        let mut works = self.works.borrow_mut();
        if works.len() < SPARE {
            works.push(work);
        }
    }
}

/// Where a worker is told to end.
struct Orders {
    master: Source<UnixStream>,
    signal: Source<UnixStream>,
}

impl Orders {
    /// Waits for the next order.
    async fn next(&self) -> Phase {
        let mut word = [0];
        let mut signal = [0];
        let master = self.master.try_until_done(Direction::Read, |mut stream| stream.read(&mut word));
        let signal = self.signal.try_until_done(Direction::Read, |mut stream| stream.read(&mut signal));
        match runtime::race(master, signal).await {
            First::Left(Ok(1)) => Phase::Draining,
            First::Left(_) => Phase::Stopping,
            First::Right(_) => {
                let _ = self.master.get().write(&[LEAVING]);
                Phase::Stopping
            }
        }
    }
}

/// A connection's share of its worker. It is counted.
pub(crate) struct Share(Rc<Worker>);

impl Share {
    fn new(worker: &Rc<Worker>) -> Share {
        worker.connections.update(|count| count + 1);
        Share(worker.clone())
    }
}

impl Deref for Share {
    type Target = Worker;

    fn deref(&self) -> &Worker {
        &self.0
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.connections.update(|count| count - 1);
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}
