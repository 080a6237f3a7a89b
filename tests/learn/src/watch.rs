//! Watches the reader's files, and says after each save where they are and what is next.
//!
//! A thread looks: it reads the files, builds them, and tries what a checkpoint shows. This one draws, and takes keys.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::course::Course;
use crate::difference;
use crate::hint;
use crate::mine::{FOLDER, Mine, PACKAGE};
use crate::report::{Report, what_to_see};
use crate::screen::{self, Key, Screen};
use crate::start;

/// How long the files must be left alone before they are looked at: an editor writes several at once.
const REST: Duration = Duration::from_millis(100);

/// How often the files are looked at where the system doesn't report changes.
const POLL: Duration = Duration::from_secs(1);

/// How long a key is waited for before it is seen whether there is a report.
const KEY: Duration = Duration::from_millis(50);

const KEYS: &str = "h hint · d diff · r run the server · t tester · q quit";

/// A message from the thread that looks.
enum Found {
    Changed,
    Looked(Box<Report>),
    Failed(String),
}

/// Watches until the reader has enough.
///
/// # Errors
///
/// The terminal can't be used; the files can't be watched.
pub fn watch(course: &Arc<Course>, mine: &Mine) -> Result<()> {
    let mut first = Vec::new();
    if !mine.exists() {
        first = start::start(course, mine, None)?;
    }
    let (changes, changed) = mpsc::channel();
    let _watcher = watcher(&course.book.root, changes)?;
    let (finds, found) = mpsc::channel();
    let looking = course.clone();
    thread::spawn(move || look(&looking, &changed, &finds));
    if screen::is_there() { on_screen(course, &found, first) } else { as_lines(course, &found, &first) }
}

/// Reports on the sender that something has changed in the folder of the package.
fn watcher(root: &Path, changes: Sender<()>) -> Result<Box<dyn Watcher + Send>> {
    let folder = root.join(FOLDER);
    let skipped = folder.join("target");
    let about = folder.clone();
    let handle = move |event: notify::Result<notify::Event>| {
        let is_ours = |path: &Path| path.starts_with(&about) && !path.starts_with(&skipped);
        if event.is_ok_and(|event| !event.kind.is_access() && event.paths.iter().any(|path| is_ours(path))) {
            let _ = changes.send(()); // The looking thread may have ended with the program.
        }
    };
    let parent = folder.parent().context("the package is in a folder")?;
    // The folder above: the package may be replaced as a whole.
    if let Ok(mut watcher) = RecommendedWatcher::new(handle.clone(), Config::default())
        && watcher.watch(parent, RecursiveMode::Recursive).is_ok()
    {
        return Ok(Box::new(watcher));
    }
    let mut watcher = PollWatcher::new(handle, Config::default().with_poll_interval(POLL))?;
    watcher.watch(parent, RecursiveMode::Recursive).context("the files can't be watched")?;
    Ok(Box::new(watcher))
}

fn look(course: &Course, changed: &Receiver<()>, finds: &Sender<Found>) {
    loop {
        let mine = Mine::new(&course.book.root);
        let report = mine.read().and_then(|files| match files {
            Some(files) => {
                Report::built(course, &files, screen::with_colours()).map(|report| Found::Looked(Box::new(report)))
            }
            None => Ok(Found::Failed(format!("There is no {FOLDER} any more; `cargo learn start` makes one."))),
        });
        let report = report.unwrap_or_else(|error| Found::Failed(format!("{error:#}")));
        if finds.send(report).is_err() || changed.recv().is_err() {
            return;
        }
        while changed.recv_timeout(REST).is_ok() {}
        if finds.send(Found::Changed).is_err() {
            return;
        }
    }
}

