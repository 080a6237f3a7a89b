//! How long a quick client waits behind eight slow ones.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use suite::stage::Stage;

use crate::versions::{self, Version};

/// How many slow clients there are.
pub const SLOW: usize = 8;

const HALF: &[u8] = b"GET / HTTP/1.1\r\nHost: local";
const WHOLE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// How long slow and quick clients have patience.
#[derive(Clone, Copy)]
pub struct Limits {
    /// The server's TIMEOUT.
    pub timeout: Duration,
    /// The quick client gives up after this.
    pub patience: Duration,
}

/// How long the quick client waited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wait {
    Answered(Duration),
    GivenUp(Duration),
}

/// Lets eight clients come that send half a request and no more, and then a quick one. v01 takes half a request for a
/// whole one, so its slow clients send nothing. Each leaves when the server answers it.
pub fn measure(version: &Version, limits: Limits) -> Result<Wait> {
    let program = version.program().knob("TIMEOUT", &limits.timeout.as_secs_f64().to_string());
    let server = versions::start(version.stage, program)?;
    let half = if version.stage == Stage::V01 { b"" } else { HALF };
    let slow: Vec<_> = (0..SLOW).map(|_| slow_client(server.address(), half)).collect::<Result<_>>()?;
    thread::scope(|scope| {
        for client in &slow {
            scope.spawn(|| leave_when_answered(client));
        }
        let waited = quick_client(server.address(), limits.patience);
        for client in &slow {
            let _ = client.shutdown(Shutdown::Both); // It may have left.
        }
        waited
    })
}

fn slow_client(address: SocketAddr, half: &[u8]) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).context("a slow client can't connect")?;
    stream.write_all(half)?;
    Ok(stream)
}

fn leave_when_answered(mut stream: &TcpStream) {
    let _ = stream.read(&mut [0; 1024]); // It ends with an answer, the connection, or the measurement.
    let _ = stream.shutdown(Shutdown::Both);
}

fn quick_client(address: SocketAddr, patience: Duration) -> Result<Wait> {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).context("the quick client can't connect")?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(WHOLE)?;
    let mut answer = [0; 4096];
    match stream.read(&mut answer) {
        Ok(count) if answer[..count].starts_with(b"HTTP/1.1 200 ") => Ok(Wait::Answered(start.elapsed())),
        Ok(count) => bail!("the quick client got {}", String::from_utf8_lossy(&answer[..count])),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Wait::GivenUp(patience)),
        Err(error) => Err(error).context("the quick client got no answer"),
    }
}
