//! The stages, one for each version of the ladder: stage v03 is what v03 can do and v02 can not.

use std::fmt::{self, Display, Formatter};

/// A step of the ladder. A server has reached a stage when it passes the cases of it and of all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Stage {
    V01,
    V02,
    V03,
    V04,
    V05,
    V06,
    V07,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Stage; 7] = [Stage::V01, Stage::V02, Stage::V03, Stage::V04, Stage::V05, Stage::V06, Stage::V07];

    /// Those whose versions are built without Python, in order. What builds versions without being asked for one builds these.
    pub const WITHOUT_PYTHON: [Stage; 6] = [Stage::V01, Stage::V02, Stage::V03, Stage::V04, Stage::V05, Stage::V06];

    /// The name of the stage and of its version's package, `v03`.
    pub fn name(self) -> &'static str {
        match self {
            Stage::V01 => "v01",
            Stage::V02 => "v02",
            Stage::V03 => "v03",
            Stage::V04 => "v04",
            Stage::V05 => "v05",
            Stage::V06 => "v06",
            Stage::V07 => "v07",
        }
    }

    /// The stage of this name.
    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// What a server of this stage is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Stage::V01 => "one client after another",
            Stage::V02 => "HTTP parsing",
            Stage::V03 => "environ and application",
            Stage::V04 => "a process for each connection",
            Stage::V05 => "no zombies, no orphans",
            Stage::V06 => "async workers",
            Stage::V07 => "Python applications",
        }
    }

    /// Where it is told how to get here.
    pub fn lesson(self) -> String {
        match self {
            Stage::V02 => "lessons/v02-read.md and the two after it".to_owned(),
            Stage::V05 => "lessons/v05-zombies.md and lessons/v05-orphans.md".to_owned(),
            Stage::V06 => "lessons/v06-readiness.md and the four after it".to_owned(),
            Stage::V07 => "lessons/v07-call.md and the two after it".to_owned(),
            _ => format!("lessons/{self}.md"),
        }
    }
}

impl Display for Stage {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
