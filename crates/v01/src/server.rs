//! The accept loop: one client at a time, forever.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::knobs::Knobs;
use crate::log;

/// How long the server rests when accept fails, for lack of descriptors for example, so that it doesn't keep a core busy.
const REST: Duration = Duration::from_millis(100);

/// Serves one client after another. If one fails, that is a line on stderr, and the next one is served.
pub(crate) fn run(listener: &TcpListener, knobs: &Knobs) -> ! {
    loop {
        match listener.accept() {
            Ok((stream, peer)) => {
                if let Err(error) = echo(stream, peer, knobs) {
                    log::line(format_args!("{peer} connection lost: {error}"));
                }
            }
            Err(error) => {
                log::line(format_args!("accept failed: {error}"));
                thread::sleep(REST);
            }
        }
    }
}

/// One read, one write. The end of the function drops `stream`, and that closes the connection.
fn echo(mut stream: TcpStream, peer: SocketAddr, knobs: &Knobs) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let count = stream.read(&mut buffer)?;
    if count == 0 {
        return Ok(()); // The client left without sending anything.
    }
    let request = &buffer[..count];

    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    let mut response = format!("{head}Content-Length: {count}\r\n\r\n").into_bytes();
    response.extend_from_slice(request);
    stream.write_all(&response)?;

    if knobs.log {
        let line = request.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or_default();
        log::request(peer, line, 200, count as u64);
    }
    Ok(())
}
