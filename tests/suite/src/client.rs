//! A client: a plain TCP connection on which a case decides every byte and every pause.
//!
//! The socket is non-blocking. Whenever the client waits, it takes in what the server sends, also while it is sending
//! itself, so that the two can't block each other. No wait is a pause: each ends with what it waits for, and a
//! deadline bounds the failure.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, setsockopt, socket, sockopt};

use crate::adapter::Adapter;
use crate::bench::Record;
use crate::case::{Outcome, Stop, failed, require};
use crate::proc;
use crate::response::{Parsed, Response};
use crate::transcript::{Entry, Leaving, Transcript, visible};

/// How often /proc is looked at while a case waits for something that shows only there.
pub(crate) const LOOK: Duration = Duration::from_millis(2);

/// The receive buffer of a narrow connection, in bytes. The kernel makes it twice as large.
const NARROW: usize = 4096;

/// How much a server may send that a case has not taken yet, and how much of it is read at a time. No case asks for more
/// than 17 MiB at once.
const MOST: usize = 64 << 20;
const AT_ONCE: usize = 1 << 20;

/// How the server ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order: all that it sent has come.
    Closed,
    /// By a reset, which can destroy what it had sent.
    Reset,
}

/// A connection to a server.
pub struct Client {
    stream: TcpStream,
    /// How long each step may take.
    patience: Duration,
    /// What came and was not taken yet.
    received: Vec<u8>,
    end: Option<End>,
    /// The server takes no more.
    is_deaf: bool,
    /// The first bytes that were sent: they tell the method.
    start: Vec<u8>,
    /// Where the program has its pages, if that is not where the contract has them.
    adapter: Option<Arc<Adapter>>,
    transcript: Rc<RefCell<Transcript>>,
}

impl Client {
    pub(crate) fn connect(server: SocketAddr, patience: Duration, record: &Record) -> Outcome<Client> {
        Client::on(TcpStream::connect_timeout(&server, patience), server, patience, record)
    }

    /// Connects with a small receive buffer: what the client does not take stays with the server, and each piece that
    /// it takes lets the server send another.
    pub(crate) fn connect_narrow(server: SocketAddr, patience: Duration, record: &Record) -> Outcome<Client> {
        Client::on(narrow_stream(server), server, patience, record)
    }

    fn on(stream: io::Result<TcpStream>, server: SocketAddr, patience: Duration, record: &Record) -> Outcome<Client> {
        let connected = stream.and_then(|stream| {
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            Ok((stream.local_addr()?, stream))
        });
        let (address, stream) = connected
            .inspect_err(|_| record.is_refused.set(true))
            .map_err(|error| failed(format!("{server} takes a connection"), format!("connecting failed: {error}")))?;
        let transcript = Rc::new(RefCell::new(Transcript::new(address)));
        record.keep(&transcript);
        Ok(Client {
            stream,
            patience,
            received: Vec::new(),
            end: None,
            is_deaf: false,
            start: Vec::new(),
            adapter: None,
            transcript,
        })
    }

    /// A client that finds the pages of a program with an adapter.
    pub(crate) fn adapted(mut self, adapter: &Option<Arc<Adapter>>) -> Client {
        self.adapter.clone_from(adapter);
        self
    }

    /// Says that this connection is only to find out whether the server still serves.
    pub(crate) fn probes(&self) {
        self.transcript.borrow_mut().is_probe = true;
    }

    /// How long each of its steps may take.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// The client's own address.
    pub fn address(&self) -> Outcome<SocketAddr> {
        self.stream.local_addr().map_err(broken)
    }

