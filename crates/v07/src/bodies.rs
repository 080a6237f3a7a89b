//! How much memory the bodies of requests take in this worker: at most MAX_BODIES for all connections together, and a
//! little more for small requests.
//!
//! A body that finds no room is refused. It does not wait for room, because bodies that have come in part could wait for
//! each other until all of them are too late.

use std::cell::Cell;
use std::rc::Rc;

/// The share of one connection, until its requests are answered. Up to `small` bytes always have room: even if large bodies
/// fill the memory, requests without one are served.
pub(crate) struct Bodies {
    all: Rc<Cell<usize>>,
    max: usize,
    small: usize,
    own: usize,
}

impl Bodies {
    /// `all` is the worker's, and `max` what it may be at the most, in bytes.
    pub(crate) fn new(all: Rc<Cell<usize>>, max: usize, small: usize) -> Bodies {
        Bodies { all, max, small, own: 0 }
    }

    /// Takes `count` bytes instead of those that it had. False if there is no room for them.
    pub(crate) fn hold(&mut self, count: usize) -> bool {
        self.all.update(|all| all - self.own + count);
        self.own = count;
        self.all.get() <= self.max || self.own <= self.small
    }
}

impl Drop for Bodies {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_connection_gives_back_another_can_have() {
        let all = Rc::new(Cell::new(0));
        let bodies = || Bodies::new(all.clone(), 100, 5);
        let (mut first, mut second, mut third) = (bodies(), bodies(), bodies());
        assert!(first.hold(40) && second.hold(60));
        assert!(!third.hold(6), "there is no room");
        assert!(third.hold(5), "a small one has room");
        first.hold(10);
        assert!(third.hold(30));
        drop(second);
        assert_eq!(all.get(), 40);
    }
}
