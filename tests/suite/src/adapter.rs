//! An adapter: how to start a program that does not keep the contract, and what it has of what cases ask for. A TOML file
//! says it, so that nothing has to be changed in the program.
//!
//! In its texts `{address}`, `{host}`, `{port}`, `{application}`, `{folder}` (a fresh folder, for `files`) and the name of a
//! knob in braces, such as `{TIMEOUT}`, stand for what a case asks for. A knob that is in no text becomes an environment
//! variable.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tempfile::{Builder, TempDir};

use crate::case::{Outcome, Stop};
use crate::cases;
use crate::port;

/// The path at which the contract has the page that returns a request's body.
const ECHO: &str = "/echo";

/// The further pages of the contract.
const PAGES: [&str; 7] = ["/environ", "/stream", "/sleep", "/panic", "/spin", "/pool", "/orphan"];

/// What an adapter file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// The program and its arguments.
    pub start: Vec<String>,
    /// Files that are written into `{folder}` before each start, by name.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Environment variables.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// The knobs that can be set, with the values that they have when a case does not say.
    #[serde(default)]
    knobs: BTreeMap<String, String>,
    /// What `{application}` stands for, by the contract's names. Names with a colon are passed on as they are.
    #[serde(default)]
    applications: BTreeMap<String, String>,
    /// The path of the page that returns a request's body, if there is one.
    echo: Option<String>,
    /// Which of the contract's further pages there are.
    #[serde(default)]
    pages: Vec<String>,
    /// The sizes beyond which a request is refused.
    #[serde(default)]
    pub limits: Limits,
    /// The cases that don't apply, each with the reason.
    #[serde(default)]
    skip: BTreeMap<String, String>,
    /// Who this is, for the table of real servers.
    pub about: Option<About>,
    /// The file that says all this.
    #[serde(skip)]
    pub file: PathBuf,
    #[serde(skip)]
    folder: PathBuf,
}

/// A real server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its name in the table.
    pub name: String,
    /// A command that prints its version.
    pub version: Vec<String>,
    /// How to install it.
    pub install: String,
    /// How its processes and threads share the work, in a few words.
    pub model: String,
}

/// The sizes beyond which a request is refused, in bytes but for `fields`. One that is not given is not known.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Of the request line.
    pub request_line: Option<usize>,
    /// Of the request line and the fields together.
    pub head: Option<usize>,
    /// How many fields there may be.
    pub fields: Option<usize>,
    /// Of the body.
    pub body: Option<usize>,
}

impl Limits {
    /// Those of the contract.
    pub const CONTRACT: Limits =
        Limits { request_line: Some(8 << 10), head: Some(64 << 10), fields: Some(100), body: Some(16 << 20) };
}

/// One start of an adapter's program.
pub(crate) struct Launch {
    pub(crate) words: Vec<String>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) address: SocketAddr,
    _folder: TempDir,
    /// Keeps the port from being given to another program.
    _reserved: Option<OwnedFd>,
}

impl Adapter {
    /// Reads an adapter file.
    ///
    /// # Errors
    ///
    /// It can't be read, it is no TOML of this form, or it names a case or a page that does not exist.
    pub fn read(file: &Path) -> Result<Adapter> {
        let whose = || format!("the adapter file {}", file.display());
        let text = fs::read_to_string(file).with_context(whose)?;
        let mut adapter: Adapter = toml::from_str(&text).with_context(whose)?;
        adapter.file = file.to_owned();
        adapter.folder = absolute(file)?.parent().map(Path::to_owned).unwrap_or_default();
        adapter.check().with_context(whose)?;
        Ok(adapter)
    }

    fn check(&self) -> Result<()> {
        ensure!(!self.start.is_empty(), "`start` is empty; it holds the program and its arguments");
        if let Some(page) = self.pages.iter().find(|page| !PAGES.contains(&page.as_str())) {
            bail!("`pages` names {page}; there are {}, and `echo` has a key of its own", PAGES.join(", "));
        }
        let is_path =
            |path: &String| path.len() > 1 && path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some(path) = self.echo.iter().find(|path| !is_path(path)) {
            bail!("`echo` is {path:?}; it is the path of a page, such as /echo");
        }
        let cases = cases::all();
        if let Some(name) = self.skip.keys().find(|name| cases.iter().all(|case| case.name != name.as_str())) {
            bail!("there is no case `{name}` to skip");
        }
        let listens = self.texts().any(|text| ["{address}", "{port}"].iter().any(|place| text.contains(place)));
        ensure!(
            listens,
            "neither `start`, `files` nor `environment` has {{address}} or {{port}}, where the program is to listen"
        );
        Ok(())
    }