    /// Sends `bytes`. A server that has closed takes no more, and the kernel has reset the connection; that is no failure
    /// yet, for it may have answered before.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Outcome {
        let adapter = self.adapter.clone();
        let bytes = adapter.as_ref().map_or(Ok(bytes.as_ref().into()), |adapter| adapter.placed(bytes.as_ref()))?;
        let (bytes, deadline) = (&*bytes, Instant::now() + self.patience);
        if bytes.is_empty() || self.is_deaf {
            return Ok(());
        }
        self.start.extend(bytes.iter().take(16));
        self.start.truncate(16);
        self.transcript.borrow_mut().entries.push(Entry::Sent(bytes.to_vec()));
        let mut left = bytes;
        while !left.is_empty() {
            match self.stream.write(left) {
                Ok(count) => left = &left[count..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !self.wait(PollFlags::POLLIN | PollFlags::POLLOUT, deadline)? {
                        return Err(
                            self.late("the server reads on", &format!("{} bytes are not taken yet", left.len()))
                        );
                    }
                    self.take_in()?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.is_deaf = true;
                    while self.take_in()? {}
                    // The write has taken the error from the socket: a read finds what came before it, and then an
                    // end like any other.
                    let unsent = format!("{} of {} bytes are unsent", left.len(), bytes.len());
                    self.ended(End::Reset, &format!("the server reset the connection; {unsent}"));
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Sends as much of `bytes` as the server and the kernel take without anything being read here; gives back how much.
    /// It waits for them to take more no longer than `patience`.
    pub(crate) fn send_unread(&mut self, bytes: &[u8], patience: Duration) -> Outcome<usize> {
        let mut sent = 0;
        while sent < bytes.len() && !self.is_deaf {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if !self.wait(PollFlags::POLLOUT, Instant::now() + patience)? {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.is_deaf = true,
            }
        }
        self.note(format!("the client sent {sent} bytes more, and read nothing"));
        Ok(sent)
    }

    /// Says that no more bytes will be sent.
    pub fn finish(&mut self) {
        self.note("the client shut down its sending side");
        let _ = self.stream.shutdown(Shutdown::Write); // It fails if the server has gone, and then the next read tells.
    }

    /// Waits until the server has read all that was sent. This is how a case sends in two pieces without a pause.
    pub fn wait_until_read(&mut self) -> Outcome {
        let (client, deadline) = (self.address()?, Instant::now() + self.patience);
        let Ok(server) = self.stream.peer_addr() else { return Ok(()) }; // It has reset the connection.
        while !proc::all_read(client, server) {
            if Instant::now() > deadline {
                return Err(self.late("the server reads what was sent", "it waits unread in the socket"));
            }
            thread::sleep(LOOK);
        }
        self.note("the server has read all this");
        Ok(())
    }

    /// Waits until an answer has begun to come, and leaves it unread.
    pub fn wait_for_an_answer(&mut self) -> Outcome {
        if !self.wait(PollFlags::POLLIN, Instant::now() + self.patience)? {
            return Err(self.late("an answer begins", "nothing came"));
        }
        self.note("an answer has begun; it is not read yet");
        Ok(())
    }

    /// Takes at most `count` bytes of what is there.
    pub fn take(&mut self, count: usize) {
        if self.end.is_none() {
            self.read(&mut vec![0; count]);
        }
    }

    /// Takes this many bytes as they come. It ends earlier if the connection does, or nothing more comes for long.
    pub(crate) fn take_all(&mut self, count: usize) -> Outcome {
        let (enough, deadline) = (self.received.len() + count, Instant::now() + self.patience);
        while self.received.len() < enough && self.end.is_none() {
            if !self.wait(PollFlags::POLLIN, deadline)? {
                return Err(self.late("more of the answer", "nothing more came"));
            }
            self.take(enough - self.received.len());
        }
        Ok(())
    }

    /// Whether the server ends the connection on its side within `patience`, whatever may still be on its way.
    pub fn is_let_go_within(&self, patience: Duration) -> Outcome<bool> {
        let client = self.address()?;
        let Ok(server) = self.stream.peer_addr() else { return Ok(true) }; // It has reset the connection.
        Ok(proc::until(patience, || self.has_ended() || !proc::is_open(client, server)))
    }

    /// Whether anything comes, or the connection ends, within `patience`. What came before counts too.
    pub fn hears_within(&mut self, patience: Duration) -> Outcome<bool> {
        let deadline = Instant::now() + patience;
        if self.received.is_empty() && self.end.is_none() && self.wait(PollFlags::POLLIN, deadline)? {
            self.take_in()?;
        }
        Ok(!self.received.is_empty() || self.end.is_some())
    }

    /// Whether more comes than did so far within `patience`.
    pub fn hears_more_within(&mut self, patience: Duration) -> Outcome<bool> {
        let before = self.received.len();
        if self.end.is_none() && self.wait(PollFlags::POLLIN, Instant::now() + patience)? {
            self.take_in()?;
        }
        Ok(self.received.len() > before)
    }

    /// Whether the server has ended the connection, as far as was seen.
    pub fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    /// What came and was not read as a response yet.
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// Reads the next response, an interim one such as 100 included. It answers HEAD if that is what was sent first.
    pub fn response(&mut self) -> Outcome<Response> {
        self.response_until(Instant::now() + self.patience, self.asked_for_a_head())
    }

    fn asked_for_a_head(&self) -> bool {
        self.start.trim_ascii_start().starts_with(b"HEAD ")
    }

    /// Reads the next response, which answers a request with this method.
    pub fn response_to(&mut self, method: &str) -> Outcome<Response> {
        self.response_until(Instant::now() + self.patience, method == "HEAD")
    }

    fn response_until(&mut self, deadline: Instant, head: bool) -> Outcome<Response> {
        loop {
            let is_late = Instant::now() > deadline; // What has come by now still counts.
            let missing = match Response::parse(&self.received, head, self.end == Some(End::Closed)) {
                Parsed::Whole(response, used) => {
                    self.received.drain(..used);
                    return Ok(*response);
                }
                Parsed::Wrong(reason) => return Err(failed("a response as RFC 9112 has it", reason)),
                Parsed::Partial(missing) => missing,
            };
            self.transcript.borrow_mut().is_cut = self.end.is_some();
            let so_far = if self.received.is_empty() { "nothing".to_owned() } else { missing };
            match self.end {
                Some(End::Closed) => {
                    return Err(failed("a whole response", format!("{so_far}, then the server closed")));
                }
                Some(End::Reset) => {
                    return Err(failed("a whole response", format!("{so_far}, then a reset by the server")));
                }
                None if is_late => {
                    return Err(self.late("a whole response", &format!("{so_far}; the server keeps sending")));
                }
                None if !self.wait(PollFlags::POLLIN, deadline)? => {
                    return Err(self.late("a whole response", &format!("{so_far}; the connection is still open")));
                }
                None => drop(self.take_in()?),
            }
        }
    }

    /// Reads the next final response: interim ones before it are passed over.
    pub fn final_response(&mut self) -> Outcome<Response> {
        let (deadline, head) = (Instant::now() + self.patience, self.asked_for_a_head());
        loop {
            let response = self.response_until(deadline, head)?;
            if response.status >= 200 {
                return Ok(response);
            }
            if Instant::now() > deadline {
                return Err(self.late("a final response", "the server keeps sending interim ones"));
            }
        }
    }

    /// Reads a response of this status.
    pub fn status(&mut self, status: u16) -> Outcome<Response> {
        let response = self.response()?;
        let came = || format!("{} {}", response.status, response.reason);
        require(response.status == status, format!("the status {status}"), came)?;
        Ok(response)
    }

    /// Waits for the end of the connection, with nothing more before it, and says how it ended.
    pub fn end(&mut self) -> Outcome<End> {
        let deadline = Instant::now() + self.patience;
        loop {
            if !self.received.is_empty() {
                let more = visible(&self.received);
                return Err(failed("the end of the connection and nothing before it", format!("more bytes: {more}")));
            }
            match self.end {
                Some(end) => return Ok(end),
                None if !self.wait(PollFlags::POLLIN, deadline)? => {
                    return Err(self.late("the server ends the connection", "it is still open"));
                }
                None => drop(self.take_in()?),
            }
        }
    }

    /// Waits for the end of the connection in order: a reset is a failure.
    pub fn closes(&mut self) -> Outcome {
        let end = self.end()?;
        require(end == End::Closed, "the server closes the connection in order", || "a reset by the server")
    }

    /// Leaves with a reset instead of an orderly end.
    pub fn reset(self) -> Outcome {
        self.note("the client resets the connection");
        self.transcript.borrow_mut().leaving = Some(Leaving::Reset);
        let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
        setsockopt(&self.stream, sockopt::Linger, &linger).map_err(|error| broken(error.into()))
    }

    /// Leaves, with whatever was not read.
    pub fn leave(self) {
        self.note("the client leaves");
        self.transcript.borrow_mut().leaving = Some(Leaving::Close);
    }

    /// Reads what is there, but not without end; whether there may be more. An error other than a reset is one too: the
    /// connection is unusable.
    fn take_in(&mut self) -> Outcome<bool> {
        let (mut buffer, enough) = ([0; 65536], self.received.len() + AT_ONCE);
        while self.received.len() < enough {
            if self.end.is_some() || !self.read(&mut buffer) {
                return Ok(false);
            }
        }
        let came = || format!("{} MiB so far; the server keeps sending", self.received.len() >> 20);
        require(self.received.len() < MOST, "an answer that ends", came)?;
        Ok(true)
    }

    /// One read; false if nothing is there.
    fn read(&mut self, buffer: &mut [u8]) -> bool {
        match self.stream.read(buffer) {
            Ok(0) => self.ended(End::Closed, "the server closed the connection"),
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                self.transcript.borrow_mut().received(&buffer[..count]);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.ended(End::Reset, "the server reset the connection"),
        }
        true
    }

    fn ended(&mut self, end: End, note: &str) {
        self.end = Some(end);
        self.note(note);
    }

    /// Waits until the socket is ready for any of `flags`; false when the deadline is over.
    fn wait(&self, flags: PollFlags, deadline: Instant) -> Outcome<bool> {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let flags = if self.end.is_some() { flags & PollFlags::POLLOUT } else { flags };
        let ready = poll(&mut [PollFd::new(self.stream.as_fd(), flags)], timeout);
        ready.map(|count| count > 0).map_err(|error| broken(error.into()))
    }

    fn note(&self, text: impl Into<String>) {
        self.transcript.borrow_mut().note(text);
    }

    fn late(&self, expected: &str, came: &str) -> Stop {
        self.note(format!("waited {} s", self.patience.as_secs()));
        failed(expected, format!("{came}, {} s later", self.patience.as_secs()))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.transcript.borrow_mut().is_over = true;
    }
}

/// The buffer is set before the connection is there: from the first the kernel promises no more than it holds.
fn narrow_stream(server: SocketAddr) -> io::Result<TcpStream> {
    let family = if server.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&socket, sockopt::RcvBuf, &NARROW)?;
    nix::sys::socket::connect(socket.as_raw_fd(), &SockaddrStorage::from(server))?;
    Ok(socket.into())
}

/// A failure of this machine, not of the server.
fn broken(error: io::Error) -> Stop {
    failed("a socket of this machine works", error)
}

#[cfg(test)]
mod tests;
