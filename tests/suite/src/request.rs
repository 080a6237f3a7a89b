//! The requests that many cases send. All ask for the end of the connection, so that its client can see that too.

/// A GET.
pub fn get(path: &str) -> String {
    bare("GET", path, "")
}

/// A POST with `body` by its length.
pub fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = bare("POST", path, &format!("Content-Length: {}\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// A request with no body and these further fields, each with its CRLF.
pub fn bare(method: &str, path: &str, fields: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n")
}
