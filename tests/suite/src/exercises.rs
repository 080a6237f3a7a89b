//! The book's exercises: three for each chapter, tried on the program that the reader works at.
//!
//! - predict: a question. Its answer stands in the chapter.
//! - write: the server is to learn something. A case tells whether it does; it fails on the version as it is.
//! - break: a small change of the server, which the chapter gives. Which case of the suite notices?
//!
//! `list.rs` has them all, `v01.rs` … the cases, `trial.rs` tries one. A solution is a patch,
//! `lessons/exercises/v04.2.patch`; the package `book` applies each to a copy and tries it.

mod list;
mod trial;
mod v01;
mod v02;
mod v03;
mod v04;
mod v05;
mod v06;
mod v07;

pub use trial::{print_list, run};

use anyhow::{Result, bail};

use crate::case::Case;
use crate::cases;
use crate::stage::Stage;

/// An exercise.
#[derive(Clone)]
pub struct Exercise {
    /// Such as `v05.4`.
    pub id: &'static str,
    /// The chapter that it belongs to, such as `v05-orphans`.
    pub chapter: &'static str,
    /// The version that it is about.
    pub version: Stage,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// What is to be done.
    pub task: Task,
}

/// What is to be done.
#[derive(Clone)]
pub enum Task {
    /// To answer a question.
    Predict,
    /// To write something.
    Write {
        /// What the server has to do then.
        asks: &'static str,
        /// Tells whether it does.
        case: Case,
    },
    /// To make a change, and to say what notices.
    Break {
        /// The change, in words.
        asks: &'static str,
        /// The cases that are known to notice. One of them has to be found.
        notices: &'static [&'static str],
    },
}

impl Exercise {
    /// All of them, in the order of the chapters.
    pub fn all() -> Vec<Exercise> {
        list::all()
    }

    /// The exercise with this number.
    ///
    /// # Errors
    ///
    /// There is none; the error says which there are.
    pub fn find(id: &str) -> Result<Exercise> {
        let all = Exercise::all();
        let Some(found) = all.iter().find(|exercise| exercise.id.eq_ignore_ascii_case(id)) else {
            let version = id.split('.').next().unwrap_or_default();
            let near = all.iter().filter(|exercise| exercise.version.name() == version).map(|exercise| exercise.id);
            let near: Vec<_> = near.collect();
            let there = if near.is_empty() { String::new() } else { format!("{version} has {}; ", near.join(", ")) };
            bail!("there is no exercise {id}; {there}`cargo run -p suite -- exercise` lists all");
        };
        Ok(found.clone())
    }

    /// The word for its kind, as in the heading `### Write (v04.2)`.
    pub fn kind(&self) -> &'static str {
        match self.task {
            Task::Predict => "Predict",
            Task::Write { .. } => "Write",
            Task::Break { .. } => "Break",
        }
    }

    /// Where it stands in the book.
    pub fn place(&self) -> String {
        format!("lessons/{}.md, under \"{} ({})\"", self.chapter, self.kind(), self.id)
    }

    /// Its solution's file, from the root of the repository; a question has none.
    pub fn patch(&self) -> Option<String> {
        let has_one = !matches!(self.task, Task::Predict);
        has_one.then(|| format!("lessons/exercises/{}.patch", self.id))
    }

    /// The cases that its version has to pass.
    pub fn cases(&self) -> Vec<Case> {
        cases::all().into_iter().filter(|case| case.holds_for(self.version)).collect()
    }
}
