//! The book's site: each page is whole, fits each screen and can be read on it; a search finds; the keyboard stays with
//! the reader. It needs mdBook and Mermaid, which `.ci/site` fetches.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use browser::browser::{Browser, Scheme};
use browser::looks::{HEIGHT, WIDTHS, can_be_read, fits, keep_a_picture};
use browser::site::Site;
use suite::cargo::ROOT;
use thirtyfour::Key;

/// What is to be seen of a page, and where it leads.
#[derive(Default)]
struct Page {
    ids: HashSet<String>,
    links: Vec<String>,
}

/// What sticks out of the page's right side, and is in no box that scrolls. mdBook cuts it off.
const STICKS_OUT: &str = r#"
    const scrolls = one => one !== document.body
        && (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));
    return [...document.querySelectorAll('main *')]
        .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
        .filter(one => !scrolls(one)).map(one => one.outerHTML.slice(0, 80));"#;

#[test]
fn every_page_is_whole_in_light() -> Result<()> {
    every_page_is_whole(Scheme::Light)
}

#[test]
fn every_page_is_whole_in_dark() -> Result<()> {
    every_page_is_whole(Scheme::Dark)
}

fn every_page_is_whole(scheme: Scheme) -> Result<()> {
    let site = Site::build()?;
    let browser = Browser::start()?;
    browser.prefer(scheme)?;
    let mut pages = HashMap::new();
    for name in site.pages()? {
        let page = is_whole(&site, &browser, &name, scheme).with_context(|| name.clone())?;
        pages.insert(name, page);
    }
    assert!(pages.len() > 4 && pages.contains_key("index.html"), "{:?}", pages.keys());
    leads_somewhere(&site, &pages)
}

/// Looks at a page as it is when it is opened on a screen of each width, and with all folds open.
fn is_whole(site: &Site, browser: &Browser, name: &str, scheme: Scheme) -> Result<Page> {
    for width in WIDTHS {
        browser.resize(width, HEIGHT)?;
        open(browser, &site.address(name))?;
        let images: Vec<(String, u32)> =
            browser.read("return [...document.images].map(one => [one.src, one.naturalWidth])")?;
        for (source, width) in images {
            ensure!(width > 0, "the image {source} does not load");
        }
        browser.script("for (const one of document.querySelectorAll('details')) one.open = true")?;
        fits(browser, width)?;
        let outside: Vec<String> = browser.read(STICKS_OUT)?;
        ensure!(outside.is_empty(), "at a width of {width}, these stick out: {outside:#?}");
        can_be_read(browser, scheme)?;
        keep_a_picture(browser, &name.replace('/', "-").replace(".html", ""), width, scheme)?;
    }
    let errors = browser.errors()?;
    ensure!(errors.is_empty(), "the browser's console: {errors:#?}");
    let (ids, links) = browser.read(
        "return [[...document.querySelectorAll('[id]')].map(one => one.id), \
         [...document.querySelectorAll('a[href]')].map(one => one.href)]",
    )?;
    Ok(Page { ids, links })
}

/// Opens a page, and waits until its pictures are drawn.
fn open(browser: &Browser, address: &str) -> Result<()> {
    browser.open(address)?;
    let drawn = "return !document.querySelector('pre:not([data-fault]) > code.language-mermaid')";
    browser.wait("the pictures are drawn", drawn)?;
    let faults: Vec<String> =
        browser.read("return [...document.querySelectorAll('[data-fault]')].map(one => one.dataset.fault)")?;
    ensure!(faults.is_empty(), "Mermaid can't draw a picture: {}", faults.join("\n"));
    Ok(())
}

