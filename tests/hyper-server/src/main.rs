//! A server of hyper and Tokio, as hyper's own guide builds one, with the pages that the tester asks for:
//! `hyper-server HOST:PORT`. The suite compares it with the versions.

use std::convert::Infallible;
use std::env;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

type Body = BoxBody<Bytes, Infallible>;

#[tokio::main]
async fn main() -> Result<()> {
    let address = env::args().nth(1).context("usage: hyper-server HOST:PORT")?;
    let seconds = env::var("TIMEOUT").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let listener = TcpListener::bind(&address).await.with_context(|| format!("cannot listen on {address}"))?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let running = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        };
        let Ok((client, _)) = accepted else {
            sleep(Duration::from_millis(100)).await; // Without descriptors it would fail again at once.
            continue;
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(seconds));
        let connection = running.watch(http.serve_connection(TokioIo::new(client), service_fn(serve)));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("{error}");
            }
        });
    }
    drop(listener);
    running.shutdown().await;
    Ok(())
}

async fn serve(request: Request<Incoming>) -> Result<Response<Body>, hyper::Error> {
    let path = request.uri().path().to_owned();
    let (method, page) = match path.as_str() {
        "/" | "/stream" => (Method::GET, path.as_str()),
        "/echo" => (Method::POST, "/echo"),
        "*" if request.method() == Method::OPTIONS => return Ok(empty(StatusCode::NO_CONTENT)),
        _ => match path.strip_prefix("/sleep/") {
            Some(number) if !number.contains('/') => (Method::GET, "/sleep"),
            _ => return Ok(text(StatusCode::NOT_FOUND, "Not Found\n")),
        },
    };
    if !is_known(request.method()) {
        return Ok(text(StatusCode::NOT_IMPLEMENTED, "Not Implemented\n"));
    }
    if request.method() == Method::OPTIONS {
        return Ok(empty(StatusCode::NO_CONTENT));
    }
    if *request.method() != method && !(request.method() == Method::HEAD && method == Method::GET) {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
        let allowed = if method == Method::GET { "GET, HEAD" } else { "POST" };
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        return Ok(response);
    }
    Ok(match page {
        "/echo" => text(StatusCode::OK, request.into_body().collect().await?.to_bytes()),
        "/stream" => Response::new(blocks()),
        "/sleep" => match path["/sleep/".len()..].parse::<u32>() {
            Ok(milliseconds) => {
                sleep(Duration::from_millis(milliseconds.into())).await;
                text(StatusCode::OK, "slept\n")
            }
            Err(_) => text(StatusCode::BAD_REQUEST, "not a number of milliseconds\n"),
        },
        _ => text(StatusCode::OK, "Hello from hyper\n"),
    })
}

fn is_known(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH]
        .contains(method)
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::new(body.into()).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Full::default().boxed());
    *response.status_mut() = status;
    response
}

/// Three blocks, each made 100 ms after the one before.
fn blocks() -> Body {
    let blocks = stream::unfold(0, |number| async move {
        if number > 0 {
            sleep(Duration::from_millis(100)).await;
        }
        (number < 3).then(|| (Ok(Frame::data(Bytes::from(format!("block {number}\n")))), number + 1))
    });
    StreamBody::new(blocks).boxed()
}
