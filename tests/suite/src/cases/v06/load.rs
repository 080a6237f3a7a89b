//! Clients on threads of their own, busy while a case does something to the server.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::bench::Record;
use crate::case::{Outcome, Stop, failed, require};
use crate::client::Client;
use crate::proc;
use crate::request::{get, plain_get};
use crate::server::Server;

/// A client that sends the same requests without end, and reads the answers as they come.
pub(crate) struct Flood {
    stream: TcpStream,
    received: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    /// Starts it; it has been answered when this returns.
    pub(crate) fn start(server: &Server, requests: Vec<u8>) -> Outcome<Flood> {
        let requests = server.placed(&requests)?;
        let connected = TcpStream::connect(server.address()).and_then(|stream| {
            let (mut writer, mut reader) = (stream.try_clone()?, stream.try_clone()?);
            let received = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&received);
            let threads = vec![
                thread::spawn(move || while writer.write_all(&requests).is_ok() {}),
                thread::spawn(move || {
                    let mut buffer = vec![0; 1 << 20];
                    while let Ok(more @ 1..) = reader.read(&mut buffer) {
                        count.fetch_add(more, Ordering::Relaxed);
                    }
                }),
            ];
            Ok(Flood { stream, received, threads })
        });
        let flood = connected.map_err(|error| failed("the server takes a connection", error))?;
        flood.goes_on(server.patience())?;
        Ok(flood)
    }

    /// Sees that more answers come.
    pub(crate) fn goes_on(&self, patience: Duration) -> Outcome {
        let before = self.received.load(Ordering::Relaxed);
        let more = proc::until(patience, || self.received.load(Ordering::Relaxed) > before);
        require(more, "a client that sends requests without end is answered without end", || "no answer more")
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both); // It fails if the server has closed; the threads end too then.
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Does `work` while clients ask for pages as fast as they can: half of them on connections that they keep until the
/// server says that it closes them, half on a new one for each request. Fails if one of their requests does.
pub(crate) fn under_load(server: &Server, work: impl FnOnce() -> Outcome) -> Outcome {
    let (address, patience, is_over) = (server.address(), server.patience(), AtomicBool::new(false));
    let connect = || Client::connect(address, patience, &Record::default());
    let (is_over, connect) = (&is_over, &connect);
    let keep = move || {
        let mut client = connect()?;
        while !is_over.load(Ordering::Relaxed) {
            client.send(plain_get("/"))?;
            let response = client.status(200)?;
            if response.field("Connection").is_none_or(|word| word.eq_ignore_ascii_case("close")) {
                client = connect()?;
            }
        }
        Ok::<(), Stop>(())
    };
    let renew = move || {
        while !is_over.load(Ordering::Relaxed) {
            let mut client = connect()?;
            client.send(get("/"))?;
            client.status(200)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let clients = [scope.spawn(keep), scope.spawn(keep), scope.spawn(renew), scope.spawn(renew)];
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        let ends = clients.map(|client| client.join().unwrap_or(Ok(())));
        done.and(ends.into_iter().collect())
    })
}