/// Each link between the pages leads to a file, and to a heading if it names one.
fn leads_somewhere(site: &Site, pages: &HashMap<String, Page>) -> Result<()> {
    let mut lost = BTreeSet::new();
    for (name, page) in pages {
        for link in &page.links {
            let Some((file, place)) = site.place(link).with_context(|| name.clone())? else { continue };
            let is_there = match (place, pages.get(&file)) {
                (Some(place), Some(target)) => target.ids.contains(&place),
                _ => site.file(&file).is_file(),
            };
            if !is_there {
                lost.insert(format!("{name} has a link to {link}"));
            }
        }
    }
    ensure!(lost.is_empty(), "these lead nowhere: {lost:#?}");
    Ok(())
}

#[test]
fn a_search_finds_zombies() -> Result<()> {
    let site = Site::build()?;
    let browser = Browser::start()?;
    browser.open(&site.address("index.html"))?;
    browser.click("mdbook-search-toggle")?;
    browser.write("mdbook-searchbar", "zombie")?;
    browser.wait("there are results", "return document.querySelectorAll('#mdbook-searchresults a').length > 0")?;
    browser.script("document.querySelector('#mdbook-searchresults a').click()")?;
    let found = "return !location.pathname.endsWith('/index.html') && document.readyState === 'complete' \
                 && document.querySelector('main').innerText.toLowerCase().includes('zombie')";
    browser.wait("the first result is a page that speaks of zombies", found)?;
    assert_eq!(browser.errors()?, [""; 0], "the browser's console");
    Ok(())
}

#[test]
fn arrow_keys_do_not_turn_pages() -> Result<()> {
    let site = Site::build()?;
    let browser = Browser::start()?;
    browser.resize(WIDTHS[0], HEIGHT)?;
    browser.open(&site.address("v02-read.html"))?;
    // As if somebody has a key handler after the page's own, at the place where mdBook has its.
    browser.script("window.keys = []; document.addEventListener('keydown', event => keys.push(event.key))")?;
    for key in [Key::Down, Key::Right, Key::Left, Key::Up] {
        browser.press(key)?;
    }
    assert!(browser.read::<bool>("return 'keys' in window")?, "a key has turned the page");
    assert_eq!(browser.read::<[String; 2]>("return keys")?, ["ArrowDown", "ArrowUp"], "what mdBook gets to see");
    // They do what the browser does with them: here they scroll a line of code.
    let code = "document.querySelector('pre > code[tabindex=\"0\"]')";
    browser.script(&format!("{code}.scrollIntoView(); {code}.focus()"))?;
    browser.press(Key::Right)?;
    browser.wait("the code is scrolled", &format!("return {code}.scrollLeft > 0"))?;
    assert!(browser.read::<String>("return location.pathname")?.ends_with("/v02-read.html"));
    // And nobody is told that they turn pages.
    let told = "return document.querySelector('[aria-keyshortcuts=Left], [aria-keyshortcuts=Right]') !== null \
                || document.getElementById('mdbook-help-popup').textContent.includes('→')";
    assert!(!browser.read::<bool>(told)?);
    Ok(())
}

#[test]
fn pictures_follow_the_theme_that_a_reader_chooses() -> Result<()> {
    let site = Site::build()?;
    let browser = Browser::start()?;
    browser.prefer(Scheme::Light)?;
    open(&browser, &site.address("v02-read.html"))?;
    browser.script(
        "window.before = document.querySelector('.picture'); document.getElementById('mdbook-theme-navy').click()",
    )?;
    browser.wait(
        "the picture is drawn once more",
        "const now = document.querySelector('.picture'); return now !== before && now.innerHTML !== before.innerHTML",
    )?;
    Ok(())
}

#[test]
fn without_what_draws_them_pictures_are_their_source() -> Result<()> {
    let site = Site::build_without_pictures()?;
    let browser = Browser::start()?;
    browser.open(&site.address("v02-read.html"))?;
    let source: String = browser.read("return document.querySelector('code.language-mermaid').innerText")?;
    assert!(source.starts_with("flowchart") && source.lines().count() > 5, "{source}");
    Ok(())
}

