//! The body that an application returns: how it is sent, and that it is closed, whatever happens.

use suite::case::Outcome;
use suite::request::{bare, get};
use suite::response::Framing;
use suite::server::Server;

use crate::server::{all, both, program, says, start, text};

both! { "probes:app":
    is_sent_whole_if_it_is_a_list is_sent_in_blocks begins_with_its_first_block answers_an_early_failure_with_500
    cuts_a_response_that_fails_late keeps_to_content_length is_left_out_for_head is_closed_once is_closed_when_the_client_leaves
    survives_an_application_that_ends
}

fn is_sent_whole_if_it_is_a_list(server: &Server) -> Outcome {
    for (path, body) in [("/empty", ""), ("/read", "b''"), ("/several", "ab")] {
        let response = server.exchange(get(path))?;
        assert_eq!((response.body, response.framing), (body.as_bytes().to_vec(), Framing::Length), "{path}");
    }
    Ok(())
}

fn is_sent_in_blocks(server: &Server) -> Outcome {
    let response = server.exchange(get("/generator"))?;
    assert_eq!(response.framing, Framing::Chunked(vec![b"one ".to_vec(), b"two".to_vec()]));
    Ok(())
}

fn begins_with_its_first_block(server: &Server) -> Outcome {
    let response = server.exchange(get("/lazy"))?;
    assert_eq!((response.status, &*response.body), (201, &b"made"[..]));
    Ok(())
}

fn answers_an_early_failure_with_500(server: &Server) -> Outcome {
    for path in ["/fails_first", "/text", "/number", "/close_failed_first", "/exits", "/interrupted", "/recursion"] {
        let response = server.exchange(get(path))?;
        assert_eq!((response.status, &*response.body), (500, &b"500 Internal Server Error\n"[..]), "{path}");
    }
    for part in [
        "    raise ValueError(\"before the first block\")\nValueError: before the first block\n",
        "a block of the body must be bytes, not str",
        "'int' object is not iterable",
        "SystemExit: it wants to end",
        "the application failed: RecursionError: maximum recursion depth exceeded",
    ] {
        says(server, part)?;
    }
    Ok(())
}

fn cuts_a_response_that_fails_late(server: &Server) -> Outcome {
    for path in ["/fails_late", "/exits_late"] {
        assert!(all(server, get(path))?.1, "{path}");
    }
    // A client that came to HTTP/1.0's end of the body would not see that something is missing.
    assert!(all(server, "GET /fails_late HTTP/1.0\r\n\r\n")?.1);
    Ok(())
}

fn keeps_to_content_length(server: &Server) -> Outcome {
    for path in ["/too_long", "/too_long_stream"] {
        let response = server.exchange(get(path))?;
        assert_eq!((response.body.len(), response.framing), (4, Framing::Length), "{path}");
    }
    assert!(all(server, get("/too_short"))?.1);
    Ok(())
}

fn is_left_out_for_head(server: &Server) -> Outcome {
    for path in ["/several", "/generator", "/write", "/close", "/close_endless"] {
        let (received, _) = all(server, bare("HEAD", path, ""))?;
        let end = received.windows(4).position(|window| window == b"\r\n\r\n");
        assert!(received.starts_with(b"HTTP/1.1 200 "), "{path}");
        assert_eq!(end.map(|end| end + 4), Some(received.len()), "{path}: {}", received.escape_ascii());
    }
    closes(server, "closed whole", 1)?;
    closes(server, "closed endless", 1)
}

fn is_closed_once(server: &Server) -> Outcome {
    for (path, said) in [
        ("/close", "closed whole"),
        ("/close_empty", "closed empty"),
        ("/close_failed", "closed failed"),
        ("/close_failed_first", "closed failed first"),
        ("/close_without_start", "closed without start"),
        ("/close_fails", "closed badly"),
        ("/close_iterable", "closed iterable"),
    ] {
        all(server, get(path))?;
        closes(server, said, 1)?;
    }
    Ok(())
}

fn is_closed_when_the_client_leaves(server: &Server) -> Outcome {
    let mut client = server.connect()?;
    client.send(get("/close_endless"))?;
    client.take(100_000);
    client.reset()?;
    closes(server, "closed endless", 1)
}

/// Waits until this line has come so many times; more must not come.
fn closes(server: &Server, line: &str, times: usize) -> Outcome {
    let count = |text: &str| text.lines().filter(|other| *other == line).count();
    server.stderr().wait(server.patience(), |text| count(text) >= times);
    assert_eq!(count(&server.stderr().text()), times, "{line}: {}", server.stderr().text());
    Ok(())
}

fn survives_an_application_that_ends(server: &Server) -> Outcome {
    let before = server.others();
    for path in ["/exits", "/interrupted", "/recursion", "/exits", "/interrupted", "/recursion"] {
        assert_eq!(server.exchange(get(path))?.status, 500, "{path}");
    }
    assert_eq!(text(server, "/several")?, "ab");
    assert_eq!(server.others(), before, "the workers are the same");
    Ok(())
}

/// Inline, up to a megabyte is made before another request has its turn, however slowly the client reads.
#[test]
fn is_made_in_one_go() -> Outcome {
    let server = start(&program("probes:app").knob("WORKERS", "1"))?;
    let mut clients = Vec::new();
    for _ in 0..8 {
        let mut client = server.connect_narrow()?;
        client.send(get("/alone"))?;
        clients.push(client);
    }
    for client in &mut clients {
        assert_eq!(client.status(200)?.body.len(), 900_000);
    }
    Ok(())
}
