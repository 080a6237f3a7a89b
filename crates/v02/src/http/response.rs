//! A response, as bytes: the status line, the fields and the body (RFC 9112 4 and 6).

use crate::http::date;
use crate::http::refusal::Refusal;

pub(crate) struct Response {
    /// Such as `200 OK`.
    pub(crate) status: &'static str,
    /// The methods that the path allows, for the Allow field (RFC 9110 10.2.1); if empty, there is no such field.
    pub(crate) allow: &'static str,
    /// Plain text.
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn refusal(refusal: Refusal) -> Response {
        let body = format!("{}: {}\n", refusal.status, refusal.reason).into_bytes();
        Response { status: refusal.status, allow: "", body }
    }

    /// The whole response. A response to HEAD is the same without its body, which the head still describes (RFC 9110 9.3.2).
    pub(crate) fn bytes(&self, is_head: bool) -> Vec<u8> {
        let Response { status, allow, body } = self;
        let allow = if allow.is_empty() { String::new() } else { format!("Allow: {allow}\r\n") };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n{allow}Content-Length: {}\r\nServer: zepper\r\n\
             Date: {}\r\nConnection: close\r\n\r\n",
            body.len(),
            date::now()
        );
        let sent: &[u8] = if is_head { b"" } else { body };
        [head.as_bytes(), sent].concat()
    }
}
