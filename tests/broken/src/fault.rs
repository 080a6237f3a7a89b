//! The faults. BROKEN=name in the environment chooses one of them for a server; without it the server is sound.
//!
//! Each fault has a name, a sentence that says what is wrong, the cases of the suite that must catch it, and the edits that
//! put it into the sources of a version (`edits.rs`). The name is also a function: whether this server has the fault.

use std::env;
use std::sync::OnceLock;

/// The variable that names the fault.
pub const VARIABLE: &str = "BROKEN";

/// One way to be broken.
pub struct Fault {
    /// What stands in BROKEN.
    pub name: &'static str,
    /// What the server does wrong.
    pub wrong: &'static str,
    /// The names of the cases that must fail.
    pub cases: &'static [&'static str],
}

impl Fault {
    /// Whether it is the broken server of v06 that has it.
    pub fn is_of_workers(&self) -> bool {
        v06::TABLE.iter().any(|fault| fault.name == self.name)
    }
}

/// The edits that make a sound server broken are for `edit.rs`, which has a macro of this name too.
macro_rules! faults_by_edits {
    ($($name:ident: $wrong:literal => $($case:path),+; { $($edits:tt)+ })*) => {
        $(
            #[doc = $wrong]
            pub fn $name() -> bool {
                $crate::fault::is_chosen(stringify!($name))
            }
        )*

        pub(super) const TABLE: &[super::Fault] = &[
            $(super::Fault { name: stringify!($name), wrong: $wrong, cases: &[$(stringify!($case)),+] }),*
        ];
    };
}

mod v01;
mod v02;
mod v03;
mod v04;
mod v05;
mod v06;
mod v07;

pub use v01::*;
pub use v02::*;
pub use v03::*;
pub use v04::*;
pub use v05::*;
pub use v06::*;
pub use v07::*;

static CHOSEN: OnceLock<String> = OnceLock::new();

/// The faults that v07's own tests must catch, in place of cases.
pub const OF_V07: &[Fault] = v07::TABLE;

/// All faults that cases of the suite must catch, in the order of the stages.
pub fn all() -> impl Iterator<Item = &'static Fault> {
    [v01::TABLE, v02::TABLE, v03::TABLE, v04::TABLE, v05::TABLE, v06::TABLE].into_iter().flatten()
}

fn is_chosen(name: &str) -> bool {
    let chosen = CHOSEN.get_or_init(|| {
        let chosen = env::var(VARIABLE).unwrap_or_default();
        let is_known = chosen.is_empty() || all().chain(OF_V07).any(|fault| fault.name == chosen);
        assert!(is_known, "{VARIABLE}={chosen} is no fault; src/fault has the tables of them");
        chosen
    });
    chosen == name
}
