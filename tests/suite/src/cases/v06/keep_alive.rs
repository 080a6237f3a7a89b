//! The connection that takes request after request, and when it ends (RFC 9112 9.3, 9.6).

use nix::sys::signal::Signal;

use crate::bench::Bench;
use crate::case::{Outcome, require};
use crate::cases::v02::has_body;
use crate::client::Client;
use crate::request::{get, plain, plain_get, plain_post, post};
use crate::response::{Framing, Response};
use crate::server::Server;

/// Sends a request and sees its answer, after which the connection goes on.
pub(crate) fn goes_on(client: &mut Client) -> Outcome {
    client.send(plain_get("/"))?;
    does_not_close(&client.status(200)?)
}

/// Sends the last request of a connection, and sees that nothing comes but its answer and the end.
pub(crate) fn ends_well(client: &mut Client) -> Outcome {
    client.send(post("/echo", b"the last one"))?;
    let response = client.response()?;
    has_body(&response, b"the last one")?;
    client.closes()
}

/// Requires that the response does not say that it is the last one. Whether the connection goes on, only the next request
/// shows: HTTP/1.1 asks for no word about it (RFC 9112 9.3).
pub(crate) fn does_not_close(response: &Response) -> Outcome {
    let value = response.field("Connection").unwrap_or_default();
    let closes = value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
    require(!closes, "a connection that goes on", || format!("Connection: {value}, on a {}", response.status))
}

/// Requires that the response has one Connection field with this word alone.
pub(crate) fn says(response: &Response, word: &str) -> Outcome {
    let values = response.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
    let values: Vec<_> = values.map(|(_, value)| value.as_str()).collect();
    let came = || match &values[..] {
        [] => format!("no Connection field, on a {}", response.status),
        _ => format!("{}, on a {}", values.join(" and "), response.status),
    };
    require(values.len() == 1 && values[0].eq_ignore_ascii_case(word), format!("Connection: {word}"), came)
}

pub(crate) fn keeps_a_connection_for_more_requests(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    for number in 0..10 {
        let body = format!("body {number}");
        client.send(plain_post("/echo", body.as_bytes()))?;
        let response = client.response()?;
        has_body(&response, body.as_bytes())?;
        does_not_close(&response)?;
    }
    ends_well(&mut client)
}

pub(crate) fn keeps_an_http_1_0_connection_when_asked(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for field in
        ["Connection: keep-alive", "Connection: Keep-Alive", "Connection: x-word, keep-alive", "connection:KEEP-ALIVE"]
    {
        let mut client = server.connect()?;
        for _ in 0..2 {
            client.send(format!("GET / HTTP/1.0\r\n{field}\r\n\r\n"))?;
            says(&client.status(200)?, "keep-alive")?;
        }
        client.send("GET / HTTP/1.0\r\n\r\n")?;
        client.status(200)?;
        client.closes()?;
    }
    Ok(())
}

pub(crate) fn closes_when_the_client_says_so(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let fields = [
        "Connection: close\r\n",
        "connection:CLOSE\r\n",
        "Connection: keep-alive, close\r\n",
        "Connection: Close ,keep-alive\r\n",
        "Connection: ,, x-word,\tclose\r\n",
        "Connection: keep-alive\r\nX-Between: y\r\nConnection: close\r\n",
        "Connection: close\r\nConnection: keep-alive\r\n",
    ];
    let requests = fields.map(|fields| plain("GET", "/", fields));
    let old = ["GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"].map(str::to_owned);
    for request in requests.iter().chain(&old) {
        let mut client = server.connect()?;
        client.send(format!("{request}{}", get("/no/such/page")))?; // This one is not read.
        client.status(200)?;
        client.closes()?;
    }
    Ok(())
}

/// The words in both cases, so that a client of HTTP/1.0 or a person need not know the version's default.
pub(crate) fn says_whether_a_connection_goes_on(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    for path in ["/", "/stream", "/no/such/page", "/panic"] {
        client.send(plain_get(path))?;
        says(&client.response()?, "keep-alive")?;
    }
    client.send(get("/"))?;
    says(&client.status(200)?, "close")?;
    for request in
        ["GET / HTTP/1.0\r\n\r\n", "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"]
    {
        says(&server.exchange(request)?, "close")?;
    }
    Ok(())
}

pub(crate) fn reads_connection_as_a_list_of_words(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for value in ["x-word", "closed", "not-close", "x-close, x-word", "", "keep-alive, upgrade", "\"close\""] {
        let mut client = server.connect()?;
        client.send(plain("GET", "/", &format!("Connection: {value}\r\n")))?;
        does_not_close(&client.status(200)?)?;
        ends_well(&mut client)?;
    }
    Ok(())
}

pub(crate) fn ends_a_stream_to_http_1_0_with_the_connection(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for fields in ["", "Connection: keep-alive\r\n"] {
        let mut client = server.connect()?;
        client.send(format!("GET /stream HTTP/1.0\r\n{fields}\r\n"))?;
        let response = client.status(200)?;
        let framing = &response.framing;
        require(*framing == Framing::Close, "a body that ends with the connection", || format!("{framing:?}"))?;
        client.closes()?;
    }
    Ok(())
}

pub(crate) fn logs_each_request_of_a_connection(bench: &Bench) -> Outcome {
    let mut server = bench.server()?;
    let mut client = server.connect()?;
    let paths = ["/?first", "/no/such/page", "/?third"];
    client.send(format!("{}{}", plain_get(paths[0]), plain_get(paths[1])))?;
    client.status(200)?;
    client.status(404)?;
    client.send(get(paths[2]))?;
    client.status(200)?;
    client.closes()?;
    let peer = client.address()?.to_string();
    stop(&mut server)?;
    let text = server.stderr().wait(server.patience(), |_| false);
    let lines: Vec<_> = text.lines().filter(|line| line.contains(&peer)).collect();
    let expected = format!("a line on stderr for each of the three requests of {peer}, in their order");
    require(lines.len() == paths.len(), &expected, || format!("{} lines in {text:?}", lines.len()))?;
    for ((line, path), status) in lines.iter().zip(paths).zip(["200", "404", "200"]) {
        let right = line.contains(&format!("GET {path} HTTP/1.1")) && line.contains(status);
        require(right, &expected, || line)?;
    }
    Ok(())
}

fn stop(server: &mut Server) -> Outcome {
    server.signal(Signal::SIGTERM);
    server.ends().map(drop)
}
