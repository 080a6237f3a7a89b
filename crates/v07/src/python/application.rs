//! An application in Python: it is found by its name, and called for the gateway.

use std::env;
use std::future;
use std::process;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use pyo3::exceptions::{PyAttributeError, PyModuleNotFoundError, PySystemExit};
use pyo3::prelude::*;

use super::body::Iteration;
use super::call::{Answer, Callable};
use super::environ::Template;
use super::failure;
use super::interpreter::{self, Actions};
use super::parts::{Part, Parts};
use super::threads::{self, Job};
use super::watch;
use crate::address::Address;
use crate::knobs::Knobs;
use crate::log;
use crate::runtime::{self, Either, Receiver};
use crate::wsgi::environ::Environ;
use crate::wsgi::gateway::{Application, Blocks, Body, BoxFuture, StartResponse};

/// Starts Python, and imports the application with this name: `module:callable`, `package.module:object.method`, or
/// `module:factory()`. `server` is the server's address.
pub(crate) fn load(name: &str, knobs: &Knobs, server: Address) -> Result<Box<dyn Application>> {
    interpreter::start()?;
    let actions = Actions::now();
    let found = Python::attach(|py| {
        if knobs.reload {
            // A file that is edited twice within a second would be taken for the one that was compiled (PEP 552).
            py.import("sys")?.setattr("dont_write_bytecode", true)?;
        }
        find(py, name)
    });
    actions.restore();
    let object = found?;
    Python::attach(|py| {
        let callable = Callable { object, template: Template::new(py, server, knobs.threads > 1)? };
        if knobs.threads > 0 {
            let jobs = threads::start(py, callable, knobs.threads)?;
            return Ok(Box::new(Threaded { jobs, timeout: knobs.app_timeout }) as Box<dyn Application>);
        }
        if let Some(limit) = knobs.app_timeout {
            thread::Builder::new().name("watch".into()).spawn(move || watch::run(limit))?;
        }
        Ok(Box::new(Inline { callable }))
    })
}

/// Ends Python, if it was started.
pub(crate) fn finish() {
    if threads::finish() { interpreter::finish() } else { interpreter::leave() }
}

fn find(py: Python, name: &str) -> Result<Py<PyAny>> {
    let (module, path) = name.split_once(':').context("no colon")?;
    let (path, is_factory) = path.strip_suffix("()").map_or((path, false), |path| (path, true));
    let mut object = py.import(module).map_err(|exception| not_imported(py, module, &exception))?.into_any();
    let mut so_far = module.to_owned();
    for part in path.split('.') {
        object = object.getattr(part).map_err(|exception| {
            if exception.is_instance_of::<PyAttributeError>(py) {
                anyhow!("there is no {part} in {so_far}")
            } else {
                failure::report(py, &exception).context(format!("cannot get {part} of {so_far}"))
            }
        })?;
        so_far = format!("{so_far}.{part}");
    }
    if is_factory {
        object =
            object.call0().map_err(|exception| failure::report(py, &exception).context(format!("{name} failed")))?;
    }
    if !object.is_callable() {
        bail!("{name} is not an application: an object of type {} can't be called", object.get_type().name()?);
    }
    Ok(object.unbind())
}

fn not_imported(py: Python, module: &str, exception: &PyErr) -> anyhow::Error {
    let missing = exception.value(py).getattr("name").and_then(|name| name.extract::<String>());
    let is_part = |missing: &String| format!("{module}.").starts_with(&format!("{missing}."));
    match missing {
        Ok(missing) if exception.is_instance_of::<PyModuleNotFoundError>(py) && is_part(&missing) => {
            let directory = env::current_dir().map_or_else(|_| "?".to_owned(), |path| path.display().to_string());
            anyhow!("there is no module {missing} in {directory} or in Python's packages")
        }
        _ if exception.is_instance_of::<PySystemExit>(py) => {
            failure::summary(exception).context(format!("the module {module} ends Python as it is imported"))
        }
        _ => failure::report(py, exception).context(format!("cannot import {module}")),
    }
}

/// An application that is called by the loop itself, which waits for it.
struct Inline {
    callable: Callable,
}

