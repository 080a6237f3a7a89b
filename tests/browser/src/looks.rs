//! What holds for each page in every width and scheme: it fits, and can be read. With `SCREENSHOTS=folder` a picture of
//! it is written into that folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::browser::{Browser, Scheme};
use crate::colour::{LEGIBLE, contrast};

/// The narrowest screen that a page has to fit, and a wide one; in CSS pixels.
pub const WIDTHS: [u32; 2] = [360, 1440];

/// The height of the screen.
pub const HEIGHT: u32 = 900;

/// Chromium makes no picture that is higher.
const HIGHEST: u32 = 16_000;

/// Every text that shows: what it says, and its colours. Drawings have colours of another kind.
const TEXTS: &str = r#"
    const opaque = one => {
        const colour = getComputedStyle(one).backgroundColor;
        return colour === 'rgba(0, 0, 0, 0)' && one.parentElement ? opaque(one.parentElement) : colour;
    };
    return [...document.querySelectorAll('body *')].filter(one => one.checkVisibility() && !one.closest('svg'))
        .filter(one => [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()))
        .map(one => [one.textContent.trim().slice(0, 40), getComputedStyle(one).color, opaque(one)]);"#;

/// Nothing makes the page wider than the window.
pub fn fits(browser: &Browser, width: u32) -> Result<()> {
    let (inner, whole): (u32, u32) =
        browser.read("return [window.innerWidth, document.documentElement.scrollWidth]")?;
    ensure!(inner == width, "the window is {inner} pixels wide, not {width}");
    ensure!(whole <= width, "the page is {whole} pixels wide in a window of {width}");
    Ok(())
}

/// Each text stands out from its background. Gives back how many there are.
pub fn can_be_read(browser: &Browser, scheme: Scheme) -> Result<usize> {
    let texts: Vec<(String, String, String)> = browser.read(TEXTS)?;
    // One example for each two colours says enough.
    let mut faint = BTreeMap::new();
    for (text, colour, background) in &texts {
        let contrast = contrast(colour, background).with_context(|| format!("{text:?}"))?;
        if contrast < LEGIBLE {
            faint.insert(format!("{colour} on {background}, a contrast of {contrast:.2}"), text);
        }
    }
    ensure!(faint.is_empty(), "in {scheme:?}, these can't be read: {faint:#?}");
    Ok(texts.len())
}

/// Keeps a picture of the whole page if that is asked for.
pub fn keep_a_picture(browser: &Browser, name: &str, width: u32, scheme: Scheme) -> Result<()> {
    let Some(folder) = env::var_os("SCREENSHOTS") else { return Ok(()) };
    let height: u32 = browser.read("return document.documentElement.scrollHeight")?;
    browser.resize(width, height.min(HIGHEST))?;
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(folder);
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}-{width}-{}.png", scheme.name()));
    fs::write(&file, browser.screenshot()?).with_context(|| format!("cannot write {}", file.display()))
}