    /// The folder of the file, in which the program is started.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Why a case of this name does not apply, if so.
    pub(crate) fn skips(&self, case: &str) -> Option<&str> {
        self.skip.get(case).map(String::as_str)
    }

    pub(crate) fn has_knob(&self, name: &str) -> bool {
        self.knobs.contains_key(name)
    }

    pub(crate) fn has_application(&self, name: &str) -> bool {
        self.application(name).is_some() && self.texts().any(|text| text.contains("{application}"))
    }

    fn application<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.applications.get(name).map(String::as_str).or(name.contains(':').then_some(name))
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        self.start.iter().chain(self.files.values()).chain(self.environment.values())
    }

    /// What is sent of `request` to this program, whose /echo may have another path.
    pub(crate) fn placed<'a>(&self, request: &'a [u8]) -> Outcome<Cow<'a, [u8]>> {
        if let Some(page) =
            PAGES.iter().find(|page| asks_for(request, page) && !self.pages.iter().any(|has| has == *page))
        {
            return Err(Stop::Skipped(format!("needs the page {page}")));
        }
        let places = || request.windows(ECHO.len() + 1).any(|bytes| bytes[0] == b' ' && bytes[1..] == *ECHO.as_bytes());
        match &self.echo {
            None if places() => Err(Stop::Skipped("needs a page that returns the body of a request (echo)".into())),
            Some(path) if path != ECHO && places() => {
                Ok(replaced(request, format!(" {ECHO}").as_bytes(), format!(" {path}").as_bytes()).into())
            }
            _ => Ok(request.into()),
        }
    }

    /// All that a start needs. The program listens on `address`, or on a port that is free.
    pub(crate) fn launch(
        &self,
        address: Option<SocketAddr>,
        application: &str,
        knobs: &[(String, String)],
    ) -> io::Result<Launch> {
        let (reserved, address) = match address {
            Some(address) => (None, address),
            None => port::reserve().map(|(socket, address)| (Some(socket), address))?,
        };
        let all_may_read = || Permissions::from_mode(0o755); // A server may serve as another user than it is started as.
        let folder = Builder::new().permissions(all_may_read()).tempdir()?;
        let mut values: BTreeMap<_, _> =
            self.knobs.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        for (name, value) in knobs.iter().filter(|(name, _)| self.has_knob(name)) {
            values.insert(name, value.clone());
        }
        let environment =
            values.iter().filter(|(name, _)| self.texts().all(|text| !text.contains(&format!("{{{name}}}"))));
        let mut environment: BTreeMap<_, _> =
            environment.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        values.insert("address", address.to_string());
        values.insert("host", address.ip().to_string());
        values.insert("port", address.port().to_string());
        values.insert("folder", folder.path().to_string_lossy().into_owned());
        values.insert("application", self.application(application).unwrap_or_default().to_owned());
        let filled = |text: &String| {
            values.iter().fold(text.clone(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
        };
        for (name, text) in &self.files {
            let file = folder.path().join(name);
            fs::write(&file, filled(text))?;
            fs::set_permissions(file, all_may_read())?;
        }
        environment.extend(knobs.iter().filter(|(name, _)| name == "PATH").cloned());
        environment.extend(self.environment.iter().map(|(name, value)| (name.clone(), filled(value))));
        let here = |word: String| {
            let file = self.folder.join(&word);
            if file.is_file() { file.to_string_lossy().into_owned() } else { word }
        };
        let words = self.start.iter().map(|word| here(filled(word))).collect();
        Ok(Launch { words, environment, address, _folder: folder, _reserved: reserved })
    }
}

/// Whether `bytes` begin with a request for this page, or for one below it.
fn asks_for(bytes: &[u8], page: &str) -> bool {
    let target = bytes.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    target.strip_prefix(page.as_bytes()).is_some_and(|rest| matches!(rest.first(), None | Some(b'/' | b'?')))
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, others)) = rest.split_first() {
        match rest.strip_prefix(from) {
            Some(after) => {
                result.extend(to);
                rest = after;
            }
            None => {
                result.push(*first);
                rest = others;
            }
        }
    }
    result
}
