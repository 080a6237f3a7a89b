//! The waterfall of each version: eight requests at once, and who worked on which when.

use std::collections::HashSet;

use anyhow::Result;
use browser::page::{Bar, Page, REQUESTS, Span};
use browser::versions::WORKERS;
use suite::stage::Stage;

/// How far a segment may be from its place: a pixel and a half for rounding.
const NEAR: f64 = 1.5;

#[test]
fn v03_draws_a_staircase_of_one_process() -> Result<()> {
    let (sentence, bars) = run(Stage::V03)?;
    assert_eq!(processes(&bars), 1, "{sentence}");
    for bar in &bars {
        assert_eq!(bar.together(&bars), 1, "two are at work at once: {bars:#?}");
    }
    assert!(sentence.starts_with("8 requests, answered by 1 process, one after another, within "), "{sentence}");
    Ok(())
}

#[test]
fn v04_draws_bars_side_by_side_of_eight_processes() -> Result<()> {
    let (sentence, bars) = run(Stage::V04)?;
    side_by_side(&bars, REQUESTS..=REQUESTS, &sentence);
    Ok(())
}

#[test]
fn v05_draws_bars_side_by_side_of_eight_processes() -> Result<()> {
    let (sentence, bars) = run(Stage::V05)?;
    side_by_side(&bars, REQUESTS..=REQUESTS, &sentence);
    Ok(())
}

#[test]
fn v06_draws_bars_side_by_side_of_its_workers() -> Result<()> {
    let (sentence, bars) = run(Stage::V06)?;
    side_by_side(&bars, 1..=WORKERS, &sentence);
    Ok(())
}

/// Sends the eight requests, and checks what holds for each version.
fn run(version: Stage) -> Result<(String, Vec<Bar>)> {
    let page = Page::open(version)?;
    page.browser.click("send")?;
    let sentence = page.wait_for_waterfall()?;
    let bars = page.bars()?;
    assert_eq!(bars.len(), REQUESTS, "{sentence}");
    assert_eq!(page.browser.errors()?, [""; 0], "the browser's console");
    let limit: bool = page.read("return !document.getElementById('limit').hidden")?;
    let first = bars.iter().map(|bar| bar.work_end).fold(f64::INFINITY, f64::min);
    let waited = bars.iter().any(|bar| bar.began >= first);
    assert_eq!(limit, waited, "the limit of six is told where a request waited for it, and only there: {bars:#?}");
    assert!(waited, "eight requests need more than six connections: {bars:#?}");
    for bar in &bars {
        is_drawn_as_it_says(bar);
    }
    the_table_says_the_same(&page, &bars)?;
    Ok((sentence, bars))
}

fn side_by_side(bars: &[Bar], expected: std::ops::RangeInclusive<usize>, sentence: &str) {
    assert!(expected.contains(&processes(bars)), "{} processes: {bars:#?}", processes(bars));
    let together = bars.iter().map(|bar| bar.together(bars)).max().unwrap_or_default();
    assert!(together > 1, "one works after another: {bars:#?}");
    let processes = match processes(bars) {
        1 => "1 process".to_owned(),
        many => format!("{many} processes"),
    };
    let begins = format!("8 requests, answered by {processes}, up to {together} at the same time, within ");
    assert!(sentence.starts_with(&begins), "{sentence:?} does not begin with {begins:?}");
}

fn processes(bars: &[Bar]) -> usize {
    bars.iter().map(|bar| bar.pid).collect::<HashSet<_>>().len()
}

/// The segments lie in the picture where the numbers say.
fn is_drawn_as_it_says(bar: &Bar) {
    let place = |ms: f64| bar.track.left + ms / bar.scale * (bar.track.right - bar.track.left);
    let expected = [
        ("browser", bar.sent, bar.began),
        ("server", bar.began, bar.work_start),
        ("work", bar.work_start, bar.work_end),
    ];
    let expected: Vec<_> = expected.into_iter().filter(|(_, from, to)| to > from).collect();
    let kinds: Vec<_> = bar.segments.iter().map(|segment| segment.kind.as_str()).collect();
    assert_eq!(kinds, expected.iter().map(|(kind, ..)| *kind).collect::<Vec<_>>(), "{bar:#?}");
    for (segment, (kind, from, to)) in bar.segments.iter().zip(expected) {
        let Span { left, right } = segment.span;
        let is_near = |one: f64, other: f64| (one - other).abs() <= NEAR;
        // A border makes a very short segment two pixels wide.
        let is_right = is_near(left, place(from)) && (is_near(right, place(to)) || right - left <= 2.0 + NEAR);
        assert!(is_right, "the segment {kind} is not where it should be: {bar:#?}");
    }
    assert!((450.0..=500.0).contains(&(bar.work_end - bar.work_start)), "it slept for 500 ms: {bar:#?}");
}

fn the_table_says_the_same(page: &Page, bars: &[Bar]) -> Result<()> {
    let expected: Vec<Vec<String>> = bars
        .iter()
        .zip(1..)
        .map(|(bar, number)| {
            let Bar { pid, sent, began, work_start, work_end, .. } = bar;
            let waits = format!("{} in the browser, {} for the server", began - sent, work_start - began);
            let numbers =
                [number.to_string(), pid.to_string(), sent.to_string(), began.to_string(), work_end.to_string()];
            numbers.into_iter().chain([waits, format!("{work_start} to {work_end}")]).collect()
        })
        .collect();
    assert_eq!(page.table("bars-table")?, expected);
    Ok(())
}
