//! What an application gets: the environ and the input.

use suite::case::Outcome;
use suite::request::{bare, get, post};
use suite::server::Server;

use crate::server::{both, inline, program, start, text, threaded};

both! { "probes:app":
    describes_the_request joins_repeated_fields hides_fields_with_underscores holds_texts is_the_requests_own
    has_a_context_of_its_own reads_the_input reads_a_chunked_body asks_for_a_body_that_waits never_calls_with_half_a_body
}

/// The value of a variable, as Python shows it.
fn variable(server: &Server, request: impl AsRef<[u8]>, name: &str) -> Outcome<Option<String>> {
    let response = server.exchange(request)?;
    let text = String::from_utf8_lossy(&response.body).into_owned();
    Ok(text.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")).map(str::to_owned)))
}

fn describes_the_request(server: &Server) -> Outcome {
    for (path, name, value) in [
        ("/environ/a%20b%2Fc%E4%C3%BC?d=%20", "PATH_INFO", "'/environ/a b/cäÃ¼'"),
        ("/environ/%C3%BC", "PATH_INFO", "'/environ/Ã¼'"),
        ("/environ/a?d=%20&e", "QUERY_STRING", "'d=%20&e'"),
        ("/environ", "QUERY_STRING", "''"),
        ("/environ", "SCRIPT_NAME", "''"),
        ("/environ", "REQUEST_METHOD", "'GET'"),
        ("/environ", "SERVER_PROTOCOL", "'HTTP/1.1'"),
        ("/environ", "SERVER_NAME", "'127.0.0.1'"),
        ("/environ", "REMOTE_ADDR", "'127.0.0.1'"),
        ("/environ", "HTTP_HOST", "'localhost'"),
        ("/environ", "wsgi.version", "(1, 0)"),
        ("/environ", "wsgi.url_scheme", "'http'"),
        ("/environ", "wsgi.multiprocess", "True"),
        ("/environ", "wsgi.run_once", "False"),
        ("/environ", "wsgi.input_terminated", "True"),
    ] {
        assert_eq!(variable(server, get(path), name)?.as_deref(), Some(value), "{name} of {path}");
    }
    let port = format!("'{}'", server.address().port());
    assert_eq!(variable(server, get("/environ"), "SERVER_PORT")?, Some(port));
    for name in ["CONTENT_LENGTH", "CONTENT_TYPE"] {
        assert_eq!(variable(server, get("/environ"), name)?, None, "{name}");
    }
    let fields = "Content-Type: a/b\r\nX-Name: Andr\u{e9}\r\n".chars().map(|it| it as u8).collect::<Vec<_>>();
    let request = [b"GET /environ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", &*fields, b"\r\n"].concat();
    assert_eq!(variable(server, &request, "CONTENT_TYPE")?.as_deref(), Some("'a/b'"));
    assert_eq!(variable(server, &request, "HTTP_X_NAME")?.as_deref(), Some("'André'"));
    Ok(())
}

fn joins_repeated_fields(server: &Server) -> Outcome {
    let request = bare("GET", "/environ", "X-A: 1\r\nCookie: a=1\r\nX-A: 2\r\nCookie: b=2\r\n");
    assert_eq!(variable(server, &request, "HTTP_X_A")?.as_deref(), Some("'1,2'"));
    assert_eq!(variable(server, &request, "HTTP_COOKIE")?.as_deref(), Some("'a=1; b=2'"));
    Ok(())
}

fn hides_fields_with_underscores(server: &Server) -> Outcome {
    let request = bare("GET", "/environ", "X_Forwarded_For: 1.2.3.4\r\nProxy: evil\r\n");
    assert_eq!(variable(server, &request, "HTTP_X_FORWARDED_FOR")?, None);
    assert_eq!(variable(server, &request, "HTTP_PROXY")?, None);
    Ok(())
}

fn holds_texts(server: &Server) -> Outcome {
    assert_eq!(text(server, "/types")?, "dict []");
    Ok(())
}

fn is_the_requests_own(server: &Server) -> Outcome {
    for _ in 0..10 {
        assert_eq!(text(server, "/fresh")?, "False");
    }
    Ok(())
}

/// Of context variables (PEP 567), its body sees what the call has set, and the call nothing of other requests.
fn has_a_context_of_its_own(server: &Server) -> Outcome {
    for number in 0..10 {
        assert_eq!(text(server, &format!("/context?{number}"))?, format!("unset, then {number}"));
    }
    Ok(())
}

fn reads_the_input(server: &Server) -> Outcome {
    for (path, expected) in [
        ("/read", r"b'one\ntwo\nthree'"),
        ("/pieces", r"[b'one', b'\ntw', b'o\nt', b'hre', b'e']"),
        ("/lines", r"[b'one\n', b'two', [b'\n', b'three'], b'']"),
        ("/iterate", r"[b'one\n', b'two\n', b'three']"),
    ] {
        let response = server.exchange(post(path, b"one\ntwo\nthree"))?;
        assert_eq!(String::from_utf8_lossy(&response.body), expected, "{path}");
    }
    Ok(())
}

fn reads_a_chunked_body(server: &Server) -> Outcome {
    let head = bare("POST", "/read", "Transfer-Encoding: chunked\r\n");
    let response = server.exchange(head + "3\r\none\r\n4;x=y\r\n two\r\n0\r\n\r\n")?;
    assert_eq!(String::from_utf8_lossy(&response.body), "b'one two'");
    let head = bare("POST", "/environ", "Transfer-Encoding: chunked\r\n");
    let request = head + "3\r\none\r\n0\r\n\r\n";
    assert_eq!(variable(server, &request, "CONTENT_LENGTH")?.as_deref(), Some("'3'"));
    Ok(())
}

fn asks_for_a_body_that_waits(server: &Server) -> Outcome {
    let mut client = server.connect()?;
    client.send(bare("POST", "/read", "Expect: 100-continue\r\nContent-Length: 4\r\n"))?;
    client.status(100)?;
    client.send("body")?;
    assert_eq!(client.status(200)?.body, b"b'body'");
    Ok(())
}

fn never_calls_with_half_a_body(server: &Server) -> Outcome {
    let head = bare("POST", "/read", "Content-Length: 10\r\n");
    let mut client = server.connect()?;
    client.send(head + "half")?;
    client.finish();
    client.status(400)?;
    for body in ["3\r\nonetwo\r\n0\r\n\r\n", "zz\r\none\r\n0\r\n\r\n", "3\none\n0\n\n"] {
        let head = bare("POST", "/read", "Transfer-Encoding: chunked\r\n");
        assert_eq!(server.exchange(head + body)?.status, 400, "{body:?}");
    }
    Ok(())
}

/// The only variable that is not the same with threads.
#[test]
fn says_whether_there_are_threads() -> Outcome {
    for (threads, expected) in [("0", "False"), ("1", "False"), ("2", "True")] {
        let server = start(&program("probes:app").knob("THREADS", threads))?;
        assert_eq!(variable(&server, get("/environ"), "wsgi.multithread")?.as_deref(), Some(expected));
    }
    Ok(())
}

/// An input, an environ and a body as wsgiref's validator wants them.
#[test]
fn satisfies_the_validator() -> Outcome {
    for program in [inline("validated:app"), threaded("validated:app")] {
        let server = start(&program)?;
        for path in ["/", "/?a=b", "/generator", "/write"] {
            assert_eq!(server.exchange(get(path))?.status, 200, "{path}");
        }
        assert_eq!(server.exchange(bare("HEAD", "/generator", ""))?.status, 200);
        for path in ["/read", "/readline", "/readlines", "/iterate"] {
            let response = server.exchange(post(path, b"one\ntwo\n"))?;
            assert_eq!((response.status, &*response.body), (200, &b"one\ntwo\n"[..]), "{path}");
        }
        let stderr = server.stderr().text();
        assert!(!stderr.contains("Error") && !stderr.contains("Warning"), "{stderr}");
    }
    Ok(())
}
