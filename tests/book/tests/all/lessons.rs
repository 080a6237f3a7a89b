//! The lessons as they are: each kind of check over all pages that SUMMARY.md names.

use anyhow::Result;
use book::book::Book;
use book::fault::Fault;
use book::language::Language;
use book::{check, claims, code, form, glossary, links, quotes};

/// Fails with all that is wrong.
fn complain(faults: impl IntoIterator<Item = Fault>) {
    let told: Vec<_> = faults.into_iter().map(|fault| fault.to_string()).collect();
    assert!(told.is_empty(), "\n{}\n", told.join("\n"));
}

#[test]
fn each_chapter_has_its_form() -> Result<()> {
    let book = Book::open()?;
    complain(book.chapters().flat_map(|chapter| form::check(&book, chapter)));
    Ok(())
}

#[test]
fn the_blocks_of_each_step_add_up_to_its_version() -> Result<()> {
    let book = Book::open()?;
    let faults: Result<Vec<_>> = book.pages.iter().map(|page| code::check(&book, page)).collect();
    complain(faults?.into_iter().flatten());
    complain(code::checkpoint::missing(&book));
    Ok(())
}

#[test]
fn what_is_said_to_fail_fails() -> Result<()> {
    let book = Book::open()?;
    complain(book.chapters().flat_map(|chapter| claims::check_words(&book, chapter)));
    let (faults, notes) = claims::check(&book.chapters().collect::<Vec<_>>())?;
    notes.iter().for_each(|note| println!("{note}"));
    complain(faults);
    Ok(())
}

#[test]
fn each_link_leads_somewhere() -> Result<()> {
    complain(Book::open()?.pages.iter().flat_map(links::check));
    Ok(())
}

#[test]
fn each_term_is_explained_and_linked() -> Result<()> {
    complain(glossary::check(&Book::open()?)?);
    Ok(())
}

#[test]
fn the_language_is_plain() -> Result<()> {
    complain(Language::new()?.check(&Book::open()?.root)?);
    Ok(())
}

#[test]
fn what_is_quoted_is_what_was_measured() -> Result<()> {
    complain(Book::open()?.pages.iter().flat_map(quotes::check));
    Ok(())
}

#[test]
fn the_commands_print_what_is_printed() -> Result<()> {
    let played = check::play(&Book::open()?.pages)?;
    let not_run: Vec<_> = played.iter().flat_map(|played| &played.not_run).collect();
    let run: usize = played.iter().map(|played| played.run).sum();
    println!("blocks run: {run}, not run: {}", not_run.len());
    not_run.iter().for_each(|note| println!("{note}"));
    complain(played.into_iter().flat_map(|played| played.faults));
    Ok(())
}
