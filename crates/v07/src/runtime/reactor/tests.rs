//! Pairs of connected sockets, of which one end is a source.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use anyhow::Result;

use super::*;
use crate::runtime::tests::{poll_once, run};
use crate::runtime::{spawn, yield_now};

fn pair() -> Result<(Source<UnixStream>, UnixStream)> {
    let (ours, peer) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((Source::new(ours)?, peer))
}

fn read_byte(source: &Source<UnixStream>) -> impl Future<Output = io::Result<usize>> {
    source.try_until_done(Direction::Read, |mut stream| stream.read(&mut [0]))
}

/// Tries to read, and finds nothing.
fn fail_to_read(source: &Source<UnixStream>) {
    assert!(poll_once(&mut Box::pin(read_byte(source))).is_pending());
}

/// Writes until there is no more room; returns how much that was.
fn fill(source: &Source<UnixStream>) -> usize {
    let write = |mut stream: &UnixStream| stream.write(&[b'x'; 4096]);
    let mut count = 0;
    while let Poll::Ready(Ok(more)) = poll_once(&mut Box::pin(source.try_until_done(Direction::Write, write))) {
        count += more;
    }
    count
}

#[test]
fn a_byte_is_read_whether_it_comes_before_the_registration_or_later() -> Result<()> {
    run(async {
        let (ours, mut peer) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        peer.write_all(b"a")?;
        let source = Source::new(ours)?;
        assert_eq!(read_byte(&source).await?, 1);
        fail_to_read(&source);
        yield_now().await; // The event of the registration is taken.
        peer.write_all(b"a")?;
        assert_eq!(read_byte(&source).await?, 1);
        Ok(())
    })?
}

#[test]
fn an_event_for_a_descriptor_that_was_closed_does_not_reach_the_next_one() -> Result<()> {
    run(async {
        let (old, mut peer) = pair()?;
        fail_to_read(&old);
        yield_now().await; // The event of the registration is taken.
        // Another process may have the file too. Then it isn't closed with this descriptor.
        let _copy = old.get().try_clone()?;
        let key = old.key;
        drop(old);
        let (new, mut new_peer) = pair()?;
        assert_eq!(new.key, key);
        fail_to_read(&new);
        peer.write_all(b"a")?;
        yield_now().await;
        yield_now().await;
        assert!(new.poll_ready(Direction::Read, &Context::from_waker(Waker::noop())).is_pending());
        new_peer.write_all(b"a")?;
        assert_eq!(read_byte(&new).await?, 1);
        Ok(())
    })?
}

#[test]
fn a_peer_that_goes_wakes_a_task_that_waits_to_write() -> Result<()> {
    run(async {
        let (source, peer) = pair()?;
        assert!(fill(&source) > 0);
        spawn(async move { drop(peer) });
        let write = source.try_until_done(Direction::Write, |mut stream| stream.write(b"x"));
        assert_eq!(write.await.map_err(|error| error.kind()), Err(ErrorKind::BrokenPipe));
        assert!(source.registration(|it| it.hung_up));
        Ok(())
    })?
}

#[test]
fn one_task_can_wait_to_read_and_another_to_write() -> Result<()> {
    run(async {
        let (source, mut peer) = pair()?;
        let source = Rc::new(source);
        fail_to_read(&source);
        let count = fill(&source);
        let (reader, writer) = (source.clone(), source.clone());
        spawn(async move { assert_eq!(read_byte(&reader).await.ok(), Some(1)) });
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

#[test]
fn a_wait_is_never_too_short() {
    let rounded = |nanos| round_up(Some(Duration::from_nanos(nanos))).as_millis();
    assert_eq!([0, 1, 999_999, 1_000_000, 1_000_001].map(rounded), [0, 1, 1, 1, 2].map(Some));
    assert_eq!(round_up(None), EpollTimeout::NONE);
    assert_eq!(round_up(Some(Duration::from_secs(u64::MAX / 2))), EpollTimeout::MAX);
}