impl Application for Inline {
    fn call<'a>(
        &'a self,
        environ: &'a mut Environ,
        start_response: &'a mut dyn StartResponse,
    ) -> BoxFuture<'a, Result<Body>> {
        Box::pin(async {
            let called = watch::during(|| {
                Python::attach(|py| {
                    self.callable.call(py, environ, None).map_err(|exception| failure::report(py, &exception))
                })
            });
            let Answer { head, first, rest } = called?;
            let head = head.context("the head is gone")?;
            start_response.begin(head, None)?;
            let Some(rest) = rest else { return Ok(Body::from(first)) };
            Ok(Body::Blocks(Box::new(InlineBlocks { first: Some(first), rest })))
        })
    }
}

struct InlineBlocks {
    first: Option<Vec<u8>>,
    rest: Iteration,
}

impl Blocks for InlineBlocks {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>>>> {
        let block = self.first.take().map(Ok).or_else(|| {
            let next = || {
                Python::attach(|py| self.rest.next(py).map_err(|exception| failure::report(py, &exception)).transpose())
            };
            watch::during(next)
        });
        Box::pin(future::ready(block))
    }

    /// In between, another request would run in the same thread, and see what belongs to this one: Django closes a database's
    /// connection after a request, while this one may still be reading from it.
    fn is_eager(&self) -> bool {
        true
    }
}

/// An application that is called by threads.
struct Threaded {
    jobs: Sender<Job>,
    timeout: Option<Duration>,
}

impl Application for Threaded {
    fn call<'a>(
        &'a self,
        environ: &'a mut Environ,
        start_response: &'a mut dyn StartResponse,
    ) -> BoxFuture<'a, Result<Body>> {
        Box::pin(async {
            let (sender, receiver) = runtime::channel();
            let _ = self.jobs.send(Job { environ: environ.hand_over(), parts: Parts(sender) });
            let mut parts = ThreadBlocks { first: None, parts: receiver, timeout: self.timeout };
            // Until a thread is free, the application can't be late.
            parts.parts.next().await.context("the threads are gone")?;
            match parts.next_part().await {
                Some(Part::Whole(head, body)) => {
                    start_response.begin(head, None)?;
                    Ok(Body::from(body))
                }
                Some(Part::Begin(head, block)) => {
                    start_response.begin(head, None)?;
                    parts.first = Some(block);
                    Ok(Body::Blocks(Box::new(parts)))
                }
                Some(Part::Failed(error)) => Err(error),
                Some(_) => bail!("a part is missing"),
                None => {
                    start_response.call("504 Gateway Timeout", &[("Content-Type", "text/plain")], None)?;
                    Ok(Body::from("504 Gateway Timeout\n"))
                }
            }
        })
    }
}

struct ThreadBlocks {
    first: Option<Vec<u8>>,
    parts: Receiver<Part>,
    timeout: Option<Duration>,
}

impl ThreadBlocks {
    /// The next part. `None` if the application has taken too long: its thread may never come back, so this worker asks to
    /// be replaced.
    async fn next_part(&mut self) -> Option<Part> {
        let Some(timeout) = self.timeout else { return self.parts.next().await };
        match runtime::race(self.parts.next(), runtime::sleep(timeout)).await {
            Either::Left(part) => part,
            Either::Right(()) => {
                let seconds = timeout.as_secs_f64();
                log::line(format_args!(
                    "worker {}: a call took longer than {seconds} s (APP_TIMEOUT): the worker is replaced",
                    process::id()
                ));
                let _ = kill(Pid::this(), Signal::SIGTERM);
                None
            }
        }
    }
}

impl Blocks for ThreadBlocks {
    fn next(&mut self) -> BoxFuture<'_, Option<Result<Vec<u8>>>> {
        Box::pin(async {
            if let Some(block) = self.first.take() {
                return Some(Ok(block));
            }
            match self.next_part().await {
                Some(Part::Block(block)) => Some(Ok(block)),
                Some(Part::End) => None,
                Some(Part::Failed(error)) => Some(Err(error)),
                _ => Some(Err(anyhow!("the application took too long"))),
            }
        })
    }
}
