//! The tree of processes of each version, and the table beside it.

use anyhow::Result;
use browser::page::{Page, REQUESTS, outcome};
use browser::versions::{WORKERS, program};
use suite::stage::Stage;

/// A row of the table: process, parent, state, role, age, program.
type Row = Vec<String>;

#[test]
fn v03_is_alone() -> Result<()> {
    let page = Page::open(Stage::V03)?;
    assert_eq!(page.wait_for("processes-said", "server")?, "1 server, no zombies.");
    let rows = page.table("processes-table")?;
    assert_eq!(
        (cell(&rows[0], 0), cell(&rows[0], 3)),
        (page.server.pid().to_string(), "server, answered this look".into())
    );
    Ok(())
}

#[test]
fn v03_lets_a_look_wait_behind_other_requests_and_the_page_says_so() -> Result<()> {
    let page = Page::open(Stage::V03)?;
    page.browser.script("fetch('/sleep/5000')")?;
    page.wait_for("processes-said", "The server has not answered the last look for ")?;
    page.wait_for("processes-said", "1 server, no zombies.")?;
    assert_eq!(page.browser.errors()?, [""; 0]);
    Ok(())
}

#[test]
fn a_spare_connection_holds_v03_up_and_the_page_goes_on_after_it() -> Result<()> {
    let page = Page::open_on(Stage::V03, &program(Stage::V03).knob("TIMEOUT", "4"))?;
    // A browser may open one before it has a request for it.
    let _spare = outcome(page.server.connect())?;
    page.browser.click("send")?;
    page.wait_for("processes-said", "The server has not answered the last look for ")?;
    let sentence = page.wait_for_waterfall()?;
    assert!(sentence.starts_with("8 requests, answered by 1 process, one after another, within "), "{sentence}");
    assert_eq!(page.wait_for("processes-said", "server,")?, "1 server, no zombies.");
    Ok(())
}

#[test]
fn zombies_pile_up_in_v04() -> Result<()> {
    let page = Page::open(Stage::V04)?;
    page.browser.click("send")?;
    page.wait_for_waterfall()?;
    page.wait_for_a_look()?;
    let zombies = zombies(&page)?;
    assert!(zombies.len() >= REQUESTS, "{zombies:?}");
    for row in &zombies {
        assert_eq!(cell(row, 1), page.server.pid().to_string(), "whose child a zombie is: {row:?}");
    }
    // In the tree a word and a colour tell them from the others; each stands in its parent's box.
    let (words, colours): (Vec<String>, Vec<String>) = page.read(
        "const names = [...document.querySelectorAll('#tree > li > ul > li.zombie > b')]; \
         const server = document.querySelector('#tree > li > b'); \
         return [names.map(one => one.textContent), [names[0], server].map(one => getComputedStyle(one).color)]",
    )?;
    assert!(words.len() >= REQUESTS && words.iter().all(|word| word == "zombie"), "{words:?}");
    assert_ne!(colours[0], colours[1]);
    Ok(())
}

#[test]
fn hundreds_of_zombies_of_v04_stay_in_a_box_that_the_keyboard_scrolls() -> Result<()> {
    let page = Page::open(Stage::V04)?;
    let requests = "const all = Array.from({length: 300}, (_, number) => fetch('/sleep/0?many=' + number)); \
                    window.allAnswered = false; Promise.all(all).then(() => window.allAnswered = true)";
    page.browser.script(requests)?;
    page.browser.wait("300 requests are answered", "return window.allAnswered")?;
    page.wait_for_a_look()?;
    assert!(zombies(&page)?.len() >= 300);
    let (height, whole, tab): (f64, f64, i32) = page.read(
        "const box = document.getElementById('tree').parentElement; \
         return [box.clientHeight, box.scrollHeight, box.tabIndex]",
    )?;
    assert!(height < 500.0 && whole > 2.0 * height, "a box {height} pixels high shows {whole}");
    assert_eq!(tab, 0, "the keyboard reaches the box");
    Ok(())
}

#[test]
fn no_zombie_stays_in_v05() -> Result<()> {
    let page = Page::open(Stage::V05)?;
    page.browser.click("send")?;
    page.wait_for_waterfall()?;
    page.wait_for_a_look()?;
    // A look can catch a child between its end and its reaping, but not each look.
    let sentence = page.wait_for("processes-said", "no zombies")?;
    assert!(sentence.starts_with("1 server, 1 child"), "{sentence}");
    assert!(page.table("processes-table")?.iter().any(|row| cell(row, 3) == "child, answered this look"));
    Ok(())
}

#[test]
fn v06_has_a_master_and_its_workers() -> Result<()> {
    let page = Page::open(Stage::V06)?;
    let sentence = page.wait_for("processes-said", "master")?;
    assert_eq!(sentence, format!("1 master, {WORKERS} workers, no zombies."));
    let rows = page.table("processes-table")?;
    let master = page.server.pid().to_string();
    assert_eq!((cell(&rows[0], 0), cell(&rows[0], 3)), (master.clone(), "master".to_owned()));
    for row in &rows[1..] {
        assert_eq!(cell(row, 1), master, "{row:?}");
        assert!(cell(row, 3).starts_with("worker"), "{row:?}");
    }
    Ok(())
}

#[test]
fn an_orphan_is_shown_as_a_program() -> Result<()> {
    let page = Page::open(Stage::V03)?;
    page.browser.click("orphan")?;
    let sentence = page.wait_for("orphan-said", "started process ")?;
    let pid: String = sentence.chars().filter(char::is_ascii_digit).collect();
    page.wait_for("processes-said", "1 server, 1 program, no zombies.")?;
    let rows = page.table("processes-table")?;
    assert_eq!(
        [0, 1, 3, 5].map(|column| cell(&rows[1], column)),
        [pid, page.server.pid().to_string(), "program".into(), "sleep".into()]
    );
    Ok(())
}

#[test]
fn the_looks_pause_after_a_while_and_a_button_goes_on() -> Result<()> {
    let page = Page::open(Stage::V06)?;
    // The rest of the twenty looks is skipped, to save the test their time.
    page.wait_for("looks", "Looks once a second.")?;
    page.browser.script("looksLeft = 1")?;
    page.wait_for("looks", "No more looks until you press “Look again”")?;
    let looks = "return performance.getEntriesByName(location.origin + '/processes').length";
    let before: usize = page.read(looks)?;
    page.browser.script("setTimeout(() => window.nextWouldBeDone = true, 1500)")?;
    page.browser.wait("the next look would be done by now", "return window.nextWouldBeDone === true")?;
    assert_eq!(page.read::<usize>(looks)?, before, "there was one more look");
    page.browser.click("look")?;
    page.wait_for("looks", "Looks once a second.")?;
    Ok(())
}

fn cell(row: &Row, column: usize) -> String {
    row.get(column).cloned().unwrap_or_default()
}

fn zombies(page: &Page) -> Result<Vec<Row>> {
    Ok(page.table("processes-table")?.into_iter().filter(|row| cell(row, 2) == "zombie").collect())
}
