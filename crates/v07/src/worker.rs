//! A worker: one process with one event loop, and in it a task for each connection.
//!
//! It accepts clients at its own listener until its master, or a SIGTERM, tells it to end. Then its connections finish the
//! requests that have begun, within GRACE. (If the master dies, the worker ends at once: see `groups.rs`.)

use std::convert::Infallible;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::app::Choice;
use crate::connections::{Connections, Permit, Phase};
use crate::conversation;
use crate::knobs::Knobs;
use crate::log;
use crate::python;
use crate::runtime::{self, Direction, Either, Listener, Source, TcpListener};

/// How many clients are accepted before the others have their turn.
const BATCH: usize = 64;
/// How long the worker rests when accept fails, for lack of descriptors for example, so that it doesn't keep a core busy.
const REST: Duration = Duration::from_millis(100);

/// The master sends this to make its worker drain. The end of the stream makes it stop.
pub(crate) const DRAIN: u8 = b'd';
/// A worker sends these when it is ready to accept clients, and when a SIGTERM makes it stop. Anything else that it sends
/// is the reason why it can't be ready, which is text.
pub(crate) const READY: u8 = 0;
pub(crate) const LEAVING: u8 = b'l';
/// A worker sends this to ask for new workers.
pub(crate) const RENEW: u8 = b'n';

struct Worker {
    connections: Rc<Connections>,
    control: Control,
}

/// Runs a worker until its last connection has ended. The master writes to `master`, and there are bytes in `signal` when a
/// SIGTERM has come.
pub(crate) fn run(
    listener: Listener,
    master: UnixStream,
    signal: UnixStream,
    knobs: Knobs,
    application: Choice,
) -> Result<()> {
    let address = listener.address()?;
    let application = match application.load(&knobs, address) {
        Ok(application) => application,
        Err(error) => return Ok(write!(&master, "{error:#}")?), // The master knows what to make of it.
    };
    let connections = Rc::new(Connections::new(knobs, application, address));
    master.set_nonblocking(true)?;
    signal.set_nonblocking(true)?;
    if knobs.reload {
        let master = master.try_clone()?;
        runtime::spawn(async move {
            loop {
                python::changed().await;
                let _ = (&master).write(&[RENEW]);
            }
        });
    }
    let control = Control { master: Source::new(master)?, signal: Source::new(signal)? };
    let ran = runtime::run(Worker { connections, control }.work(TcpListener::new(listener)?), log::flush);
    python::finish();
    ran
}

impl Worker {
    async fn work(self, listener: TcpListener) {
        let _ = self.control.master.get().write(&[READY]);
        let phase = match runtime::race(self.control.next(), self.accept(listener)).await {
            Either::Left(phase) => phase,
            Either::Right(never) => match never {},
        };
        // The listener is dropped by now: closed, for this worker.
        let finished = self.finish(phase);
        if let Either::Right(()) = runtime::race(finished, runtime::sleep(self.connections.knobs.grace)).await {
            let count = self.connections.count();
            log::line(format_args!("worker {}: GRACE is over, {count} connections are cut", process::id()));
        }
    }

    async fn accept(&self, listener: TcpListener) -> Infallible {
        loop {
            for _ in 0..BATCH {
                // At the limit, clients wait in the listener's queue.
                self.connections.until_below(self.connections.knobs.max_connections).await;
                match listener.accept().await {
                    Ok((stream, peer)) => {
                        runtime::spawn(conversation::serve(Permit::new(&self.connections), stream, peer));
                    }
                    Err(error) => {
                        log::line(format_args!("accept failed: {error}"));
                        runtime::sleep(REST).await;
                    }
                }
            }
            runtime::yield_now().await;
        }
    }

    /// Waits for the last connection to end.
    async fn finish(&self, phase: Phase) {
        self.connections.enter(phase);
        if phase == Phase::Draining {
            match runtime::race(self.control.next(), self.connections.until_below(1)).await {
                Either::Left(next) => self.connections.enter(next),
                Either::Right(()) => return,
            }
        }
        self.connections.until_below(1).await;
    }
}

/// The two ways in which a worker learns that it should end.
struct Control {
    master: Source<UnixStream>,
    signal: Source<UnixStream>,
}

impl Control {
    /// Waits until one of them does.
    async fn next(&self) -> Phase {
        let mut message = [0];
        let mut signal = [0];
        let master = self.master.try_until_done(Direction::Read, |mut stream| stream.read(&mut message));
        let signal = self.signal.try_until_done(Direction::Read, |mut stream| stream.read(&mut signal));
        match runtime::race(master, signal).await {
            Either::Left(Ok(1)) => Phase::Draining,
            Either::Left(_) => Phase::Stopping,
            Either::Right(_) => {
                let _ = self.master.get().write(&[LEAVING]);
                Phase::Stopping
            }
        }
    }
}
