//! Pairs of connected sockets, of which one end is a source.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use anyhow::{Context as _, Result};

use nix::sys::epoll::{EpollEvent, EpollFlags};

use super::*;
use crate::runtime::tests::{poll_once, run};
use crate::runtime::{spawn, with, yield_now};

fn pair() -> Result<(Source<UnixStream>, UnixStream)> {
    let (ours, peer) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((Source::new(ours), peer))
}

/// Reads a byte, which is not there: so the source gets registered.
fn fail_to_read(source: &Source<UnixStream>) -> Result<()> {
    let mut read = Box::pin(source.try_until_done(Direction::Read, |mut stream| stream.read(&mut [0])));
    assert!(poll_once(&mut read).is_pending());
    assert!(source.index.get().is_some());
    Ok(())
}

/// Writes until there is no more room; gives how much that was.
fn fill(source: &Source<UnixStream>) -> usize {
    let write = |mut stream: &UnixStream| stream.write(&[b'x'; 4096]);
    let mut count = 0;
    while let Poll::Ready(Ok(more)) = poll_once(&mut Box::pin(source.try_until_done(Direction::Write, write))) {
        count += more;
    }
    count
}

fn data(source: &Source<UnixStream>) -> Option<u64> {
    let index = source.index.get()?;
    Some(u64::from(source.registration(|it| it.generation)?) << 32 | u64::from(index))
}

#[test]
fn a_source_is_registered_when_a_try_found_nothing() -> Result<()> {
    run(async {
        let (source, mut peer) = pair()?;
        peer.write_all(b"a")?;
        let read = source.try_until_done(Direction::Read, |mut stream| stream.read(&mut [0]));
        assert_eq!(read.await?, 1);
        assert_eq!(source.index.get(), None);
        fail_to_read(&source)?;
        // What came before the registration is told too.
        peer.write_all(b"a")?;
        source.readable().await?;
        Ok(())
    })?
}

#[test]
fn an_event_for_the_one_who_had_the_place_before_is_nobodys() -> Result<()> {
    run(async {
        let (old, _peer) = pair()?;
        fail_to_read(&old)?;
        let (old_index, old_data) = (old.index.get(), data(&old).context("registered")?);
        drop(old);
        let (new, _peer) = pair()?;
        fail_to_read(&new)?;
        assert_eq!(new.index.get(), old_index);
        let note = |data| {
            with(|runtime| runtime.reactor.note(&EpollEvent::new(EpollFlags::EPOLLIN, data), &mut Vec::new()));
            poll_once(&mut new.readable()).is_ready()
        };
        assert!(!note(old_data));
        assert!(!note(u64::MAX));
        assert!(note(data(&new).context("registered")?));
        Ok(())
    })?
}

#[test]
fn an_event_for_a_descriptor_that_was_closed_reaches_not_the_next_one() -> Result<()> {
    run(async {
        let (old, mut peer) = pair()?;
        fail_to_read(&old)?;
        yield_now().await; // The event of the registration is taken.
        peer.write_all(b"a")?;
        drop(old);
        let (new, mut peer) = pair()?; // Has the number of the old one, if no other test took it.
        fail_to_read(&new)?;
        yield_now().await;
        yield_now().await;
        assert!(poll_once(&mut new.readable()).is_pending());
        peer.write_all(b"a")?;
        new.readable().await?;
        Ok(())
    })?
}

#[test]
fn a_peer_that_goes_wakes_who_waits_to_write() -> Result<()> {
    run(async {
        let (source, peer) = pair()?;
        assert!(fill(&source) > 0);
        spawn(async move { drop(peer) });
        let write = source.try_until_done(Direction::Write, |mut stream| stream.write(b"x"));
        assert_eq!(write.await.map_err(|error| error.kind()), Err(ErrorKind::BrokenPipe));
        assert!(source.hung_up());
        Ok(())
    })?
}

#[test]
fn one_task_can_wait_to_read_and_another_to_write() -> Result<()> {
    run(async {
        let (source, mut peer) = pair()?;
        let source = Rc::new(source);
        fail_to_read(&source)?;
        let count = fill(&source);
        let (reader, writer) = (source.clone(), source.clone());
        spawn(async move {
            let read = reader.try_until_done(Direction::Read, |mut stream| stream.read(&mut [0; 9]));
            assert_eq!(read.await.ok(), Some(1));
        });
        spawn(async move {
            let write = writer.try_until_done(Direction::Write, |mut stream| stream.write(b"y"));
            assert_eq!(write.await.ok(), Some(1));
        });
        // Both tasks hold the source until they are done.
        yield_now().await;
        yield_now().await;
        assert_eq!(Rc::strong_count(&source), 3);
        peer.write_all(b"a")?;
        while Rc::strong_count(&source) == 3 {
            yield_now().await;
        }
        peer.read_exact(&mut vec![0; count])?;
        while Rc::strong_count(&source) == 2 {
            yield_now().await;
        }
        Ok(())
    })?
}
