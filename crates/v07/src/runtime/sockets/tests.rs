//! Connections over loopback, both ends in the same loop.

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::Rc;

use anyhow::Result;

use super::*;
use crate::runtime::tests::{poll_once, run};
use crate::runtime::{spawn, yield_now};

/// Both ends of a connection: the accepted one, and the client's.
async fn connect() -> Result<(TcpStream, TcpStream)> {
    let listener = net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let listener = TcpListener::new(listener)?;
    assert!(poll_once(&mut Box::pin(listener.accept())).is_pending());
    let client = net::TcpStream::connect(address)?;
    let (server, peer) = listener.accept().await?;
    assert_eq!(peer, Address::Ip(client.local_addr()?));
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
