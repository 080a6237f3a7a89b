//! The applications, picked by the second argument.

use crate::bench::Bench;
use crate::case::{Outcome, Stop, failed, require};
use crate::cases::v01::refuses_to_start;
use crate::cases::v02::has_body;
use crate::program::Program;
use crate::request::{bare, get, post};
use crate::server::Server;

pub(crate) fn runs_another_application(bench: &Bench) -> Outcome {
    let site = bench.server()?;
    has_body(&site.exchange(post("/echo", b"hello"))?, b"hello")?;
    drop(site); // There may be one address for both.
    let hello = start_hello(bench)?;
    for request in [get("/").into(), get("/no/such/page?a=b").into(), post("/echo", b"hello")] {
        has_body(&hello.exchange(request)?, b"Hello, World!")?;
    }
    Ok(())
}

pub(crate) fn names_an_unknown_application(bench: &Bench) -> Outcome {
    let program = bench.program().application("no-such-application");
    refuses_to_start(bench, &program, "no-such-application")?;
    for known in ["site", "hello"] {
        refuses_to_start(bench, &program, known)?;
    }
    Ok(())
}

pub(crate) fn tells_its_applications(bench: &Bench) -> Outcome {
    let ended = bench.run(&bench.program().arguments(&["--help"]))?;
    for name in ["site", "hello"] {
        let expected = format!("a usage on stdout that names the application {name}");
        require(ended.stdout.contains(name), expected, || format!("{:?}", ended.stdout))?;
    }
    Ok(())
}

pub(crate) fn answers_head_for_another_application(bench: &Bench) -> Outcome {
    let server = start_hello(bench)?;
    let mut client = server.connect()?;
    client.send(bare("HEAD", "/", ""))?;
    let response = client.status(200)?;
    let length = response.field("Content-Length").unwrap_or("no Content-Length");
    require(length == "13", "Content-Length: 13", || length)?;
    client.closes() // With no byte more: a body would be seen here.
}

pub(crate) fn start_hello(bench: &Bench) -> Outcome<Server> {
    start_with(bench, bench.program(), "hello")
}

/// A server that does not know the second argument does not even start: that is the failure of the case.
pub(crate) fn start_with(bench: &Bench, program: Program, application: &str) -> Outcome<Server> {
    bench.start(&program.application(application)).map_err(|stop| match stop {
        Stop::NotStarted(problem) => {
            failed(format!("the program starts with the application `{application}`"), problem)
        }
        other => other,
    })
}
