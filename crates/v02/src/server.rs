//! The accept loop: one client at a time, forever; and what the server answers.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::connection::{Connection, Received};
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::target::percent_decode;
use crate::knobs::Knobs;
use crate::log;

/// How long the server rests when accept fails, for lack of descriptors for example, so that it doesn't keep a core busy.
const REST: Duration = Duration::from_millis(100);

/// Serves one client after another. If one fails, that is a line on stderr, and the next one is served.
pub(crate) fn run(listener: &TcpListener, knobs: &Knobs) -> ! {
    loop {
        match listener.accept() {
            Ok((stream, peer)) => {
                if let Err(error) = serve(stream, peer, knobs) {
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

/// One connection: a request, a response.
fn serve(stream: TcpStream, peer: SocketAddr, knobs: &Knobs) -> io::Result<()> {
    let mut connection = Connection::new(stream, knobs.timeout);
    let (line, response) = match connection.receive()? {
        Received::Request(request) => (request.line.clone(), answer(request)),
        Received::Refused(refusal) => (connection.line().to_vec(), Response::refusal(refusal)),
        Received::Nothing => return Ok(()),
    };
    let is_head = line.starts_with(b"HEAD ");
    connection.send(&response.bytes(is_head))?;
    if knobs.log {
        let count = if is_head { 0 } else { response.body.len() };
        log::request(peer, &line, response.status, count as u64);
    }
    connection.close();
    Ok(())
}

/// The responses of this version are built in: a greeting at `/`, and at `/echo` the body that was sent.
fn answer(request: Request) -> Response {
    let (allow, body) = match percent_decode(&request.path).as_slice() {
        b"/" => ("GET, HEAD", b"Hello, World!".to_vec()),
        b"/echo" => ("POST", request.body),
        b"*" => ("GET, HEAD, POST", Vec::new()),
        _ => ("", Vec::new()),
    };
    let status = match request.method.as_str() {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE" if allow.is_empty() => {
            "404 Not Found"
        }
        "OPTIONS" => return Response { status: "200 OK", allow, body: Vec::new() },
        method if allow.split(", ").any(|allowed| allowed == method) => {
            return Response { status: "200 OK", allow: "", body };
        }
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "TRACE" => "405 Method Not Allowed",
        _ => "501 Not Implemented",
    };
    Response { status, allow, body: status.into() }
}
