//! The must-fail matrix: every version against every motive. The motive of a stage fails on the version before it,
//! and passes on its own and all later ones; without the first, the step would teach nothing that can be seen.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::thread;

use anyhow::Result;

use crate::cargo::{ROOT, build};
use crate::case::{Case, Stop, Verdict};
use crate::cases;
use crate::program::Program;
use crate::stage::Stage;

/// The motives, and a row for each version that is there.
pub struct Matrix {
    motives: Vec<Case>,
    rows: Vec<(Stage, Vec<Cell>)>,
}

/// How a motive ended on a version.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell {
    Passes,
    Fails,
    /// There is no such version, or the case said that it can't be tried: why.
    Untried(String),
}

impl Matrix {
    /// Builds these versions into the target folder of `folder` (`target/debug`) and tries the motives on each.
    pub fn build(versions: &[Stage], folder: &Path) -> Result<Matrix> {
        let versions: Vec<_> = versions.iter().copied().filter(|version| has_crate(*version)).collect();
        build(&versions.iter().map(|version| version.name()).collect::<Vec<_>>(), folder)?;
        let motives: Vec<_> = Stage::ALL.into_iter().filter_map(|stage| cases::motive(stage.name())).collect();
        // A thread for each version: most of the time is spent waiting for an answer that must not come.
        let rows = thread::scope(|scope| {
            let motives = &motives;
            let start = |version: Stage| {
                let program = Program::new([folder.join(version.name())]);
                scope.spawn(move || row(motives, version, &program))
            };
            let threads: Vec<_> = versions.iter().map(|&version| (version, start(version))).collect();
            let joined = threads.into_iter().map(|(version, thread)| (version, thread.join().unwrap_or_default()));
            joined.collect()
        });
        Ok(Matrix { motives, rows })
    }

    /// Whether every cell is as the ladder says. What fails long before its stage is shown and asked nothing.
    pub fn is_a_ladder(&self) -> bool {
        self.cells().all(|(version, motive, cell)| is_right(version, motive, cell))
    }

    fn cells(&self) -> impl Iterator<Item = (Stage, Stage, &Cell)> {
        self.rows.iter().flat_map(|(version, row)| {
            self.motives.iter().zip(row).map(|(motive, cell)| (*version, motive.stage, cell))
        })
    }
}

impl Display for Matrix {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        for motive in &self.motives {
            writeln!(to, "{}: {}", motive.stage, motive.title())?;
        }
        let names: String = self.motives.iter().map(|motive| format!("{:>8}", motive.stage.name())).collect();
        writeln!(to, "\nversion{names}   (the motive of)")?;
        for (version, row) in &self.rows {
            let show = |(motive, cell): (&Case, &Cell)| {
                let word = match cell {
                    Cell::Passes => "✓",
                    Cell::Fails => "✗",
                    Cell::Untried(_) => "–",
                };
                let mark = if is_right(*version, motive.stage, cell) { " " } else { "!" };
                format!("{word:>7}{mark}")
            };
            let cells: String = self.motives.iter().zip(row).map(show).collect();
            writeln!(to, "{version}    {cells}")?;
        }
        writeln!(to)?;
        for (version, motive, cell) in self.cells().filter(|(version, motive, cell)| !is_right(*version, *motive, cell))
        {
            let (should, does) = (if motive > version { "fail" } else { "pass" }, format!("{cell:?}").to_lowercase());
            writeln!(to, "! the motive of {motive} should {should} on {version}: {does}")?;
        }
        Ok(())
    }
}

fn is_right(version: Stage, motive: Stage, cell: &Cell) -> bool {
    if motive <= version {
        return *cell == Cell::Passes;
    }
    let is_next = Stage::ALL.iter().find(|stage| **stage > version) == Some(&motive);
    !is_next || *cell == Cell::Fails
}

fn row(motives: &[Case], version: Stage, program: &Program) -> Vec<Cell> {
    let patient = |motive: &Case| {
        let program = program.clone();
        if motive.stage > version { program.should_fail() } else { program }
    };
    let cell = |motive: &Case| match motive.try_on(&patient(motive)) {
        Verdict::Passed => Cell::Passes,
        Verdict::Failed(Stop::NotStarted(problem), _) => Cell::Untried(problem),
        Verdict::Failed(..) => Cell::Fails,
        Verdict::Skipped(reason) => Cell::Untried(reason),
    };
    motives.iter().map(cell).collect()
}

fn has_crate(version: Stage) -> bool {
    Path::new(ROOT).join("crates").join(version.name()).join("Cargo.toml").exists()
}
