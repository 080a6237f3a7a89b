//! Whether a text can be read on its background: the contrast ratio of WCAG 2.2, from 1 (none) to 21.

use anyhow::{Context, Result};

/// What level AA asks of a text of usual size (success criterion 1.4.3).
pub const LEGIBLE: f64 = 4.5;

/// The contrast of two colours as the browser computes them, such as `rgb(28, 33, 39)`.
pub fn contrast(one: &str, other: &str) -> Result<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Ok((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

/// The relative luminance of an opaque colour.
fn luminance(colour: &str) -> Result<f64> {
    let inner = colour.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')'));
    let inner = inner.with_context(|| format!("{colour} is no opaque colour"))?;
    let channels: Vec<f64> =
        inner.split(',').map(|number| Ok(number.trim().parse::<f64>()? / 255.0)).collect::<Result<_>>()?;
    let linear =
        |channel: &f64| if *channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) };
    Ok(channels.iter().zip([0.2126, 0.7152, 0.0722]).map(|(channel, weight)| weight * linear(channel)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_has_the_highest_contrast_and_white_on_white_none() {
        let of = |one, other| contrast(one, other).expect("a contrast");
        assert!((of("rgb(0, 0, 0)", "rgb(255, 255, 255)") - 21.0).abs() < 0.01);
        assert!((of("rgb(255, 255, 255)", "rgb(255, 255, 255)") - 1.0).abs() < 0.01);
        // The lightest grey that can be read on white.
        assert!(of("rgb(118, 118, 118)", "rgb(255, 255, 255)") >= LEGIBLE);
        assert!(of("rgb(119, 119, 119)", "rgb(255, 255, 255)") < LEGIBLE);
    }
}
