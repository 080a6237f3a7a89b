//! An exercise is tried: on the program that was given, else on what the reader types in `crates/mine`, else on the
//! version as it stands in the tree.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Exercise, Task};
use crate::cargo::{self, ROOT};
use crate::case::{Case, Stop, Verdict};
use crate::program::Program;
use crate::report;
use crate::tester::{Style, Tester, try_all};

/// Where the reader types along: its package has the same name.
const MINE: &str = "mine";

/// Prints every exercise's number and title.
pub fn print_list() {
    let mut chapter = "";
    for exercise in Exercise::all() {
        if exercise.chapter != chapter {
            chapter = exercise.chapter;
            println!("\nlessons/{chapter}.md");
        }
        println!("  {:<7} {:<8} {}", exercise.id, exercise.kind().to_lowercase(), exercise.title);
    }
    println!("\nTo see what one asks for, and whether it is done: cargo run -p suite -- exercise v01.2");
}

/// Says what the exercise with this number asks for and whether it is done. `prepare` is told how the program is to be
/// tried.
///
/// # Errors
///
/// There is no such exercise, or the program can't be built.
pub fn run(id: &str, given: Option<Program>, prepare: impl Fn(Program) -> Program, style: Style) -> Result<bool> {
    let exercise = Exercise::find(id)?;
    println!("{}", style.strong(&format!("{} {}: {}", exercise.kind(), exercise.id, exercise.title)));
    match &exercise.task {
        Task::Predict => {
            println!("\nThe question stands in {}; decide, then unfold the answer below it.", exercise.place());
            Ok(true)
        }
        Task::Write { asks, case } => {
            println!("\n{asks}\n");
            let trial = Trial::new(&exercise, given, prepare, style)?;
            Ok(trial.can_start(exercise.version) && trial.write(case))
        }
        Task::Break { asks, notices } => {
            println!("\n{asks}\nWhich case of the suite notices?\n");
            let trial = Trial::new(&exercise, given, prepare, style)?;
            Ok(trial.can_start(exercise.version) && trial.broken(notices))
        }
    }
}

struct Trial<'a> {
    exercise: &'a Exercise,
    program: Program,
    /// The folder of its source, if that is known.
    folder: Option<String>,
    style: Style,
}

impl<'a> Trial<'a> {
    /// Builds the program, unless one is given.
    fn new(
        exercise: &'a Exercise,
        given: Option<Program>,
        prepare: impl Fn(Program) -> Program,
        style: Style,
    ) -> Result<Trial<'a>> {
        let (program, folder) = match given {
            Some(program) => (program, None),
            None => {
                let (package, executable) = build_what_is_there(exercise.version.name())?;
                (Program::new([executable]), Some(format!("crates/{package}")))
            }
        };
        let program = prepare(program);
        match &folder {
            Some(folder) => println!("trying {folder} (`{}`)", program.line()),
            None => println!("trying `{}`", program.line()),
        }
        Ok(Trial { exercise, program, folder, style })
    }

    /// Whether it is a server at all; says what is wrong if it is none.
    fn can_start(&self, stage: crate::stage::Stage) -> bool {
        let (program, style) = (self.program.clone(), self.style);
        let problem = Tester { program, stage, only: None, keep_going: false, style }.first_look();
        if let Some(problem) = &problem {
            println!("\n{} {problem}", self.style.bad("✗"));
        }
        problem.is_none()
    }

    fn write(&self, case: &Case) -> bool {
        match case.try_on(&self.program) {
            Verdict::Passed => {
                println!("\n  {} {}\n\n{}", self.style.good("✓"), case.title(), self.style.strong("Done."));
                println!("Another way to do it: {}", self.exercise.patch().unwrap_or_default());
                println!(
                    "To see that nothing else has suffered: cargo run -p suite -- {} {}",
                    self.exercise.version,
                    { self.program.typed() }
                );
                true
            }
            Verdict::Skipped(reason) => {
                println!("\n  – {} (skipped: {reason})", case.title());
                false
            }
            Verdict::Failed(stop, evidence) => {
                let lesson = self.exercise.place();
                let paragraph = report::paragraph_of(&lesson, case, &stop, &evidence, self.program.fixed);
                println!("\n  {} {}", self.style.bad("✗"), paragraph.replace('\n', "\n  ").trim_end());
                println!("\n{}", self.style.strong("Not done yet."));
                self.tell_the_solution();
                false
            }
        }
    }

    fn broken(&self, notices: &[&str]) -> bool {
        let (cases, mut noticed) = (self.exercise.cases(), Vec::new());
        println!("{} cases, one moment …\n", cases.len());
        try_all(&cases, &self.program, |case, verdict| {
            if let Verdict::Failed(stop, _) = verdict {
                println!("  {} {}", self.style.bad("✗"), report::line(case, &stop));
                noticed.push((case.name, matches!(stop, Stop::Failed(_))));
            }
        });
        let found: Vec<_> = noticed.iter().filter(|(name, failed)| *failed && notices.contains(name)).collect();
        // Where most cases fail, those that were to be found tell nothing.
        if let Some((name, _)) = found.first().filter(|_| noticed.len() <= cases.len() / 2) {
            println!("\n{}", self.style.strong(&format!("Noticed, by {} of {} cases.", noticed.len(), cases.len())));
            println!("`{name}` is the answer. Was it yours?");
            println!("Why it fails: {}. Then take the change back.", self.exercise.place());
            return true;
        }
        if noticed.is_empty() {
            let place = self.folder.as_deref().unwrap_or("the program");
            println!("{}", self.style.strong("All cases pass: nothing is broken."));
            println!("Make the change in {place}, as {} has it, and try again.", self.exercise.place());
        } else {
            println!("\n{}", self.style.strong("This is broken in another way than the exercise asks for."));
            println!("The change stands in {}.", self.exercise.place());
        }
        self.tell_the_solution();
        false
    }

    fn tell_the_solution(&self) {
        let Some(patch) = self.exercise.patch() else { return };
        match &self.folder {
            Some(folder) => println!("To be shown: patch -p3 -d {folder} < {patch} (with -R it is taken back)"),
            None => println!("To be shown: {patch}"),
        }
    }
}

/// Builds the reader's package, or the version's if there is none; gives its name and its executable.
fn build_what_is_there(version: &str) -> Result<(String, PathBuf)> {
    let folder = cargo::folder()?;
    let has_own = Path::new(ROOT).join("crates").join(MINE).join("Cargo.toml").exists();
    let package = if has_own { MINE } else { version };
    cargo::build(&[package], &folder)?;
    Ok((package.to_owned(), folder.join(package)))
}
