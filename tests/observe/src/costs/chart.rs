//! The chart: groups of bars, each with its value in figures, in SVG.
//!
//! It has colours for a light and for a dark page. No colour means anything: each bar has its version's name before it.

use svg::Document;
use svg::node::element::{Group, Line, Rectangle, Style, Text, Title};

use crate::costs::Plan;
use crate::costs::figures::Spread;
use crate::costs::row::{Row, Speed};

const WIDTH: f64 = 660.0;
/// Where bars begin, and how long the longest is.
const LEFT: f64 = 124.0;
const LONGEST: f64 = 370.0;
/// From one bar to the next, from one group to the next, and the height of a group's title.
const STEP: f64 = 24.0;
const GAP: f64 = 24.0;
const HEAD: f64 = 28.0;
const BAR: f64 = 16.0;

const CSS: &str = "
text { font: 14px system-ui, sans-serif; fill: #1a1a1a }
.head { font-weight: 600 }
.page { fill: #ffffff }
.bar { fill: #0072b2 }
.spread { stroke: #1a1a1a; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f0f0 }
  .page { fill: #16181d }
  .bar { fill: #3d8fc9 }
  .spread { stroke: #f0f0f0 }
}
";

/// Bars that belong together.
struct Bars {
    title: String,
    bars: Vec<(String, Spread)>,
}

/// Draws what is known.
pub fn chart(rows: &[Row], plan: &Plan) -> String {
    let groups: Vec<_> = groups(rows, plan).into_iter().filter(|group| !group.bars.is_empty()).collect();
    let height: f64 = groups.iter().map(Bars::height).sum::<f64>() + GAP;
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .add(Title::new("What each version costs"))
        .add(Style::new(CSS))
        .add(Rectangle::new().set("class", "page").set("width", WIDTH).set("height", height));
    let mut top = GAP;
    for group in &groups {
        document = document.add(group.draw(top));
        top += group.height();
    }
    format!("{document}\n")
}

fn groups(rows: &[Row], plan: &Plan) -> Vec<Bars> {
    let ratios = |title: &str, figure: fn(&Speed) -> &[f64]| {
        let bars = rows.iter().filter_map(|row| Some((row.name(), row.ratio(rows, figure).ok()?)));
        Bars { title: title.to_owned(), bars: bars.collect() }
    };
    let count = |count: usize| Spread { median: count as f64, least: count as f64, greatest: count as f64 };
    let idle = rows.iter().filter(|row| !row.kept);
    let processes = idle.filter_map(|row| Some((row.name(), count(row.idle.as_ref().ok()?.processes))));
    vec![
        ratios("Requests a second, × v01's (more is better)", |speed| &speed.per_second),
        ratios("CPU a request, × v01's (less is better)", |speed| &speed.cpu),
        Bars {
            title: format!("Processes with {} idle clients (v01 to v03 serve one of them)", plan.idle),
            bars: processes.collect(),
        },
    ]
}

impl Bars {
    fn height(&self) -> f64 {
        HEAD + STEP * self.bars.len() as f64 + GAP
    }

    fn draw(&self, top: f64) -> Group {
        let title = Text::new(&self.title).set("class", "head").set("x", 16).set("y", top + 12.0);
        let greatest = self.bars.iter().map(|(_, spread)| spread.greatest).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let mut group = Group::new().add(title);
        for (place, (name, spread)) in self.bars.iter().enumerate() {
            let y = top + HEAD + STEP * place as f64;
            group = draw_bar(group, name, spread, y, LONGEST / greatest);
        }
        group
    }
}

fn draw_bar(group: Group, name: &str, spread: &Spread, y: f64, scale: f64) -> Group {
    let baseline = y + BAR - 3.0;
    let [length, least, greatest] = [spread.median, spread.least, spread.greatest].map(|value| round(value * scale));
    let name = Text::new(name).set("x", LEFT - 8.0).set("y", baseline).set("text-anchor", "end");
    let bar = Rectangle::new()
        .set("class", "bar")
        .set("x", LEFT)
        .set("y", y)
        .set("width", length.max(1.0))
        .set("height", BAR);
    let middle = y + BAR / 2.0;
    let line = Line::new().set("class", "spread").set("x1", LEFT + least).set("x2", LEFT + greatest);
    let line = line.set("y1", middle).set("y2", middle);
    let value = Text::new(spread.shown()).set("x", LEFT + greatest.max(length) + 8.0).set("y", baseline);
    let group = group.add(name).add(bar).add(value);
    if spread.least < spread.greatest { group.add(line) } else { group }
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
