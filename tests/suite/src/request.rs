//! The requests that many cases send. Most ask for the end of the connection, so that its client can see that too; the
//! `plain` ones say nothing about it.

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
    plain(method, path, &format!("Connection: close\r\n{fields}"))
}

/// A GET that leaves the connection open.
pub fn plain_get(path: &str) -> String {
    plain("GET", path, "")
}

/// A POST with `body` by its length that leaves the connection open.
pub fn plain_post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = plain("POST", path, &format!("Content-Length: {}\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// A request with no body and no fields but Host and these, each with its CRLF.
pub fn plain(method: &str, path: &str, fields: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
}
