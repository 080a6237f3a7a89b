//! The parts of a response, on their way from a thread to the loop.

use anyhow::Error;

use crate::http::response::Head;
use crate::runtime::Sender;

pub(super) enum Part {
    /// A thread has begun with the request.
    Started,
    /// The head and the whole body.
    Whole(Head, Vec<u8>),
    /// The head, and the first block of the body.
    Begin(Head, Vec<u8>),
    Block(Vec<u8>),
    /// The end of the body. (Dropping the sender isn't enough: a traceback may hold it for as long as it likes.)
    End,
    Failed(Error),
}

pub(super) struct Parts(pub(super) Sender<Part>);

impl Parts {
    /// Waits until the loop has taken the part before. False if it wants no more: the client has left.
    pub(super) fn send(&self, part: Part) -> bool {
        self.0.send(part).is_ok()
    }
}
