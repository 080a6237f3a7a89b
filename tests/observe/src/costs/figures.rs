//! Figures from several rounds: their middle and their spread, and how they compare with another version's.

/// The median of some measured values, with the least and the greatest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub greatest: f64,
}

impl Spread {
    /// None if there are no values.
    pub fn of(values: &[f64]) -> Option<Spread> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (least, greatest) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Spread { median, least, greatest })
    }

    /// The ratios of two versions' values, round by round: what slows a whole round down is in both.
    pub fn of_ratios(values: &[f64], others: &[f64]) -> Option<Spread> {
        let ratios: Vec<_> = values.iter().zip(others).map(|(value, other)| value / other).collect();
        Spread::of(&ratios)
    }

    /// The median, and in brackets the spread.
    pub fn shown(&self) -> String {
        if self.least == self.greatest {
            return shown(self.median);
        }
        format!("{} ({}–{})", shown(self.median), shown(self.least), shown(self.greatest))
    }
}

/// A figure with three digits that tell something; a comma parts the thousands.
pub fn shown(value: f64) -> String {
    let digits = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    match text.len().checked_sub(3) {
        Some(place @ 1..) if digits == 0 => format!("{},{}", &text[..place], &text[place..]),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_stands_in_the_middle() {
        let spread = |values: &[f64]| Spread::of(values).map(|spread| (spread.median, spread.least, spread.greatest));
        assert_eq!(spread(&[3.0, 1.0, 2.0]), Some((2.0, 1.0, 3.0)));
        assert_eq!(spread(&[4.0, 1.0]), Some((2.5, 1.0, 4.0)));
        assert_eq!(spread(&[]), None);
        assert_eq!(Spread::of_ratios(&[2.0, 6.0], &[1.0, 2.0]).map(|ratio| ratio.median), Some(2.5));
    }

    #[test]
    fn figures_have_the_digits_that_tell_something() {
        let texts = [0.0, 0.1234, 1.234, 12.34, 123.4, 1234.5, 12345.0].map(shown);
        assert_eq!(texts, ["0", "0.123", "1.23", "12.3", "123", "1,234", "12,345"]);
        assert_eq!(Spread { median: 1.0, least: 0.5, greatest: 2.0 }.shown(), "1 (0.500–2)");
    }
}