/// What the box at the top of each chapter says: a line for each of its paragraphs.
const HEADS: &str = "return [...document.querySelectorAll('.chapter-head')].map(head => \
                     [...head.children].map(one => one.textContent.replaceAll(/\\s+/g, ' ')))";

#[test]
fn a_chapter_begins_with_what_it_gives_and_takes() -> Result<()> {
    let site = Site::build()?;
    let browser = Browser::start()?;
    let mut all = Vec::new();
    let pages = site.pages()?;
    let chapters = pages.iter().map(String::as_str).filter(|page| page.starts_with("v0"));
    for page in chapters.chain(["print.html"]) {
        open(&browser, &site.address(page))?;
        let heads: Vec<Vec<String>> = browser.read(HEADS)?;
        for head in &heads {
            let [gain, effort, end] = &head[..] else { bail!("{page}: {head:#?}") };
            ensure!(gain.starts_with("After this chapter, your server "), "{page}: {gain}");
            ensure!(effort.contains(" lines to type, in "), "{page}: {effort}");
            ensure!(end.starts_with("At the end: cargo learn check v0"), "{page}: {end}");
        }
        match page {
            "print.html" => {
                ensure!(heads.iter().all(|head| all.contains(head)) && heads.len() == all.len(), "{heads:#?}")
            }
            _ => ensure!(heads.len() == 1, "{page} has {} heads", heads.len()),
        }
        all.extend(heads);
    }
    let end = "At the end: cargo learn check v02.7";
    ensure!(all.iter().flatten().any(|line| line == end), "{all:#?}");
    Ok(())
}

/// Where the captions of code lead to: the names of the files, and the addresses.
const CAPTIONS: &str = "return [...document.querySelectorAll('main p > a:first-child > code:only-child')]
    .filter(code => code.textContent.startsWith('crates/')).map(code => [code.textContent, code.parentElement.href])";

#[test]
fn a_caption_leads_to_its_file() -> Result<()> {
    let site = Site::build()?;
    let browser = Browser::start()?;
    open(&browser, &site.address("v02-read.html"))?;
    let captions: Vec<(String, String)> = browser.read(CAPTIONS)?;
    ensure!(captions.len() > 20, "{captions:#?}");
    for (name, address) in &captions {
        ensure!(*address == site.address(&format!("{name}.txt")), "{name} leads to {address}");
        let (copy, file) = (fs::read(site.file(&format!("{name}.txt")))?, fs::read(Path::new(ROOT).join(name))?);
        ensure!(copy == file, "the site's copy of {name} is another file");
    }
    Ok(())
}

/// Clicks the copy button of each block of commands, and reads what is displayed in it at that moment: mdBook copies that.
const COPIED: &str = r"
    return [...document.querySelectorAll('main code.language-console')].map(code => {
        const button = code.parentElement.querySelector('.clip-button');
        let copied = '';
        button.addEventListener('click', () => copied = code.innerText);
        const before = code.innerText;
        button.click();
        return [before, copied, code.innerText];
    });";

#[test]
fn the_copy_button_takes_commands_alone() -> Result<()> {
    let site = Site::build()?;
    let browser = Browser::start()?;
    open(&browser, &site.address("v01.html"))?;
    let blocks: Vec<(String, String, String)> = browser.read(COPIED)?;
    ensure!(blocks.len() > 10, "{blocks:#?}");
    for (before, copied, after) in &blocks {
        ensure!(before == after, "{before:?} is {after:?} when it has been copied");
        if !before.contains("$ ") {
            ensure!(copied == before, "of {before:?}, in which nothing is typed, this is copied: {copied:?}");
            continue;
        }
        let (mut typed, mut goes_on) = (Vec::new(), false);
        for line in before.lines() {
            typed.extend(line.strip_prefix("$ ").or(goes_on.then_some(line)));
            goes_on = line.ends_with('\\') && (goes_on || line.starts_with("$ "));
        }
        ensure!(copied.trim_end() == typed.join("\n"), "of {before:?} this is copied: {copied:?}");
    }
    Ok(())
}
