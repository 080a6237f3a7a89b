//! The connections of a worker: their number, the state that they share, and the buffers that each of them needs while it is
//! not idle.

use std::cell::{Cell, RefCell};
use std::future;
use std::ops::Deref;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Instant;

use crate::address::Address;
use crate::bodies::Bodies;
use crate::http::parser::Parser;
use crate::knobs::Knobs;
use crate::runtime;
use crate::wsgi::gateway::Application;

/// The size of the buffer for one read, in bytes.
pub(crate) const BUFFER: usize = 64 * 1024;
/// How many `Buffers` are kept for later.
const SPARE: usize = 64;

/// The state that the connections of a worker share.
pub(crate) struct Connections {
    pub(crate) knobs: Knobs,
    pub(crate) application: &'static dyn Application,
    pub(crate) address: Address,
    pub(crate) phase: Cell<Phase>,
    /// For the reads of all connections, one after another.
    pub(crate) buffer: RefCell<Vec<u8>>,
    /// `Buffers` that no connection needs now. They are in boxes because they are passed around.
    #[expect(clippy::vec_box)]
    spare: RefCell<Vec<Box<Buffers>>>,
    count: Cell<usize>,
    /// How many bytes of bodies there are, of requests that are not answered yet.
    bodies: Rc<Cell<usize>>,
    /// Of the task that waits for a connection to end.
    waker: Cell<Option<Waker>>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Phase {
    Serving,
    /// No new connections, and each of the old ones ends with its next response.
    Draining,
    /// Connections that are idle end at once.
    Stopping,
}

/// The buffers that a connection needs while it is not idle.
pub(crate) struct Buffers {
    pub(crate) parser: Parser,
    /// When the request has to be complete.
    pub(crate) due: Instant,
    /// How many bytes of it there were when `due` was set.
    pub(crate) received: usize,
    /// Responses that are not sent yet.
    pub(crate) out: RefCell<Vec<u8>>,
    pub(crate) bodies: Bodies,
}

impl Connections {
    /// There are none yet. `address` is the server's.
    pub(crate) fn new(knobs: Knobs, application: &'static dyn Application, address: Address) -> Connections {
        Connections {
            knobs,
            application,
            address,
            phase: Cell::new(Phase::Serving),
            buffer: RefCell::new(vec![0; BUFFER]),
            spare: RefCell::default(),
            count: Cell::new(0),
            bodies: Rc::default(),
            waker: Cell::default(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.get()
    }

    /// Waits until there are fewer than `limit`.
    pub(crate) fn until_below(&self, limit: usize) -> impl Future<Output = ()> {
        future::poll_fn(move |cx| {
            if self.count.get() < limit {
                return Poll::Ready(());
            }
            self.waker.set(Some(cx.waker().clone()));
            Poll::Pending
        })
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        runtime::wake_all(); // Connections that are idle look at the phase.
    }

    /// Used ones first: they have their memory already.
    pub(crate) fn take_buffers(&self) -> Box<Buffers> {
        let used = self.spare.borrow_mut().pop();
        used.unwrap_or_else(|| {
            let bodies = Bodies::new(self.bodies.clone(), self.knobs.max_bodies, BUFFER);
            let parser = Parser::new(self.knobs.max_body);
            Box::new(Buffers { parser, due: runtime::now(), received: 0, out: RefCell::default(), bodies })
        })
    }

    pub(crate) fn put_back(&self, buffers: Box<Buffers>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE {
            spare.push(buffers);
        }
    }
}

/// Each connection holds one of these as long as it lasts, so that it is counted.
pub(crate) struct Permit(Rc<Connections>);

impl Permit {
    pub(crate) fn new(connections: &Rc<Connections>) -> Permit {
        connections.count.update(|count| count + 1);
        Permit(connections.clone())
    }
}

impl Deref for Permit {
    type Target = Connections;

    fn deref(&self) -> &Connections {
        &self.0
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.count.update(|count| count - 1);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}
