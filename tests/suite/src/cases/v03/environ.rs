//! What an application learns of a request (PEP 3333, "environ Variables"), as the page /environ prints it.

use std::fmt::Display;

use super::responses::has_status;
use crate::bench::Bench;
use crate::case::{Outcome, failed, require};
use crate::request::{bare, get, post};
use crate::response::Response;
use crate::server::Server;

/// The variables that /environ printed, in its order.
pub(crate) struct Environ(Vec<(String, String)>);

impl Environ {
    /// What /environ prints for `request`.
    pub(crate) fn of(server: &Server, request: impl AsRef<[u8]>) -> Outcome<Environ> {
        server.placed(b"GET /environ ")?; // `request` may ask for it by another name.
        Environ::in_answer(&server.exchange(request)?)
    }

    fn in_answer(response: &Response) -> Outcome<Environ> {
        has_status(response, 200)?;
        let text = String::from_utf8_lossy(&response.body);
        let variable = |line: &str| {
            // An empty value may have lost the space before it.
            let (name, value) = line.split_once(": ").or(line.strip_suffix(':').map(|name| (name, "")))?;
            Some((name.to_owned(), value.to_owned()))
        };
        let parsed = |line| variable(line).ok_or_else(|| failed("lines of the form `NAME: value`", line));
        Ok(Environ(text.lines().map(parsed).collect::<Outcome<_>>()?))
    }

    /// The variable's value. One that is missing counts as empty, as PEP 3333 has it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// Requires that the variable has this value.
    pub(crate) fn has(&self, name: &str, value: impl Display) -> Outcome {
        let (value, came) = (value.to_string(), self.get(name));
        require(came == value, format!("{name}: {value}"), || format!("{name}: {came}"))
    }

    /// Requires that there is no such variable.
    fn lacks(&self, name: &str) -> Outcome {
        let there = self.0.iter().any(|(other, _)| other == name);
        require(!there, format!("no variable {name}"), || format!("{name}: {}", self.get(name)))
    }
}

pub(crate) fn tells_an_application_of_the_request(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let environ = Environ::of(&server, get("/enviro%6e?a=b%20c&d=%2F+?"))?;
    environ.has("REQUEST_METHOD", "GET")?;
    environ.has("SCRIPT_NAME", "")?;
    environ.has("PATH_INFO", "/environ")?;
    environ.has("QUERY_STRING", "a=b%20c&d=%2F+?")?;
    let environ = Environ::of(&server, post("/environ", b""))?;
    environ.has("REQUEST_METHOD", "POST")?;
    environ.has("QUERY_STRING", "")
}

pub(crate) fn tells_an_application_of_the_protocol(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    for version in ["HTTP/1.1", "HTTP/1.0"] {
        let environ = Environ::of(&server, get("/environ").replace("HTTP/1.1", version))?;
        environ.has("SERVER_PROTOCOL", version)?;
    }
    Ok(())
}

pub(crate) fn tells_an_application_both_addresses(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let mut client = server.connect()?;
    let own = client.address()?;
    client.send(get("/environ"))?;
    let environ = Environ::in_answer(&client.final_response()?)?;
    environ.has("REMOTE_ADDR", own.ip())?;
    if bench.is_strict() || !environ.get("REMOTE_PORT").is_empty() {
        environ.has("REMOTE_PORT", own.port())?; // RFC 3875 does not know it.
    }
    environ.has("SERVER_PORT", server.address().port())?;
    let name = environ.get("SERVER_NAME");
    require(!name.is_empty(), "SERVER_NAME with the server's name or address", || "none")
}

pub(crate) fn tells_an_application_of_the_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let request = bare("POST", "/environ", "content-type: text/x-test; a=b\r\nContent-Length: 5\r\n") + "hello";
    let environ = Environ::of(&server, request)?;
    environ.has("CONTENT_TYPE", "text/x-test; a=b")?;
    environ.has("CONTENT_LENGTH", 5)?;
    environ.lacks("HTTP_CONTENT_TYPE")?;
    environ.lacks("HTTP_CONTENT_LENGTH")
}

pub(crate) fn tells_the_length_of_a_chunked_body(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let chunks = "3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n";
    let request = bare("POST", "/environ", "Transfer-Encoding: chunked\r\n") + chunks;
    let environ = Environ::of(&server, request)?;
    environ.has("CONTENT_LENGTH", 5)?;
    environ.lacks("HTTP_TRANSFER_ENCODING")
}

pub(crate) fn passes_fields_on(bench: &Bench) -> Outcome {
    let fields = "aCCept:text/html\r\nX-One-Two:  a  b,c: d \t\r\nX-Empty:\r\nUser-Agent: test/1\r\n";
    let environ = Environ::of(&bench.server()?, bare("GET", "/environ", fields))?;
    environ.has("HTTP_ACCEPT", "text/html")?;
    environ.has("HTTP_X_ONE_TWO", "a  b,c: d")?;
    environ.has("HTTP_X_EMPTY", "")?;
    environ.has("HTTP_USER_AGENT", "test/1")?;
    environ.has("HTTP_HOST", "localhost")
}

