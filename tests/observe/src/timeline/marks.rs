//! The small shapes that pictures are made of.

use std::time::Duration;

use svg::node::element::{Circle, Line, Path, Text};

/// A small triangle below the bar: a piece of a request was sent.
pub fn piece(x: f64, y: f64) -> Path {
    let (x, y) = (round(x), round(y));
    Path::new().set("class", "piece").set("d", format!("M{x},{} l-4,6 h8 z", y - 1.0))
}

/// A ring: a process was born.
pub fn ring(x: f64, y: f64) -> Circle {
    Circle::new().set("cx", round(x)).set("cy", round(y)).set("r", 4).set("class", "birth")
}

/// A cross: a process ended.
pub fn cross(x: f64, y: f64) -> Path {
    let (x, y) = (round(x - 4.0), round(y - 4.0));
    Path::new().set("class", "death").set("d", format!("M{x},{y} l8,8 m0,-8 l-8,8"))
}

pub fn text(x: f64, y: f64, class: &str, words: String) -> Text {
    Text::new(words).set("x", round(x)).set("y", round(y)).set("class", class)
}

pub fn line(from: (f64, f64), to: (f64, f64), class: &str) -> Line {
    Line::new()
        .set("x1", round(from.0))
        .set("y1", round(from.1))
        .set("x2", round(to.0))
        .set("y2", round(to.1))
        .set("class", class)
}

/// To a tenth: of a pixel, or of a millisecond.
pub fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

pub fn milliseconds(time: Duration) -> f64 {
    round(time.as_secs_f64() * 1000.0)
}
