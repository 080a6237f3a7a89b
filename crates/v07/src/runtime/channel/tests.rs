//! A thread that sends, and a task that receives.

use std::thread;

use anyhow::Result;

use super::*;
use crate::runtime::tests::{poll_once, run};

#[test]
fn values_come_in_order_and_then_the_end() -> Result<()> {
    let (sender, mut receiver) = channel();
    let thread = thread::spawn(move || (0..1000).all(|number| sender.send(number).is_ok()));
    run(async move {
        for number in 0..1000 {
            assert_eq!(receiver.next().await, Some(number));
        }
        assert_eq!(receiver.next().await, None);
        assert_eq!(receiver.next().await, None, "and so it stays");
    })?;
    assert!(thread.join().expect("the sender panicked"));
    Ok(())
}

#[test]
fn there_is_room_for_one_value() {
    let (sender, mut receiver) = channel();
    assert_eq!(sender.send(1), Ok(()));
    assert!(lock(&sender.0.state).value.is_some());
    let thread = thread::spawn(move || sender.send(2)); // Ends only when the first is taken.
    assert_eq!(poll_once(&mut receiver.next()), Poll::Ready(Some(1)));
    assert_eq!(thread.join().expect("the sender panicked"), Ok(()));
    assert_eq!(poll_once(&mut receiver.next()), Poll::Ready(Some(2)), "the last one comes before the end");
    assert_eq!(poll_once(&mut receiver.next()), Poll::Ready(None));
}

#[test]
fn a_sender_that_waits_learns_that_its_receiver_is_gone() {
    let (sender, receiver) = channel();
    assert_eq!(sender.send(1), Ok(()));
    let thread = thread::spawn(move || sender.send(2));
    drop(receiver);
    assert_eq!(thread.join().expect("the sender panicked"), Err(2));
}
