//! What a chapter quotes from measurements.

use anyhow::Result;
use book::refresh::refresh;

use super::repository::{CHAPTER, Repository, has, wrong};

const COSTS: &str = "lessons/observed/costs.md";

#[test]
fn what_is_quoted_is_what_its_file_says() -> Result<()> {
    let message = "what is quoted here is not what its file says; `cargo run -p book -- refresh v02`";
    wrong("| v01 | 100 |", "| v01 | 101 |", 115, message)?;
    wrong("It reads. See", "It reads and waits. See", 103, message)?;
    let repository = Repository::new()?;
    repository.edit(COSTS, "It reads.", "It reads twice.")?;
    has(&repository, 103, message)
}

#[test]
fn a_quotation_names_what_is_there() -> Result<()> {
    let section = "lessons/observed/costs.md has no heading \"The master\"; it has \"Costs\", \"Speed\", \"System calls\", \"The \
                   child\", \"The server\"";
    wrong("section \"The child\"", "section \"The master\"", 101, section)?;
    let table = "lessons/observed/costs.md has no table below \"The server\"";
    wrong("table \"Speed\"", "table \"The server\"", 111, table)?;
    let row =
        "the table \"Speed\" of lessons/observed/costs.md has no row \"v03\"; it has \"v01\", \"v02\", \"v02 again\"";
    wrong("rows v01 \"v02 again\"", "rows v03 \"v02 again\"", 111, row)?;
    wrong("observed/costs.md, section", "observed/none.md, section", 101, "cannot read lessons/observed/none.md")?;
    wrong(
        "costs.md, section \"The child\"",
        "costs.md, part \"The child\"",
        101,
        "a quotation begins with `<!-- from FILE, table",
    )
}

#[test]
fn a_quotation_has_an_end() -> Result<()> {
    let repository = Repository::new()?;
    repository.edit(CHAPTER, "| **v02 again** | 25 |\n\n<!-- end -->", "| **v02 again** | 25 |")?;
    let told: Vec<_> = repository.faults()?.iter().map(ToString::to_string).collect();
    let wanted = format!("{CHAPTER}:111: no `<!-- end -->` follows; what is between is quoted");
    assert!(told.contains(&wanted), "{told:#?}");
    Ok(())
}

#[test]
fn refreshing_makes_the_quotations_anew_and_nothing_else() -> Result<()> {
    let repository = Repository::new()?;
    let right = repository.chapter()?.text;
    assert_eq!(refresh(&repository.book()?, &repository.chapter()?, false)?, "");
    repository.edit(CHAPTER, "| v01 | 100 |\n", "")?;
    repository.edit(CHAPTER, "It reads. See [the picture](observed/costs.svg).\n", "")?;
    let wrong = repository.chapter()?.text;
    let shown = refresh(&repository.book()?, &repository.chapter()?, true)?;
    assert!(
        shown.contains("+| v01 | 100 |\n") && shown.contains("+It reads. See [the picture](observed/costs.svg)."),
        "{shown}"
    );
    assert_eq!(repository.chapter()?.text, wrong);
    assert_eq!(refresh(&repository.book()?, &repository.chapter()?, false)?, shown);
    assert_eq!(repository.chapter()?.text, right);
    Ok(())
}
