//! Servers that send without end.

use std::net::TcpListener;

use super::*;
use crate::program::PATIENCE;

/// A client of a server that sends `start`, and then `more` without end.
fn flooded<T>(start: &[u8], more: &[u8], patience: Duration, work: impl FnOnce(Client) -> T) -> T {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept()?;
            stream.write_all(start)?;
            while stream.write_all(more).is_ok() {} // Until the client has gone.
            Ok::<(), io::Error>(())
        });
        let mut client = Client::connect(address, PATIENCE, &Record::default()).expect("a connection");
        client.patience = patience;
        work(client)
    })
}

fn came<T>(outcome: Outcome<T>) -> String {
    let Err(Stop::Failed(failure)) = outcome else { panic!("a failure of the server") };
    failure.came
}

#[test]
fn an_answer_without_end_is_a_failure() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n";
    let (kept, said) = flooded(head, &[b'x'; 1 << 16], PATIENCE, |mut client| {
        let said = came(client.response());
        (client.received.len(), said)
    });
    assert!(said.ends_with("the server keeps sending"), "{said}");
    assert!(kept <= MOST + 2 * AT_ONCE, "{kept} bytes are kept");
}

#[test]
fn an_answer_that_takes_too_long_is_a_failure_though_bytes_come() {
    let said = flooded(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", Duration::ZERO, |mut client| came(client.response()));
    assert!(said.contains("the server keeps sending"), "{said}");
}

#[test]
fn interim_answers_without_end_are_a_failure() {
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    let said = flooded(interim, interim, Duration::from_millis(50), |mut client| came(client.final_response()));
    assert!(said.contains("the server keeps sending"), "{said}");
}
