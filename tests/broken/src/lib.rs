//! The table of faults, for the server that has them and for the test that sees each one caught.

pub mod fault;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Tries all items, several at a time, on this many threads; panics with all complaints.
pub fn complain<Item: Sync>(threads: usize, items: &[Item], complaint: impl Fn(&Item) -> Option<String> + Sync) {
    let (next, complaints) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = complaint(item);
                    complaints.lock().expect("no thread panicked").extend(found);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("no thread panicked");
    assert!(complaints.is_empty(), "{} complaints:\n\n{}", complaints.len(), complaints.join("\n\n"));
}
