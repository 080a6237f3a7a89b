//! The environ as a dictionary.

use std::net::SocketAddr;

use super::Environ;
use crate::http::parser::Parser;

#[test]
fn each_variable_is_there_once() {
    let repeated = "Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\nX: 1\r\nx: 2\r\nCookie: a\r\nCookie: b\r\n";
    let mut parser = Parser::new(1 << 24);
    parser.feed(format!("POST / HTTP/1.1\r\nHost: a\r\n{repeated}\r\n0\r\n\r\n").as_bytes());
    let request = parser.next().expect("a valid request").expect("a complete request");
    let address = "127.0.0.1:8888".parse::<SocketAddr>().expect("an address").into();
    let environ = Environ::new(request, address, address, false);
    for (name, _) in environ.iter() {
        assert_eq!(environ.iter().filter(|(other, _)| *other == name).count(), 1, "{name}");
    }
    assert_eq!(environ.get("CONTENT_LENGTH"), Some(&b"0"[..]));
}
