//! How much memory the bodies of requests take in this worker: at most MAX_BODIES, all connections together.
//!
//! A body that finds no room is refused. It does not wait for room, because bodies that have come in part could wait for
//! each other until all of them are too late.

use std::cell::Cell;
use std::rc::Rc;

/// What the requests of one connection take of it, until they are answered: their bytes as they came, heads included.
pub(crate) struct Bodies {
    all: Rc<Cell<usize>>,
    max: usize,
    own: usize,
}

impl Bodies {
    /// `all` is the worker's, and `max` what it may be at the most, in bytes.
    pub(crate) fn new(all: Rc<Cell<usize>>, max: usize) -> Bodies {
        Bodies { all, max, own: 0 }
    }

    /// Takes `count` bytes more. False if there is no room for them.
    pub(crate) fn add(&mut self, count: usize) -> bool {
        self.set(self.own + count);
        self.all.get() <= self.max
    }

    pub(crate) fn set(&mut self, count: usize) {
        self.all.update(|all| all - self.own + count);
        self.own = count;
    }
}

impl Drop for Bodies {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_connection_gives_back_another_can_have() {
        let all = Rc::new(Cell::new(0));
        let bodies = || Bodies::new(all.clone(), 100);
        let (mut first, mut second) = (bodies(), bodies());
        assert!(first.add(40) && second.add(60));
        assert!(!bodies().add(1), "there is no room");
        first.set(10);
        assert!(second.add(30));
        drop(second);
        assert_eq!(all.get(), 10);
    }
}
