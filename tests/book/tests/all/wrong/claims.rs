//! What a chapter says of failing and passing cases.

use anyhow::Result;
use book::chapter::Chapter;
use book::claims;

use super::repository::{Repository, wrong};

#[test]
fn the_failure_claims_one() -> Result<()> {
    let message = "\"The failure\" claims that a case fails on the version before: **fails on v01:** `name_of_a_case`";
    wrong("**fails on v01:**", "It fails:", 5, message)?;
    wrong("**fails on v01:**", "**passes on v01:**", 5, message)
}

#[test]
fn a_claim_names_a_case_and_a_version() -> Result<()> {
    let unknown = "the suite has no case `none_such`; tests/suite/src/cases/ has them all";
    let claim = "**fails on v01:** `none_such`, **fails on v01:** `";
    wrong("**fails on v01:** `", claim, 13, unknown)?;
    wrong("**fails on v01:** `", "**fails on v09:** `x`. **fails on v01:** `", 13, "there is no version v09")
}

#[test]
fn a_claim_is_tried() -> Result<()> {
    let cases: Vec<_> = suite::cases::all().into_iter().map(|case| case.name).collect();
    let (easy, hard) = (cases[0], suite::cases::motive("v02").expect("a motive").name);
    let page = |text: &str| Chapter::parse(Repository::new().expect("a folder").root(), "lessons/v02.md", text);
    let right = page(&format!("**fails on v01:** `{hard}`. **passes on v01:** `{easy}`\n"));
    assert_eq!(claims::check(&[&right])?.0, []);
    let wrong = page(&format!("**fails on v01:** `{easy}`.\n\n**passes on v01:** `{hard}`\n"));
    let told: Vec<_> = claims::check(&[&wrong])?.0.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0], format!("lessons/v02.md:1: `{easy}` passes on v01, but here it is said to fail"));
    assert!(
        told[1].starts_with(&format!("lessons/v02.md:3: `{hard}` does not do on v01 what is said here:\n")),
        "{told:#?}"
    );
    Ok(())
}
