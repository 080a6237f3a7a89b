//! What holds for the page in every version, width and scheme: it loads without an error, fits, can be read, and can be
//! used with the keyboard alone.

use anyhow::Result;
use browser::browser::Scheme;
use browser::looks::{HEIGHT, WIDTHS, can_be_read, fits, keep_a_picture};
use browser::page::Page;
use browser::versions::VERSIONS;
use suite::stage::Stage;
use thirtyfour::Key;

#[test]
fn v03_looks_right() -> Result<()> {
    looks_right(Stage::V03)
}

#[test]
fn v04_looks_right() -> Result<()> {
    looks_right(Stage::V04)
}

#[test]
fn v05_looks_right() -> Result<()> {
    looks_right(Stage::V05)
}

#[test]
fn v06_looks_right() -> Result<()> {
    looks_right(Stage::V06)
}

/// Looks at the page with everything on it: the waterfall drawn, the tables open.
fn looks_right(version: Stage) -> Result<()> {
    let page = Page::open(version)?;
    page.browser.click("send")?;
    page.wait_for_waterfall()?;
    page.wait_for_a_look()?;
    page.browser.script("for (const one of document.querySelectorAll('details')) one.open = true")?;
    for width in WIDTHS {
        let mut backgrounds = Vec::new();
        for scheme in [Scheme::Light, Scheme::Dark] {
            page.browser.prefer(scheme)?;
            page.browser.resize(width, HEIGHT)?;
            fits(&page.browser, width)?;
            let texts = can_be_read(&page.browser, scheme)?;
            assert!(texts > 50, "{texts} texts show");
            backgrounds.push(page.read::<String>("return getComputedStyle(document.body).backgroundColor")?);
            keep_a_picture(&page.browser, version.name(), width, scheme)?;
        }
        assert_ne!(backgrounds[0], backgrounds[1], "light and dark differ");
    }
    assert_eq!(page.browser.errors()?, [""; 0], "the browser's console");
    Ok(())
}

#[test]
fn every_button_can_be_pressed_with_the_keyboard_alone() -> Result<()> {
    let page = Page::open(Stage::V06)?;
    for (button, key, sentence, words) in [
        ("send", Key::Enter, "waterfall-said", "8 requests, answered by "),
        ("look", Key::Space, "looks", "Looks once a second."),
        ("orphan", Key::Enter, "orphan-said", "started process "),
        ("ask", Key::Space, "environ-said", " variables for one request."),
    ] {
        page.browser.script(&format!("document.getElementById('{sentence}').textContent = ''"))?;
        tab_to(&page, button)?;
        page.browser.press(key)?;
        page.wait_for(sentence, words)?;
    }
    Ok(())
}

/// Presses the tab key until a button has the focus, which must be seen there.
fn tab_to(page: &Page, id: &str) -> Result<()> {
    for _ in 0..40 {
        page.browser.press(Key::Tab)?;
        let (focus, outline): (String, String) =
            page.read("const one = document.activeElement; return [one.id, getComputedStyle(one).outlineStyle]")?;
        assert_ne!(outline, "none", "the focus at {focus:?} can't be seen");
        if focus == id {
            return Ok(());
        }
    }
    panic!("the tab key does not reach {id}");
}

#[test]
fn the_environ_lists_what_the_browser_sent() -> Result<()> {
    for version in VERSIONS {
        let page = Page::open(version)?;
        page.wait_for("environ-said", "variables for one request.")?;
        let rows: Vec<[String; 2]> = page.read(
            "const names = [...document.querySelectorAll('#variables dt')]; \
             return names.map(one => [one.textContent, one.nextSibling.textContent])",
        )?;
        let value = |name: &str| rows.iter().find(|[known, _]| known == name).map(|[_, value]| value.clone());
        assert_eq!(value("REQUEST_METHOD").as_deref(), Some("GET"), "{version}: {rows:?}");
        assert_eq!(value("PATH_INFO").as_deref(), Some("/environ"), "{version}: {rows:?}");
        let agent: String = page.read("return navigator.userAgent")?;
        assert_eq!(value("HTTP_USER_AGENT"), Some(agent), "{version}: {rows:?}");
        assert_eq!(page.browser.errors()?, [""; 0], "the browser's console");
    }
    Ok(())
}

#[test]
fn only_what_a_version_has_is_offered() -> Result<()> {
    for version in VERSIONS {
        let page = Page::open(version)?;
        let shown: Vec<String> = page.read(
            "const all = [...document.querySelectorAll('[data-in]')]; \
             return all.filter(one => one.checkVisibility()).map(one => one.dataset.in)",
        )?;
        assert!(shown.len() >= 2 && shown.iter().all(|names| names.contains(version.name())), "{version}: {shown:?}");
        let spins: bool = page.read("return document.querySelector('[href^=\"/spin/\"]').checkVisibility()")?;
        assert_eq!(spins, version == Stage::V06, "{version}");
    }
    Ok(())
}
