//! The cases, a list for each stage. A list is a macro, so that a version can make a test of each entry; the same
//! list makes the table here. The first case of a list (from v02 on) is the stage's motive. A list that can't hold
//! for all later stages says until which one it does, and why.

pub(crate) mod v01;
pub(crate) mod v02;
pub(crate) mod v03;
pub(crate) mod v04;
pub(crate) mod v05;
pub(crate) mod v06;
pub(crate) mod v07;

use crate::case::{Case, Kind};
use crate::stage::Stage;

macro_rules! until {
    () => {
        None
    };
    ($last:ident $why:literal) => {
        Some((stage(stringify!($last)), $why))
    };
}

macro_rules! kind {
    () => {
        Kind::Behaviour
    };
    (house_rule) => {
        Kind::HouseRule
    };
}

/// Appends a list to a table of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! table {
    ($table:ident; $stage:ident $(until $last:ident $why:literal)?; $($(#[$kind:ident])? $name:ident: $says:literal;)*) => {
        let (stage, until) = (stage(stringify!($stage)), until!($($last $why)?));
        $table.extend([
            $(Case { name: stringify!($name), kind: kind!($($kind)?), stage, until, says: $says, run: $stage::$name }),*
        ]);
    };
}

/// All cases, in the order in which a server learns to pass them.
pub fn all() -> Vec<Case> {
    let mut table = Vec::new();
    crate::v01_cases!(table table);
    crate::v02_cases!(table table);
    crate::v02_to_v05_cases!(table table);
    crate::v03_cases!(table table);
    crate::v04_cases!(table table);
    crate::v05_cases!(table table);
    crate::v05_only_cases!(table table);
    crate::v06_cases!(table table);
    crate::v07_cases!(table table);
    table
}

/// What a server of the stage of this name can do and the version before can not.
pub fn motive(stage: &str) -> Option<Case> {
    all().into_iter().find(|case| case.stage > Stage::V01 && case.stage.name() == stage)
}

fn stage(name: &str) -> Stage {
    Stage::named(name).expect("a list is named after its stage")
}