pub(crate) fn passes_no_doubtful_names_on(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let environ = Environ::of(&server, bare("GET", "/environ", "X_Role: admin\r\nProxy: http://evil.example\r\n"))?;
    environ.lacks("HTTP_X_ROLE")?;
    environ.lacks("HTTP_PROXY")?;
    let fields = "X_Role: admin\r\nX-Role: guest\r\nX_Role: root\r\nContent_Length: 7\r\n";
    let environ = Environ::of(&server, bare("GET", "/environ", fields))?;
    environ.has("HTTP_X_ROLE", "guest")?;
    environ.lacks("HTTP_CONTENT_LENGTH")
}

pub(crate) fn joins_fields_that_come_again(bench: &Bench) -> Outcome {
    let fields = "X-List: a\r\nCookie: a=1\r\nX-Other: z\r\nx-list: b\r\nCOOKIE: b=2\r\nX-List: c\r\n";
    let environ = Environ::of(&bench.server()?, bare("GET", "/environ", fields))?;
    let list = environ.get("HTTP_X_LIST");
    let parts: Vec<_> = list.split(',').map(str::trim).collect();
    require(parts == ["a", "b", "c"], "HTTP_X_LIST: a,b,c", || format!("HTTP_X_LIST: {list}"))?;
    environ.has("HTTP_COOKIE", "a=1; b=2")?;
    environ.has("HTTP_X_OTHER", "z")
}

pub(crate) fn prefers_the_host_of_the_target(bench: &Bench) -> Outcome {
    let environ = Environ::of(&bench.server()?, get("http://other.example:81/environ?a"))?;
    environ.has("HTTP_HOST", "other.example:81")?;
    environ.has("PATH_INFO", "/environ")?;
    environ.has("QUERY_STRING", "a")
}

pub(crate) fn knows_the_host_of_an_http_1_0_target(bench: &Bench) -> Outcome {
    let environ = Environ::of(&bench.server()?, "GET http://other.example/environ HTTP/1.0\r\n\r\n")?;
    environ.has("HTTP_HOST", "other.example")
}

pub(crate) fn has_the_variables_of_wsgi(bench: &Bench) -> Outcome {
    let environ = Environ::of(&bench.server()?, get("/environ"))?;
    // `1.0` or, as Python prints it, `(1, 0)`.
    let version = environ.get("wsgi.version");
    let digits: String = version.chars().filter(char::is_ascii_digit).collect();
    require(digits == "10", "wsgi.version: 1.0", || format!("wsgi.version: {version}"))?;
    environ.has("wsgi.url_scheme", "http")?;
    for name in ["wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once"] {
        let value = environ.get(name);
        let is_bool = ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
        require(is_bool, format!("{name}: true or false"), || format!("{name}: {value}"))?;
    }
    for name in ["wsgi.input", "wsgi.errors"] {
        let there = environ.0.iter().any(|(other, _)| other == name);
        require(there, format!("a variable {name}"), || "none")?;
    }
    Ok(())
}

pub(crate) fn sorts_the_environ(bench: &Bench) -> Outcome {
    let fields = "X-Zebra: 1\r\nAccept: 2\r\nX-Ant: 3\r\nX-Ant: 4\r\n";
    let environ = Environ::of(&bench.server()?, bare("GET", "/environ", fields))?;
    let names: Vec<_> = environ.0.iter().map(|(name, _)| name.as_str()).collect();
    require(names.is_sorted_by(|one, next| one < next), "names in order, each once", || names.join(", "))
}

pub(crate) fn forgets_the_request_before(bench: &Bench) -> Outcome {
    let server = bench.server()?;
    let fields = "X-First: 1\r\nCookie: a=b\r\nContent-Type: text/x-first\r\nContent-Length: 5\r\n";
    for _ in 0..4 {
        Environ::of(&server, bare("POST", "/environ?first", fields) + "hello")?;
        let environ = Environ::of(&server, get("/environ"))?;
        for name in ["HTTP_X_FIRST", "HTTP_COOKIE"] {
            environ.lacks(name)?;
        }
        environ.has("QUERY_STRING", "")?;
        let kind = environ.get("CONTENT_TYPE");
        let right = if bench.is_strict() { kind.is_empty() } else { kind != "text/x-first" };
        require(right, "no CONTENT_TYPE of the request before", || kind)?;
        let length = environ.get("CONTENT_LENGTH");
        require(["", "0"].contains(&length), "no CONTENT_LENGTH for a GET", || format!("CONTENT_LENGTH: {length}"))?;
        environ.has("REQUEST_METHOD", "GET")?;
    }
    Ok(())
}
