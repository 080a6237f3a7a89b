//! A version that runs, and its page open in a browser: what the page shows, as numbers and words.

use anyhow::Result;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use suite::bench::Bench;
use suite::case::{Outcome, Stop};
use suite::program::Program;
use suite::server::Server;
use suite::stage::Stage;

use crate::browser::Browser;
use crate::versions;

/// How many requests the waterfall sends.
pub const REQUESTS: usize = 8;

/// A server, and a browser at its page.
pub struct Page {
    pub browser: Browser,
    pub server: Server,
}

/// A bar of the waterfall: what it says of itself, in milliseconds, and where its segments are, in pixels.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bar {
    pub pid: i32,
    pub sent: f64,
    pub began: f64,
    pub work_start: f64,
    pub work_end: f64,
    /// What the whole width of the track stands for.
    pub scale: f64,
    pub track: Span,
    pub segments: Vec<Segment>,
}

/// From where to where something goes, in pixels.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Span {
    pub left: f64,
    pub right: f64,
}

#[derive(Debug, Deserialize)]
pub struct Segment {
    pub kind: String,
    pub span: Span,
}

const BARS: &str = r#"
    const span = one => { const {left, right} = one.getBoundingClientRect(); return {left, right}; };
    return [...document.querySelectorAll('#bars .track')].filter(track => track.dataset.pid).map(track => ({
        pid: Number(track.dataset.pid), sent: Number(track.dataset.sent), began: Number(track.dataset.began),
        workStart: Number(track.dataset.workStart), workEnd: Number(track.dataset.workEnd),
        scale: Number(document.getElementById('bars').dataset.scale), track: span(track),
        segments: [...track.children].map(one => ({kind: one.classList[1], span: span(one)})),
    }));"#;

impl Page {
    /// Starts a version and opens its page, which has looked at the processes once when this returns.
    pub fn open(version: Stage) -> Result<Page> {
        Page::open_on(version, &versions::program(version))
    }

    /// The same, on a server that is started in a way of the test's own.
    pub fn open_on(version: Stage, program: &Program) -> Result<Page> {
        let server = outcome(Bench::new(program).server())?;
        let page = Page { browser: Browser::start()?, server };
        page.browser.resize(1440, 900)?;
        page.browser.open(&page.address("/"))?;
        let shows_itself = format!("return document.title.startsWith('{version}:')");
        page.browser.wait("the title names the version", &shows_itself)?;
        Ok(page)
    }

    /// The address of a path.
    pub fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    /// What a piece of JavaScript returns.
    pub fn read<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        self.browser.read(script)
    }

    /// The sentence in the element with this id.
    pub fn said(&self, id: &str) -> Result<String> {
        self.read(&format!("return document.getElementById('{id}').textContent"))
    }

    /// Waits until the sentence in an element contains these words, and gives the sentence back.
    pub fn wait_for(&self, id: &str, words: &str) -> Result<String> {
        let script = format!("return document.getElementById('{id}').textContent.includes({words:?})");
        self.browser.wait(&format!("{id} says {words:?}"), &script)?;
        self.said(id)
    }

    /// Waits until the waterfall that was begun is drawn; gives back its sentence.
    pub fn wait_for_waterfall(&self) -> Result<String> {
        let script = "return document.getElementById('send').getAttribute('aria-disabled') === 'false'";
        self.browser.wait("the waterfall is drawn", script)?;
        self.said("waterfall-said")
    }

    /// The bars of the requests that were answered.
    pub fn bars(&self) -> Result<Vec<Bar>> {
        self.read(BARS)
    }

    /// The cells of a table's body, row by row.
    pub fn table(&self, id: &str) -> Result<Vec<Vec<String>>> {
        self.read(&format!(
            "const rows = [...document.getElementById('{id}').tBodies[0].rows]; \
             return rows.map(row => [...row.cells].map(cell => cell.textContent))"
        ))
    }

    /// Waits for a look at the processes that began after this call.
    pub fn wait_for_a_look(&self) -> Result<()> {
        let age = "parseFloat(document.getElementById('processes-table').tBodies[0].rows[0].cells[4].textContent)";
        let before: f64 = self.read(&format!("return {age}"))?;
        self.browser.click("look")?;
        // One look may have been on its way: the second one after this was not.
        for number in [1.0, 2.0] {
            let script = format!("return {age} >= {before} + {number} * 0.9");
            self.browser.wait("the server is looked at again", &script)?;
        }
        Ok(())
    }
}

impl Bar {
    /// The middle of its work, in milliseconds.
    pub fn middle(&self) -> f64 {
        (self.work_start + self.work_end) / 2.0
    }

    /// How many of `bars` are at work in the middle of this one's work, itself included. When one works after another
    /// that is one, however much later than the server the browser notes an answer.
    pub fn together(&self, bars: &[Bar]) -> usize {
        let middle = self.middle();
        bars.iter().filter(|other| other.work_start <= middle && middle <= other.work_end).count()
    }
}

/// What a step with the server gave, as an error that a test can show.
pub fn outcome<T>(outcome: Outcome<T>) -> Result<T> {
    outcome.map_err(|stop| match stop {
        Stop::Failed(failure) => anyhow::anyhow!("expected: {}; came: {}", failure.expected, failure.came),
        Stop::NotStarted(problem) => anyhow::anyhow!("the server does not start: {problem}"),
        Stop::Skipped(reason) => anyhow::anyhow!("skipped: {reason}"),
    })
}
