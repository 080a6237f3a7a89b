//! Nothing of the reader's is lost, not even if the program is killed.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use learn::mine::Mine;
use tempfile::tempdir;

use crate::repository::{NOTES, Repository, course};

/// Where the test below finds its folder.
const FOLDER: &str = "LEARN_TEST_FOLDER";

fn package(text: &str) -> BTreeMap<String, String> {
    [("Cargo.toml", "[package]\nname = \"mine\"\n"), ("src/main.rs", text)]
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .into()
}

/// Whether a file of this text is somewhere below the folder.
fn has(folder: &Path, text: &str) -> Result<bool> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_it = match entry.file_type()?.is_dir() {
            true => has(&entry.path(), text)?,
            false => fs::read_to_string(entry.path())? == text,
        };
        if is_it {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
#[ignore = "the next test runs it, and kills it"]
fn replaces_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let mine = Mine::new(Path::new(&folder));
    for number in 0.. {
        mine.replace(&package(&format!("fn main() {{}} // {number}\n")), "v01.1").expect("it can be replaced");
    }
}

#[test]
fn what_is_replaced_is_kept_whenever_it_is_killed() -> Result<()> {
    let folder = tempdir()?;
    fs::create_dir_all(folder.path().join("crates"))?;
    let mine = Mine::new(folder.path());
    mine.replace(&package("fn main() {}\n"), "v01")?;
    for round in 0..40 {
        let text = format!("what the reader wrote in round {round}\n");
        fs::write(mine.folder().join(NOTES), &text)?;
        let name = "kept::replaces_until_it_is_killed";
        let mut child = Command::new(env::current_exe()?)
            .args(["--exact", name, "--ignored"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        thread::sleep(Duration::from_millis(7 * round)); // Any moment will do.
        child.kill()?;
        child.wait()?;
        ensure!(has(folder.path(), &text)?, "lost in round {round}");
        mine.recover()?;
        ensure!(mine.exists(), "there is no package after round {round}");
    }
    ensure!(mine.kept()?.len() > 40, "it was never killed in the middle of its work");
    Ok(())
}

#[test]
fn start_goes_on_with_the_readers_own_package() -> Result<()> {
    let repository = Repository::new("start")?;
    let course = course();
    let mine = repository.mine();
    let (said, is_well) = repository.says(&["start"])?;
    ensure!(is_well && said.contains("open lessons/v01.md") && mine.exists(), "{said}");
    repository.put(&course.places[course.chapters[0].last].files)?;
    fs::write(mine.folder().join(NOTES), "mine\n")?;
    let (said, _) = repository.says(&["start"])?;
    ensure!(said.contains("nothing is changed") && said.contains("open lessons/v02-read.md"), "{said}");
    repository.put(&course.places[course.chapters[0].last + 3].files)?;
    let (said, _) = repository.says(&["start"])?;
    ensure!(said.contains("You are in the middle of"), "{said}");
    // Another chapter: what is there is kept, and is taken again when it fits.
    let (said, _) = repository.says(&["start", "v03"])?;
    ensure!(said.contains("the book's") && said.contains("kept/1-v01.6"), "{said}");
    let (said, _) = repository.says(&["start", "v04"])?;
    ensure!(said.contains("the book's") && said.contains("kept/2-v02.16"), "{said}");
    let (said, _) = repository.says(&["start", "v03"])?;
    ensure!(said.contains("yours, from kept/2-v02.16"), "{said}");
    ensure!(fs::read_to_string(repository.root.join("kept/1-v01.6/notes.txt"))? == "mine\n");
    Ok(())
}

#[test]
fn reset_asks_first_and_keeps_the_old() -> Result<()> {
    let repository = Repository::new("reset")?;
    repository.says(&["start"])?;
    fs::write(repository.mine().folder().join("src/main.rs"), "fn main() {} // mine\n")?;
    let learn = |arguments: &[&str]| -> Result<String> {
        let output = repository.learn().args(arguments).stdin(Stdio::null()).output()?;
        Ok([&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat())
    };
    let said = learn(&["reset", "v02.3"])?;
    ensure!(said.contains("add --yes"), "{said}");
    let said = learn(&["reset", "v02.99", "--yes"])?;
    ensure!(said.contains("there is no checkpoint v02.99; v02 has v02.1 to v02.16"), "{said}");
    let said = learn(&["reset", "v02.3", "--yes"])?;
    let kept = said.lines().find_map(|line| line.strip_prefix("What was there is in ")).context(said.clone())?;
    let main = repository.root.join(kept.trim_end_matches('.')).join("src/main.rs");
    ensure!(fs::read_to_string(main)? == "fn main() {} // mine\n");
    let (said, _) = repository.says(&["status"])?;
    ensure!(said.contains("Reached   v02.3"), "{said}");
    Ok(())
}
