//! Where everything stands in a picture: lanes from top to bottom, in each the rows of its bars, and their labels.
//!
//! Bars that overlap get rows of their own. A label stands in its bar if it fits, else to the right of it if there is
//! room, else on a line above.

use super::model::{Client, Phase, Process, Span, Timeline};

/// Pixels for a millisecond, the same in all pictures.
pub const SCALE: f64 = 0.28;
/// Where time begins, right of the names of the lanes.
pub const LEFT: f64 = 142.0;
/// The height of a bar, and of a line of text.
pub const BAR: f64 = 20.0;
pub const LINE: f64 = 17.0;
/// The room below a row, and for the line of a process's life.
pub const GAP: f64 = 6.0;
pub const LIFE: f64 = 14.0;
/// The least width of a bar that is to be seen.
const THIN: f64 = 3.0;
/// A guess at the width of a letter: wide, for which font a reader has nobody knows.
const LETTER: f64 = 8.2;

/// A bar of one client in one lane: the spans that follow one another there.
pub struct Bar<'a> {
    pub client: &'a Client,
    pub spans: Vec<Span>,
    /// Its left and right edge, and the upper edge.
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub label: Label,
}

impl Bar<'_> {
    /// Whether it is wider than what it shows.
    pub fn is_thin(&self) -> bool {
        self.right - self.left <= THIN
    }
}

pub struct Label {
    pub x: f64,
    /// The base line.
    pub y: f64,
    /// What it stands on, if it stands in the bar.
    pub ground: Option<Phase>,
}

/// A lane: a process with the bars of those it serves, or the clients that wait to be accepted.
pub struct Lane<'a> {
    pub name: String,
    pub process: Option<&'a Process>,
    pub bars: Vec<Bar<'a>>,
    pub top: f64,
    pub bottom: f64,
}

/// Where a moment stands.
pub fn x(time: std::time::Duration) -> f64 {
    LEFT + time.as_secs_f64() * 1000.0 * SCALE
}

/// How wide a text is, or a little less.
pub fn width(text: &str) -> f64 {
    text.chars().count() as f64 * LETTER
}

/// All lanes, from `top` downwards.
pub fn lanes(timeline: &Timeline, top: f64) -> Vec<Lane<'_>> {
    let waiting = timeline.clients.iter().filter_map(|client| bar(client, |phase| phase == Phase::Queue)).collect();
    let mut lanes = vec![lane("not accepted yet".to_owned(), None, waiting, top)];
    for (place, process) in timeline.processes.iter().enumerate() {
        let served = timeline.clients.iter().filter(|client| client.process == Some(place));
        let bars = served.filter_map(|client| bar(client, |phase| phase != Phase::Queue)).collect();
        let top = lanes.last().map_or(top, |lane| lane.bottom);
        lanes.push(lane(process.name.clone(), Some(process), bars, top));
    }
    lanes
}

fn bar(client: &Client, belongs: impl Fn(Phase) -> bool) -> Option<Bar<'_>> {
    let spans: Vec<_> = client.spans().into_iter().filter(|span| belongs(span.phase)).collect();
    let (left, right) = (x(spans.first()?.start), x(spans.last()?.end));
    let label = Label { x: 0.0, y: 0.0, ground: None };
    Some(Bar { client, spans, left, right: right.max(left + THIN), top: 0.0, label })
}

fn lane<'a>(name: String, process: Option<&'a Process>, mut bars: Vec<Bar<'a>>, top: f64) -> Lane<'a> {
    bars.sort_by(|one, other| one.left.total_cmp(&other.left));
    let mut bottom = top + GAP;
    for row in rows(&bars) {
        bottom = place(&mut bars, &row, bottom) + GAP;
    }
    if process.is_some() {
        bottom += LIFE;
    }
    bottom = bottom.max(top + LINE + 2.0 * GAP); // There is always room for its name.
    Lane { name, process, bars, top, bottom }
}

/// Which bars stand in which row: each in the first that has room.
fn rows(bars: &[Bar]) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for (number, bar) in bars.iter().enumerate() {
        let has_room = |row: &&mut Vec<usize>| row.last().is_none_or(|&last| follows(&bars[last], bar));
        match rows.iter_mut().find(has_room) {
            Some(row) => row.push(number),
            None => rows.push(vec![number]),
        }
    }
    rows
}

/// Whether a bar can stand to the right of another. A thin one may hide the edge of its neighbour, but not another thin
/// one.
fn follows(left: &Bar, right: &Bar) -> bool {
    let overlap = left.right - right.left;
    overlap <= if left.is_thin() && right.is_thin() { 0.0 } else { THIN }
}

/// Gives the bars of a row and their labels their places; returns where the row ends.
fn place(bars: &mut [Bar], row: &[usize], top: f64) -> f64 {
    let next = |number: usize, bars: &[Bar]| row.get(number + 1).map_or(f64::MAX, |&next| bars[next].left);
    // The right edge of what stands on each line above the bars.
    let mut lines: Vec<f64> = Vec::new();
    let mut above = Vec::new();
    for (number, &this) in row.iter().enumerate() {
        let (room, wide) = (next(number, bars), width(&bars[this].client.name));
        let bar = &mut bars[this];
        if let Some(span) = bar.spans.iter().find(|span| x(span.end) - x(span.start) >= wide + 6.0) {
            bar.label = Label { x: x(span.start) + 5.0, y: 0.0, ground: Some(span.phase) };
        } else if room - bar.right >= wide + 8.0 {
            bar.label = Label { x: bar.right + 4.0, y: 0.0, ground: None };
        } else {
            let line = lines.iter().position(|&right| right <= bar.left).unwrap_or(lines.len());
            lines.resize(lines.len().max(line + 1), 0.0);
            lines[line] = bar.left + wide;
            bar.label = Label { x: bar.left, y: 0.0, ground: None };
            above.push((this, line));
        }
    }
    let height = lines.len() as f64 * LINE;
    for &this in row {
        bars[this].top = top + height;
        bars[this].label.y = top + height + BAR - 5.0;
    }
    for (this, line) in above {
        bars[this].label.y = top + height - 4.0 - line as f64 * LINE;
    }
    top + height + BAR
}
