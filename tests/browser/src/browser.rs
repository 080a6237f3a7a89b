//! A browser for one test: a chromedriver at a free port, and a headless Chromium with a new, empty profile.
//!
//! Both run under `suite`'s guard as if they were a server: what chromedriver says when it is ready is put into the
//! words that `suite` waits for. So they are killed in every case, with the processes that they started.
//!
//! thirtyfour is asynchronous. A test does one thing after another, so that each call here waits for its answer.

use std::env;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use suite::bench::Bench;
use suite::program::Program;
use suite::server::Server;
use tempfile::TempDir;
use thirtyfour::{By, ChromiumLikeCapabilities, DesiredCapabilities, Key, LoggingPrefsLogLevel, WebDriver};
use tokio::runtime::{Builder, Runtime};

/// How long anything may take. It only bounds a failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to rest before a page is looked at again.
const REST: Duration = Duration::from_millis(20);

/// Starts chromedriver, and says in the contract's words where it listens. It listens at two addresses, and takes for the
/// second one the port that was free at the first: if it isn't free there, it ends, and is started again.
const CHROMEDRIVER: &str = r#"for attempt in 1 2 3 4 5; do chromedriver --port=0 && break; done |
    sed -un 's,.* on port \([0-9]*\)\.$,chromedriver listening on http://127.0.0.1:\1,p'"#;

/// No test needs a sandbox, which root can't have, nor anything that talks to the world.
const ARGUMENTS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
];

/// Light or dark, as a reader prefers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

impl Scheme {
    /// Its name in CSS.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        }
    }
}

/// A browser with one window. Dropping it ends it.
pub struct Browser {
    runtime: Runtime,
    driver: Option<WebDriver>,
    /// Dropped before the profile, which Chromium writes to as long as it runs.
    _chromedriver: Server,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser.
    pub fn start() -> Result<Browser> {
        let chromium = find("chromium")?;
        find("chromedriver")?;
        let program = Program::new(["sh", "-c", CHROMEDRIVER]).patience(PATIENCE);
        let started = Bench::new(&program).server();
        let Ok(chromedriver) = started else { bail!("chromedriver does not start: {:?}", started.err()) };
        let profile = tempfile::tempdir().context("no folder for a profile")?;
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(&chromium.to_string_lossy())?;
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
        for argument in ARGUMENTS {
            capabilities.add_arg(argument)?;
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let address = format!("http://{}", chromedriver.address());
        let driver = runtime
            .block_on(WebDriver::builder(address, capabilities).request_timeout(PATIENCE).connect())
            .context("chromedriver gives no session")?;
        Ok(Browser { runtime, driver: Some(driver), _chromedriver: chromedriver, _profile: profile })
    }

    /// Makes the window so large, in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        let cdp = self.driver()?.cdp();
        Ok(self.runtime.block_on(cdp.emulation().set_device_metrics_override(width, height, 1.0, false))?)
    }

    /// Prefers light or dark from now on.
    pub fn prefer(&self, scheme: Scheme) -> Result<()> {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme.name() }] });
        self.runtime.block_on(self.driver()?.cdp().send_raw("Emulation.setEmulatedMedia", features))?;
        Ok(())
    }

    /// Goes to an address, and waits until its page is there.
    pub fn open(&self, address: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.driver()?.goto(address))?)
    }

    /// What a piece of JavaScript returns.
    pub fn script(&self, script: &str) -> Result<Value> {
        Ok(self.runtime.block_on(self.driver()?.execute(script, []))?.json().clone())
    }

    /// The same, as what it has to be.
    pub fn read<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let value = self.script(script)?;
        serde_json::from_value(value.clone()).with_context(|| format!("{script} gave {value}"))
    }

    /// Waits until a piece of JavaScript returns something true, and gives it back.
    pub fn wait(&self, what: &str, script: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.script(script)?;
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return Ok(value);
            }
            if Instant::now() > deadline {
                let text = self.script("return document.body.innerText")?;
                bail!(
                    "{what}: not so after {} s. The page:\n{}",
                    PATIENCE.as_secs(),
                    text.as_str().unwrap_or_default()
                );
            }
            thread::sleep(REST);
        }
    }

    /// Clicks at the element with this id, as a mouse does.
    pub fn click(&self, id: &str) -> Result<()> {
        let driver = self.driver()?;
        Ok(self.runtime.block_on(async { driver.find(By::Id(id)).await?.click().await })?)
    }

    /// Writes into the field with this id, as a keyboard does.
    pub fn write(&self, id: &str, text: &str) -> Result<()> {
        let driver = self.driver()?;
        Ok(self.runtime.block_on(async { driver.find(By::Id(id)).await?.send_keys(text).await })?)
    }

    /// Presses a key, whatever has the focus.
    pub fn press(&self, key: Key) -> Result<()> {
        Ok(self.runtime.block_on(self.driver()?.action_chain().send_keys(key).perform())?)
    }

    /// The errors that the browser wrote to its console since this was last asked.
    pub fn errors(&self) -> Result<Vec<String>> {
        let entries = self.runtime.block_on(self.driver()?.browser_log())?;
        Ok(entries.into_iter().filter(|entry| entry.level == "SEVERE").map(|entry| entry.message).collect())
    }

    /// A picture of the window, as a PNG.
    pub fn screenshot(&self) -> Result<Vec<u8>> {
        Ok(self.runtime.block_on(self.driver()?.screenshot_as_png())?)
    }

    fn driver(&self) -> Result<&WebDriver> {
        self.driver.as_ref().context("the browser has ended")
    }
}

impl Drop for Browser {
    /// Lets Chromium close its files and go, so that its profile can be removed. If it does not go, the guard kills it,
    /// and the driver, told to let go of the session, does not try again.
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            let _ = self.runtime.block_on(driver.clone().quit());
            let _ = driver.leak();
        }
    }
}

/// Where a program is in PATH.
fn find(name: &str) -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.with_context(|| {
        format!(
            "there is no {name} in PATH. This test needs a browser: install the Debian packages chromium and \
             chromium-driver (apt-get install chromium chromium-driver)"
        )
    })
}
