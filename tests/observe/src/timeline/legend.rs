//! The legend of a picture: its shades and marks in words, and what else a reader has to know of this version's.

use suite::stage::Stage;
use svg::node::element::{Element, Group, Rectangle};

use super::layout::width;
use super::marks::{cross, line, piece, ring, round, text};
use super::model::Phase;

/// Draws something around a point.
type Draw = fn(f64, f64) -> Element;

/// From one line to the next.
const ROW: f64 = 26.0;

/// The phases in words, as the legend has them.
fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Queue => "waits to be accepted",
        Phase::Client => "server waits for the client",
        Phase::Work => "server works for the client",
        Phase::Idle => "connection kept, idle",
    }
}

/// In what a version's clients differ from those of the others.
pub fn note(stage: Stage) -> &'static str {
    match stage {
        Stage::V01 => {
            "No applications yet: all ask for /, and none sleeps. What one read gives, is answered as a request."
        }
        Stage::V02 => "No applications yet: all ask for /, and none sleeps.",
        _ => "",
    }
}

/// How much room it needs.
pub fn legend_height(stage: Stage) -> f64 {
    let lines = if note(stage).is_empty() { 2.0 } else { 3.0 };
    lines * ROW + 6.0
}

/// What the shades and the marks mean, on two lines, and the note.
pub fn legend(stage: Stage, top: f64) -> Group {
    let y = top + 12.0;
    let group = Group::new().set("class", "legend").add(shades(y)).add(marks(y + ROW));
    match note(stage) {
        "" => group,
        note => group.add(text(12.0, y + 12.0 + 2.0 * ROW, "quiet", note.to_owned())),
    }
}

fn shades(y: f64) -> Group {
    entries(y, Phase::ALL.map(|phase| (words(phase), move |x, y| shade(phase, x, y))))
}

fn shade(phase: Phase, x: f64, y: f64) -> Element {
    let shade = Rectangle::new().set("x", round(x - 11.0)).set("y", round(y - 7.0)).set("width", 22).set("height", 14);
    shade.set("class", phase.name()).into()
}

fn marks(y: f64) -> Group {
    let all: [(&str, Draw); 4] = [
        ("a piece of a request is sent", |x, y| piece(x, y - 2.0).into()),
        ("a process is born", |x, y| ring(x, y).into()),
        ("ends", |x, y| cross(x, y).into()),
        ("is a zombie: ended, not waited for", |x, y| line((x - 10.0, y), (x + 10.0, y), "zombie").into()),
    ];
    entries(y, all)
}

/// A line of entries: each is drawn around a point, its words follow.
fn entries<const COUNT: usize>(y: f64, all: [(&str, impl Fn(f64, f64) -> Element); COUNT]) -> Group {
    let (mut group, mut left) = (Group::new(), 12.0);
    for (words, draw) in all {
        group = group.add(draw(left + 11.0, y + 7.0)).add(text(left + 28.0, y + 12.0, "quiet", words.to_owned()));
        left += 28.0 + width(words) + 8.0;
    }
    group
}
