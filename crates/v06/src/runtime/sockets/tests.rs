//! Pairs of connected sockets: of some, one end is a source; of others, both ends are in the same loop.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

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
        assert!(
            new.registration(|it| it.poll_ready(Direction::Read, &Context::from_waker(std::task::Waker::noop())))
                .is_pending()
        );
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

/// Both ends of a connection: the accepted one, and the client's.
async fn connect() -> Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::new(net::TcpListener::bind("127.0.0.1:0")?)?;
    assert!(poll_once(&mut Box::pin(listener.accept())).is_pending());
    let client = net::TcpStream::connect(listener.0.get().local_addr()?)?;
    let (server, peer) = listener.accept().await?;
    assert_eq!(peer, client.local_addr()?);
    Ok((server, TcpStream::new(client)?))
}

fn read(stream: &TcpStream, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Unpin {
    future::poll_fn(move |cx| stream.poll_read(cx, buffer))
}

fn write_all(stream: &TcpStream, mut bytes: &[u8]) -> impl Future<Output = io::Result<()>> + Unpin {
    future::poll_fn(move |cx| {
        while !bytes.is_empty() {
            let count = ready!(stream.poll_write(cx, bytes))?;
            bytes = &bytes[count..];
        }
        Poll::Ready(Ok(()))
    })
}

async fn read_to_end(stream: &TcpStream) -> Result<Vec<u8>> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        match read(stream, &mut buffer).await? {
            0 => return Ok(bytes),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

#[test]
fn an_echo_comes_back() -> Result<()> {
    run(async {
        let (server, client) = connect().await?;
        spawn(async move {
            let mut buffer = [0; 100];
            while let Ok(count @ 1..) = read(&server, &mut buffer).await {
                let _ = write_all(&server, &buffer[..count]).await;
            }
        });
        for text in ["one", "two", "three"] {
            write_all(&client, text.as_bytes()).await?;
            let mut buffer = [0; 100];
            assert_eq!(read(&client, &mut buffer).await?, text.len());
            assert_eq!(&buffer[..text.len()], text.as_bytes());
        }
        client.get().shutdown(Shutdown::Write)?;
        assert_eq!(read_to_end(&client).await?, b"");
        Ok(())
    })?
}

#[test]
fn data_and_the_end_that_come_together_are_both_read() -> Result<()> {
    run(async {
        for waits_before in [false, true] {
            let (server, client) = connect().await?;
            if waits_before {
                assert!(poll_once(&mut read(&server, &mut [0; 9])).is_pending());
                yield_now().await;
            }
            write_all(&client, b"abc").await?;
            client.get().shutdown(Shutdown::Write)?;
            server.readable().await;
            let mut buffer = [0; 9];
            assert_eq!(read(&server, &mut buffer).await?, 3);
            assert_eq!(read(&server, &mut buffer).await?, 0);
            // The other direction is open still.
            write_all(&server, b"def").await?;
            drop(server);
            assert_eq!(read_to_end(&client).await?, b"def");
        }
        Ok(())
    })?
}

#[test]
fn a_short_read_is_followed_by_a_wait() -> Result<()> {
    run(async {
        let (server, client) = connect().await?;
        write_all(&client, b"abc").await?;
        let mut buffer = [0; 9];
        assert_eq!(read(&server, &mut buffer[..2]).await?, 2);
        assert!(poll_once(&mut server.readable()).is_ready(), "there may be more");
        assert_eq!(read(&server, &mut buffer).await?, 1);
        assert!(poll_once(&mut server.readable()).is_pending());
        write_all(&client, b"d").await?;
        server.readable().await;
        assert_eq!(read(&server, &mut buffer).await?, 1);
        Ok(())
    })?
}

#[test]
fn a_writer_waits_for_a_slow_reader() -> Result<()> {
    run(async {
        let (server, client) = connect().await?;
        let sent: Vec<u8> = (0..16 << 20).map(|number: u32| (number >> 8) as u8).collect();
        let full = Rc::new(Cell::new(false));
        let (seen, expected) = (full.clone(), sent.clone());
        spawn(async move {
            let mut write = write_all(&server, &sent);
            let written = future::poll_fn(|cx| {
                let polled = std::pin::Pin::new(&mut write).poll(cx);
                full.set(polled.is_pending());
                polled
            });
            assert!(written.await.is_ok());
        });
        while !seen.get() {
            yield_now().await;
        }
        assert!(read_to_end(&client).await? == expected);
        Ok(())
    })?
}

#[test]
fn a_client_that_breaks_off_ends_both_waits() -> Result<()> {
    run(async {
        let (server, client) = connect().await?;
        while poll_once(&mut future::poll_fn(|cx| server.poll_write(cx, &[b'x'; 1 << 16]))).is_ready() {}
        assert!(poll_once(&mut read(&server, &mut [0; 9])).is_pending());
        drop(client); // With data that it has not read: that is a reset.
        assert!(write_all(&server, b"x").await.is_err());
        server.readable().await;
        Ok(())
    })?
}
