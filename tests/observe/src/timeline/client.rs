//! A client at play: it does its part, never waits, and notes when each thing happened.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

use super::drama::Part;

/// What a client noted.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    pub connected: Duration,
    /// When each piece was sent.
    pub pieces: Vec<Duration>,
    /// When the first byte of the answer was there, and when the last.
    pub answer: Option<(Duration, Duration)>,
    /// When it left, or the server did.
    pub ended: Option<Duration>,
    /// What the answer tells: the process that slept, and for how long.
    pub told: Option<(i32, Duration)>,
}

pub struct Client<'a> {
    pub part: &'a Part,
    pub notes: Notes,
    /// While it is connected.
    pub stream: Option<TcpStream>,
    /// Its own address, once it is connected.
    pub address: Option<SocketAddr>,
    received: Vec<u8>,
}

impl<'a> Client<'a> {
    pub fn new(part: &'a Part) -> Client<'a> {
        Client { part, notes: Notes::default(), stream: None, address: None, received: Vec::new() }
    }

    pub fn is_done(&self) -> bool {
        self.notes.ended.is_some()
    }

    /// When it has to do something next, whatever the server does.
    pub fn next(&self) -> Option<Duration> {
        let send = || self.part.sends.get(self.notes.pieces.len()).map(|send| send.0);
        match (self.is_done(), &self.address) {
            (true, _) => None,
            (false, None) => Some(self.part.connects),
            (false, Some(_)) => send().or(self.leaves()),
        }
    }

    fn leaves(&self) -> Option<Duration> {
        let after_the_answer = self.notes.answer.map(|(_, last)| last + self.part.stays);
        self.part.leaves.or(after_the_answer)
    }

    /// Does what is due at `now`.
    pub fn act(&mut self, server: SocketAddr, now: Duration) -> Result<()> {
        if self.address.is_none() && now >= self.part.connects {
            self.connect(server, now).with_context(|| format!("{} can't connect", self.part.name))?;
        }
        while let Some((_, bytes)) = self.due(now) {
            // A server that has closed takes no more: the next read tells.
            let _ = self.stream.as_mut().map(|stream| stream.write_all(bytes));
            self.notes.pieces.push(now);
        }
        if self.stream.is_some() && self.leaves().is_some_and(|time| now >= time) {
            self.end(now);
        }
        Ok(())
    }

    fn due(&self, now: Duration) -> Option<&'a (Duration, Vec<u8>)> {
        self.stream.as_ref()?;
        self.part.sends.get(self.notes.pieces.len()).filter(|send| now >= send.0)
    }

    fn connect(&mut self, server: SocketAddr, now: Duration) -> Result<()> {
        let stream = TcpStream::connect(server)?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        self.address = Some(stream.local_addr()?);
        self.stream = Some(stream);
        self.notes.connected = now;
        Ok(())
    }

    /// Takes what has come until `now`.
    pub fn take(&mut self, now: Duration) {
        let mut buffer = [0; 4096];
        while let Some(stream) = &mut self.stream {
            match stream.read(&mut buffer) {
                Ok(0) => self.end(now),
                Ok(count) => {
                    self.received.extend_from_slice(&buffer[..count]);
                    let first = self.notes.answer.map_or(now, |(first, _)| first);
                    self.notes.answer = Some((first, now));
                    self.notes.told = told(&String::from_utf8_lossy(&self.received));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.end(now),
            }
        }
    }

    fn end(&mut self, now: Duration) {
        self.stream = None;
        self.notes.ended = Some(now);
    }
}

/// The process and its milliseconds in an answer that ends with `process 42 slept for 300 ms`.
fn told(answer: &str) -> Option<(i32, Duration)> {
    let (_, rest) = answer.rsplit_once("process ")?;
    let (process, rest) = rest.split_once(" slept for ")?;
    let (milliseconds, _) = rest.split_once(" ms")?;
    Some((process.parse().ok()?, Duration::from_millis(milliseconds.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_who_slept() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\nprocess 42 slept for 300 ms\n";
        assert_eq!(told(answer), Some((42, Duration::from_millis(300))));
        assert_eq!(told("HTTP/1.1 200 OK\r\n\r\nHello, World!"), None);
    }
}
