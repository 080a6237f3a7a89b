//! Draws a timeline as SVG: time to the right, a lane for each process, a bar for each client in the lane of who serves
//! it.
//!
//! Work is dark, each kind of wait has a shade of its own. Every bar says in its `data-` attributes, in milliseconds,
//! what it shows. The colours follow the reader's scheme, light or dark; the picture brings its own ground, so that it
//! is legible on any page.

use std::time::Duration;

use svg::Document;
use svg::node::element::{Description, Group, Rectangle, Style, Title};

use super::layout::{BAR, Bar, LEFT, LIFE, Lane, SCALE, lanes, x};
use super::legend::{legend, legend_height, note};
use super::marks::{cross, line, milliseconds, piece, ring, round, text};
use super::model::{Process, Span, Timeline};

const WIDTH: f64 = 960.0;
/// Where the axis stands; the lanes begin below it.
const AXIS: f64 = 56.0;
const TICK: u64 = 500;

const STYLE: &str = include_str!("style.css");

/// The picture, and where it was made.
pub fn draw(timeline: &Timeline, made: &str) -> String {
    let lanes = lanes(timeline, AXIS);
    let bottom = lanes.last().map_or(AXIS, |lane| lane.bottom);
    let (wide, high) = (WIDTH.max(x(timeline.end) + 18.0), bottom + legend_height(timeline.stage));
    let description = [timeline.sentences(), note(timeline.stage).to_owned()].join(" ");
    let mut document = Document::new()
        .set("viewBox", (0, 0, wide.ceil(), high.ceil()))
        .set("width", wide.ceil())
        .set("height", high.ceil())
        .set("role", "img")
        .set("aria-labelledby", "title description")
        .set("data-version", timeline.stage.name())
        .set("data-blind", milliseconds(timeline.blind))
        .add(Title::new(heading(timeline)).set("id", "title"))
        .add(Description::new().set("id", "description").add(svg::node::Text::new(description)))
        .add(Style::new(STYLE))
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("class", "paper"))
        .add(text(12.0, 24.0, "heading", heading(timeline)))
        .add(text(wide - 12.0, 24.0, "quiet", made.to_owned()).set("text-anchor", "end"))
        .add(axis(wide, bottom));
    for lane in &lanes {
        document = document.add(draw_lane(lane, timeline, wide));
    }
    format!("{}\n", document.add(legend(timeline.stage, bottom)))
}

fn heading(timeline: &Timeline) -> String {
    format!("{}: {}", timeline.stage, timeline.stage.title())
}

fn axis(wide: f64, bottom: f64) -> Group {
    let mut group = Group::new();
    for tick in (0..).map(|number| Duration::from_millis(number * TICK)).take_while(|&tick| x(tick) <= wide - 12.0) {
        let seconds = if tick.is_zero() { "0".to_owned() } else { format!("{} s", tick.as_secs_f64()) };
        group = group
            .add(line((x(tick), AXIS - 6.0), (x(tick), bottom), "edge"))
            .add(text(x(tick), AXIS - 10.0, "quiet", seconds).set("text-anchor", "middle"));
    }
    group
}

fn draw_lane(lane: &Lane, timeline: &Timeline, wide: f64) -> Group {
    let mut group = Group::new().set("class", "lane");
    group = group.add(line((12.0, lane.top), (wide - 12.0, lane.top), "edge"));
    group = group.add(text(12.0, lane.top + 21.0, "name", lane.name.clone()));
    if let Some(process) = lane.process {
        group = group.add(life(lane, process, timeline));
    } else if lane.bars.is_empty() {
        group = group.add(text(LEFT + 4.0, lane.top + 21.0, "quiet", "nobody".to_owned()));
    }
    // The thin ones last: they stand on the edges of their neighbours.
    let (thin, wide): (Vec<_>, Vec<_>) = lane.bars.iter().partition(|bar| bar.is_thin());
    for bar in wide.into_iter().chain(thin) {
        group = group.add(draw_bar(bar, lane));
    }
    group
}

fn draw_bar(bar: &Bar, lane: &Lane) -> Group {
    let mut group = Group::new();
    for (number, span) in bar.spans.iter().enumerate() {
        let right = bar.spans.get(number + 1).map_or(bar.right, |next| x(next.start));
        let shape = rectangle(span, bar.top, right);
        group = group.add(shape.set("data-client", bar.client.name.as_str()).set("data-lane", lane.name.as_str()));
    }
    let is_here = |time: &&Duration| bar.left - 1.5 <= x(**time) && x(**time) <= bar.right;
    for &time in bar.client.pieces.iter().filter(is_here).filter(|_| bar.client.pieces.len() > 1) {
        group = group.add(piece(x(time), bar.top + BAR));
    }
    let ground = bar.label.ground.map(|phase| format!("on-{}", phase.name()));
    let class = ground.as_deref().unwrap_or("beside");
    group.add(text(bar.label.x, bar.label.y, class, bar.client.name.clone()))
}

fn rectangle(span: &Span, top: f64, right: f64) -> Rectangle {
    Rectangle::new()
        .set("x", round(x(span.start)))
        .set("y", round(top))
        .set("width", round(right - x(span.start)))
        .set("height", BAR)
        .set("class", span.phase.name())
        .set("data-phase", span.phase.name())
        .set("data-start", milliseconds(span.start))
        .set("data-end", milliseconds(span.end))
}

/// The line of a process's life: a ring at its birth, a cross at its end, broken while it is a zombie.
fn life(lane: &Lane, process: &Process, timeline: &Timeline) -> Group {
    let y = if lane.bars.is_empty() { (lane.top + lane.bottom) / 2.0 } else { lane.bottom - LIFE / 2.0 };
    let born = process.born.unwrap_or_default();
    let ended = process.ended.unwrap_or(timeline.end);
    let mut group = Group::new()
        .set("data-process", process.name.as_str())
        .set("data-zombie-in-the-end", process.is_zombie_in_the_end().to_string());
    group = group.add(line((x(born), y), (x(ended), y), "life"));
    if let Some(born) = process.born {
        group = group.set("data-born", milliseconds(born));
        group = group.add(ring(x(born), y));
    }
    if let Some(ended) = process.ended {
        group = group.set("data-ended", milliseconds(ended));
        if process.is_zombie_in_the_end() {
            let word = text(x(timeline.end), y - 6.0, "zombie-word", "zombie".to_owned()).set("text-anchor", "end");
            group = group.add(line((x(ended), y), (x(timeline.end), y), "zombie")).add(word);
        }
        group = group.add(cross(x(ended), y));
    }
    group
}

/// The scale in words.
pub fn scale() -> String {
    format!("{} pixels a second", SCALE * 1000.0)
}
