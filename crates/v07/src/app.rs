//! The applications, by name. One of your own is a function here, and a line in the table.

mod processes;

use std::io::{Read, Write};
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::address::Address;
use crate::knobs::Knobs;
use crate::python;
use crate::runtime;
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{Application, Body, StartResponse};

const APPLICATIONS: &[(&str, &dyn Application)] = &[("site", &site), ("hello", &hello)];

/// An application that was chosen, and is loaded in each worker.
#[derive(Clone, Copy)]
pub(crate) enum Choice {
    BuiltIn(&'static dyn Application),
    /// `module:callable`
    Python(&'static str),
}

/// The application with that name.
pub(crate) fn find(name: &str) -> Result<Choice> {
    if let Some((module, path)) = name.split_once(':') {
        let is_name = |name: &str| name.split('.').all(|part| !part.is_empty());
        if !is_name(module) || !is_name(path.strip_suffix("()").unwrap_or(path)) {
            bail!("{name} is not module:callable, such as flaskapp:app or package.module:factory()");
        }
        return Ok(Choice::Python(name.to_owned().leak()));
    }
    let found = APPLICATIONS.iter().find(|(known, _)| *known == name);
    let (_, application) = found.with_context(|| {
        let names: Vec<_> = APPLICATIONS.iter().map(|(known, _)| *known).collect();
        format!("there is no application {name}; give one of these: {}, or module:callable", names.join(", "))
    })?;
    Ok(Choice::BuiltIn(*application))
}

impl Choice {
    /// Loads it into this process, for as long as the process lasts. `server` is the server's address.
    pub(crate) fn load(self, knobs: &Knobs, server: Address) -> Result<&'static dyn Application> {
        match self {
            Choice::BuiltIn(application) => Ok(application),
            Choice::Python(name) => Ok(Box::leak(python::load(name, knobs, server)?)),
        }
    }
}

/// Answers every request with a greeting.
async fn hello(_: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    start_response.call("200 OK", &[("Content-Type", "text/plain")], None)?;
    Ok(Body::from("Hello, World!"))
}

/// A page to try at each path; the one at `/` lists them.
async fn site(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let (methods, page): (&str, &dyn Application) = match &environ["PATH_INFO"] {
        b"/" => ("GET, HEAD", &index),
        b"/echo" => ("POST", &echo),
        b"/environ" => ("GET, HEAD, POST", &show_environ),
        b"/processes" => ("GET, HEAD", &show_processes),
        b"/stream" => ("GET, HEAD", &stream),
        b"/panic" => ("GET, HEAD", &panic),
        b"/orphan" => ("GET, HEAD", &orphan),
        path if path.starts_with(b"/sleep/") => ("GET, HEAD", &sleep),
        path if path.starts_with(b"/spin/") => ("GET, HEAD", &spin),
        path if path.starts_with(b"/pool/") => ("GET, HEAD", &pool),
        b"*" => ("GET, HEAD, POST", &index),
        _ => ("", &index),
    };
    let status = match &environ["REQUEST_METHOD"] {
        b"GET" | b"HEAD" | b"POST" | b"PUT" | b"PATCH" | b"DELETE" | b"OPTIONS" | b"TRACE" if methods.is_empty() => {
            "404 Not Found"
        }
        b"OPTIONS" => "204 No Content",
        method if methods.split(", ").any(|one| one.as_bytes() == method) => {
            return page.call(environ, start_response).await;
        }
        b"GET" | b"HEAD" | b"POST" | b"PUT" | b"PATCH" | b"DELETE" | b"TRACE" => "405 Method Not Allowed",
        _ => "501 Not Implemented",
    };
    let mut headers = vec![("Content-Type", "text/plain")];
    if !methods.is_empty() {
        headers.push(("Allow", methods));
    }
    start_response.call(status, &headers, None)?;
    Ok(Body::from(status))
}

async fn index(_: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    start_response.call("200 OK", &[("Content-Type", "text/html; charset=utf-8")], None)?;
    Ok(Body::from(include_str!("app/index.html")))
}

/// The body of the request.
async fn echo(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let mut body = Vec::new();
    environ.input.read_to_end(&mut body)?;
    start_response.call("200 OK", &[("Content-Type", "application/octet-stream")], None)?;
    Ok(Body::from(body))
}

/// Every variable of the environ, sorted. `wsgi.input` and `wsgi.errors` aren't text: a word takes their place.
async fn show_environ(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let objects: [(&str, &[u8]); 2] = [("wsgi.input", b"<body>"), ("wsgi.errors", b"<stderr>")];
    let line = |(name, value): (&str, &[u8])| [name.as_bytes(), b": ", value, b"\n"].concat();
    let mut lines: Vec<_> = environ.iter().chain(objects).map(line).collect();
    lines.sort();
    start_response.call("200 OK", &[("Content-Type", "text/plain")], None)?;
    Ok(Body::from(lines.concat()))
}

/// The server's processes: JSON for clients that ask for it, the page at `/` for a browser, a table for other clients. Reading
/// files blocks: that is for the pool.
async fn show_processes(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let accept = String::from_utf8_lossy(environ.get("HTTP_ACCEPT").unwrap_or_default()).to_ascii_lowercase();
    let asks_for_json = accept.contains("application/json");
    if !asks_for_json && accept.contains("text/html") {
        return index(environ, start_response).await;
    }
    let list = runtime::blocking(|| processes::list(["master", "worker"])).await?;
    let (kind, body) = if asks_for_json {
        ("application/json", processes::json(&list))
    } else {
        ("text/plain; charset=utf-8", processes::table(&list))
    };
    start_response.call(
        "200 OK",
        &[("Content-Type", kind), ("Vary", "Accept"), ("Cache-Control", "no-store")],
        None,
    )?;
    Ok(Body::from(body.into_bytes()))
}

/// Sleeps for so many milliseconds as the path says: the application that takes long. It gives way to others.
async fn sleep(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let Some(duration) = milliseconds(environ) else { return no_duration(start_response) };
    runtime::sleep(duration).await;
    start_response.call("200 OK", &[("Content-Type", "text/plain")], None)?;
    Ok(Body::from(format!("process {} slept for {} ms\n", process::id(), duration.as_millis()).into_bytes()))
}

/// Computes for that many milliseconds without giving way: until then its worker serves no other client.
async fn spin(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let Some(duration) = milliseconds(environ) else { return no_duration(start_response) };
    compute(duration);
    start_response.call("200 OK", &[("Content-Type", "text/plain")], None)?;
    Ok(Body::from(format!("process {} computed for {} ms\n", process::id(), duration.as_millis()).into_bytes()))
}

/// Does what `/spin` does in a thread of the runtime's pool, and gives way to others.
async fn pool(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let Some(duration) = milliseconds(environ) else { return no_duration(start_response) };
    runtime::blocking(move || compute(duration)).await;
    start_response.call("200 OK", &[("Content-Type", "text/plain")], None)?;
    Ok(Body::from(format!("process {} computed for {} ms\n", process::id(), duration.as_millis()).into_bytes()))
}

fn compute(duration: Duration) {
    let end = Instant::now() + duration;
    while Instant::now() < end {}
}

/// The MS of a path like /sleep/MS: a number of milliseconds, up to a minute.
fn milliseconds(environ: &Environ) -> Option<Duration> {
    let digits = environ["PATH_INFO"].splitn(3, |&byte| byte == b'/').nth(2)?;
    let duration = Duration::from_millis(str::from_utf8(digits).ok()?.parse().ok()?);
    (duration <= Duration::from_secs(60)).then_some(duration)
}

fn no_duration(start_response: &mut dyn StartResponse) -> Result<Body> {
    start_response.call("404 Not Found", &[("Content-Type", "text/plain")], None)?;
    Ok(Body::from("the last part of the path is not a number of milliseconds, up to a minute\n"))
}

/// A body in blocks, with a pause before each but the first, so that one can see them come: `curl -N`.
async fn stream(_: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    start_response.call("200 OK", &[("Content-Type", "text/plain")], None)?;
    let mut number = 0;
    Ok(Body::Blocks(Box::new(async move || {
        number += 1;
        if number > 1 {
            runtime::sleep(Duration::from_millis(100)).await;
        }
        (number <= 5).then(|| Ok(format!("block {number} of 5\n").into_bytes()))
    })))
}

/// The application with a bug.
async fn panic(_: &mut Environ, _: &mut dyn StartResponse) -> Result<Body> {
    panic!("/panic was asked for");
}

/// The careless application: it starts a program, and neither waits for it nor ends it.
async fn orphan(environ: &mut Environ, start_response: &mut dyn StartResponse) -> Result<Body> {
    let mut program = Command::new("sleep");
    program.arg("60").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let pid = program.spawn().context("cannot start the program sleep")?.id();
    let _ = writeln!(environ.errors, "/orphan started process {pid}");
    start_response.call("200 OK", &[("Content-Type", "text/plain")], None)?;
    Ok(Body::from(format!("started process {pid}\n").into_bytes()))
}