fn on_screen(course: &Course, found: &Receiver<Found>, first: Vec<String>) -> Result<()> {
    // Killed, it would leave the terminal as no shell wants it.
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, ended.clone())?;
    }
    let screen = Screen::open()?;
    let mut view = View { course, report: None, panel: first, is_building: true, failure: None };
    loop {
        screen.draw(&view.lines(), KEYS)?;
        let key = loop {
            match found.recv_timeout(Duration::ZERO) {
                Ok(found) => {
                    view.take(found);
                    break None;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if ended.load(Ordering::Relaxed) {
                return Ok(());
            }
            if let Some(key) = screen.key(KEY)? {
                break Some(key);
            }
        };
        match key {
            Some(Key::Quit | Key::Letter('q')) => return Ok(()),
            Some(Key::Letter(letter)) => view.press(letter, &screen)?,
            Some(Key::Redraw) | None => {}
        }
    }
}

/// Prints each report; ends when no report can come any more.
fn as_lines(course: &Course, found: &Receiver<Found>, first: &[String]) -> Result<()> {
    let mut view = View { course, report: None, panel: Vec::new(), is_building: true, failure: None };
    first.iter().for_each(|line| println!("{line}"));
    for found in found {
        if let Found::Changed = found {
            continue;
        }
        view.take(found);
        for line in view.lines() {
            println!("{line}");
        }
        println!();
    }
    Ok(())
}

/// Everything that is on the screen.
struct View<'a> {
    course: &'a Course,
    report: Option<Box<Report>>,
    /// Below the report: what a key asked for, or what there is to see at a checkpoint.
    panel: Vec<String>,
    is_building: bool,
    failure: Option<String>,
}

impl View<'_> {
    fn take(&mut self, found: Found) {
        match found {
            Found::Changed => self.is_building = true,
            Found::Failed(failure) => {
                (self.is_building, self.report, self.failure) = (false, None, Some(failure));
            }
            Found::Looked(report) => {
                let name = |report: &Report| report.arrived(self.course).map(|mark| mark.name.clone());
                let before = self.report.as_deref().map(|report| (report.here.done, name(report)));
                let now = (report.here.done, name(&report));
                match report.arrived(self.course) {
                    Some(mark) if before.as_ref() != Some(&now) => self.panel = what_to_see(self.course, mark),
                    None if before.is_some_and(|before| before != now) => self.panel.clear(),
                    _ => {} // A hint stays until the reader has come further.
                }
                (self.is_building, self.report, self.failure) = (false, Some(report), None);
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = self.report.as_ref().map(|report| report.lines(self.course)).unwrap_or_default();
        lines.extend(self.failure.clone());
        if self.is_building {
            lines.push("Building …".to_owned());
        }
        if !self.panel.is_empty() {
            lines.push(String::new());
            lines.extend(self.panel.clone());
        }
        lines
    }

    fn press(&mut self, letter: char, screen: &Screen) -> Result<()> {
        let Some(report) = &self.report else { return Ok(()) };
        let here = &report.here;
        match letter {
            'h' => self.panel = hint::next(self.course, here),
            'd' => {
                let mark = self.course.coming(here.done).or(self.course.reached(here.done));
                let files = Mine::new(&self.course.book.root).read()?;
                if let (Some(mark), Some(files)) = (mark, files) {
                    let diff = difference::diff(&files, &self.course.places[mark.place].files);
                    self.panel = [format!("From your package to {}:", mark.name)].into();
                    self.panel.extend(diff.lines().map(str::to_owned));
                }
            }
            'r' => screen.aside(|| run(&self.course.book.root, &["run", "-q", "-p", PACKAGE]))?,
            't' => {
                let chapter = self.course.page(self.course.chapter_at(here.done));
                let version = chapter.version().unwrap_or_default();
                let program = format!("target/debug/{PACKAGE}");
                screen.aside(|| {
                    run(&self.course.book.root, &["run", "-q", "-p", "suite", "--", version, "--", &program])
                })?;
            }
            _ => self.panel.clear(),
        }
        Ok(())
    }
}

/// Runs cargo at the terminal. Ctrl-C ends it, and not this program.
fn run(root: &Path, arguments: &[&str]) {
    println!("$ cargo {}   (Ctrl-C ends it)", arguments.join(" "));
    // A handler, unlike "ignore", is not inherited by what is started.
    let handler = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
    if let Err(error) = Command::new("cargo").args(arguments).current_dir(root).status() {
        println!("cannot start cargo: {error}");
    }
    if let Ok(handler) = handler {
        signal_hook::low_level::unregister(handler);
    }
}
