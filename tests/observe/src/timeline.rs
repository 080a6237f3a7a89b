//! `observe timeline`: plays the same small drama to each version, and draws what happened.
//!
//! `drama.rs` says which client does what when, `client.rs` does it. `play.rs` runs it and looks at the server
//! meanwhile, through `kernel.rs`. `model.rs` puts in order what was seen, and `facts.rs` says what that shows: all
//! this without a picture. `layout.rs`, `picture.rs`, `marks.rs` and `legend.rs` draw it, `page.rs` tells it in tables.

pub mod client;
pub mod drama;
pub mod facts;
pub mod kernel;
pub mod layout;
pub mod legend;
pub mod marks;
pub mod model;
pub mod page;
pub mod picture;
pub mod play;

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use suite::cargo;
use suite::stage::Stage;
use tempfile::NamedTempFile;

use crate::machine;
use crate::versions::{self, OBSERVED, Version};
use drama::Drama;
use facts::WORKERS;
use model::Timeline;

#[derive(clap::Args, Clone, Debug, Default)]
pub struct Arguments {
    /// Only this version; give it several times for several
    #[arg(long, value_name = "VERSION", value_parser = versions::named)]
    pub only: Vec<Stage>,
    /// Where the pictures and timelines.md go [default: lessons/observed]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// A quarter of the waits: quick, and less to be seen
    #[arg(long)]
    pub small: bool,
}

/// Builds the versions and draws them; false when one is missing, which is told.
pub fn run(arguments: &Arguments) -> Result<bool> {
    let folder = cargo::folder()?;
    draw_all(arguments, |stage| Version::build(stage, &folder))
}

/// Draws those that `version` gives.
pub fn draw_all(arguments: &Arguments, version: impl Fn(Stage) -> Result<Version>) -> Result<bool> {
    let folder = arguments.out.clone().unwrap_or_else(|| Path::new(OBSERVED).to_owned());
    fs::create_dir_all(&folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let is_asked = |stage: &Stage| arguments.only.is_empty() || arguments.only.contains(stage);
    let stages: Vec<_> = Stage::WITHOUT_PYTHON.into_iter().filter(is_asked).collect();
    let (bar, made) = (progress(stages.len()), made(arguments.small));
    let (mut sections, mut is_whole) = (Vec::new(), true);
    for stage in stages {
        bar.set_message(stage.name());
        match version(stage).and_then(|version| timeline(&version, arguments.small)) {
            Ok(timeline) => {
                is_whole &= bar.suspend(|| check(&timeline));
                let file = format!("timeline-{stage}.svg");
                write(&folder.join(&file), &picture::draw(&timeline, &made))?;
                bar.suspend(|| println!("wrote {}", folder.join(&file).display()));
                sections.push((stage, page::section(&timeline, &file, &made)));
            }
            Err(error) => {
                bar.suspend(|| eprintln!("{stage}: no picture: {error:#}"));
                is_whole = false;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let file = folder.join("timelines.md");
    let before = fs::read_to_string(&file).unwrap_or_default(); // The first time there is none.
    write(&file, &page::page(&before, &sections, &made))?;
    println!("wrote {}", file.display());
    Ok(is_whole)
}

/// Tells what a picture does not show and should; false if there is such a thing.
fn check(timeline: &Timeline) -> bool {
    let (stage, missing) = (timeline.stage, timeline.missing());
    for words in &missing {
        eprintln!("{stage}: the picture is not as it must be: {words}");
    }
    if timeline.blind > play::TOO_SELDOM {
        eprintln!("{stage}: the machine was busy: {} ms without a look", timeline.blind.as_millis());
    }
    missing.is_empty()
}

/// Where and when it was made.
fn made(small: bool) -> String {
    format!("{}{}", machine::description(), if small { ", with a quarter of the waits" } else { "" })
}

/// Plays the drama to a version.
pub fn timeline(version: &Version, small: bool) -> Result<Timeline> {
    let drama = Drama::new(version.stage, small);
    let program = version.program().knob("LOG", "off").knob("WORKERS", &WORKERS.to_string());
    Ok(Timeline::new(version.stage, &drama, &play::play(&program, &drama)?))
}

/// A bar on stderr, if that is a terminal.
fn progress(count: usize) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(count as u64).with_style(style)
}

/// Writes the whole file or none of it.
fn write(file: &Path, content: &str) -> Result<()> {
    let folder = file.parent().context("a file is in a folder")?;
    let written = NamedTempFile::new_in(folder).and_then(|mut new| {
        new.write_all(content.as_bytes())?;
        new.as_file().set_permissions(Permissions::from_mode(0o644))?; // Others may read it, unlike what is temporary.
        Ok(new.persist(file)?)
    });
    written.with_context(|| format!("{} can't be written", file.display()))?;
    Ok(())
}
