//! Durations, vitals and their bars as people read them; shares and places are SVG attributes.

use trapline_core::histogram::Histogram;
use trapline_core::page_view::{CLS, VITALS};

use super::number::share;
use crate::page_views::tally::{GOOD, POOR};

/// `240 ms` below a second, `1.9 s` above, `42 s` from ten on.
pub(super) fn duration(ms: f64) -> String {
    match ms {
        ..999.5 => format!("{} ms", whole(ms)),
        ..9_950.0 => {
            let tenths = whole(ms / 100.0);
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        _ => format!("{} s", whole(ms / 1_000.0)),
    }
}

/// Rounded; 0 for what is none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
pub fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// A quantity that is kept in hundredths.
pub(super) fn of_hundredths(quantity: u64) -> u64 {
    quantity.saturating_add(50) / 100
}

/// A vital as its unit has it: `2.6 s`, `0.07`.
pub(super) fn vital(index: usize, value: f64) -> String {
    if index != CLS {
        return duration(value);
    }
    let hundredths = whole(value / 10.0);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `good ≤ 2.5 s`
pub(super) fn limit(index: usize) -> String {
    let limit = GOOD.get(index).copied().unwrap_or_default();
    match index {
        CLS => "good ≤ 0.1".to_owned(),
        _ => format!("good ≤ {}", duration(limit)),
    }
}

/// What people call a vital, and for short.
pub(super) const NAMES: [(&str, &str); 5] = [
    ("Largest paint", "LCP"),
    ("Interaction", "INP"),
    ("Layout shift", "CLS"),
    ("First paint", "FCP"),
    ("First byte", "TTFB"),
];

/// Place of a vital by its name on the wire.
pub(super) fn place_of(name: &str) -> Option<usize> {
    VITALS.iter().position(|vital| *vital == name)
}

/// How good a value is: class and words.
pub(super) fn class_of(index: usize, value: f64) -> (&'static str, &'static str) {
    let (good, poor) = (GOOD.get(index), POOR.get(index));
    match () {
        () if good.is_some_and(|good| value <= *good) => ("good", "good"),
        () if poor.is_some_and(|poor| value > *poor) => ("poor", "poor"),
        () => ("middling", "needs improvement"),
    }
}

/// A value at the 75th percentile with the bar beside it.
pub(super) struct Measure {
    /// `2.6 s`; empty: nothing was measured.
    pub(super) value: String,
    /// `good`, `middling`, `poor`
    pub(super) class: &'static str,
    /// The same in words.
    pub(super) words: &'static str,
    /// `72% good`
    pub(super) good: String,
    /// Of the bar: class, where it begins, how wide it is; in percent.
    pub(super) parts: Vec<(&'static str, String, String)>,
}

impl Measure {
    pub(super) fn of(index: usize, histogram: &Histogram) -> Self {
        let Some(value) = histogram.percentile(75) else {
            return Self {
                value: String::new(),
                class: "",
                words: "",
                good: "not measured".to_owned(),
                parts: Vec::new(),
            };
        };
        let (class, words) = class_of(index, value);
        let total = histogram.total();
        let good = histogram.up_to(GOOD.get(index).copied().unwrap_or_default());
        let fair = histogram.up_to(POOR.get(index).copied().unwrap_or_default());
        let bounds = [("good", 0, good), ("middling", good, fair), ("poor", fair, total)];
        let parts = bounds
            .into_iter()
            .filter(|(_, from, to)| to > from)
            .map(|(class, from, to)| (class, part(from, total), part(to - from, total)))
            .collect();
        let good = format!("{} good", share(good, total));
        Self { value: vital(index, value), class, words, good, parts }
    }
}

/// `12.5%` of a whole.
pub(super) fn part(quantity: u64, total: u64) -> String {
    let thousandths = u128::from(quantity) * 1_000 / u128::from(total.max(1));
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// A line of values at their places, both from 0 to 1: the path of an SVG of that size. Empty for fewer than two.
pub(super) fn line(points: &[(f64, f64)], width: f64, height: f64) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        path.push(letter);
        path.push_str(&whole(x * width).to_string());
        path.push(' ');
        path.push_str(&whole((1.0 - y) * height).to_string());
    }
    if points.len() < 2 { String::new() } else { path }
}

#[cfg(test)]
mod tests {
    use trapline_core::histogram::{Histogram, bucket_of};
    use trapline_core::page_view::{CLS, LCP};

    use super::{Measure, duration, limit, line, vital};

    #[test]
    fn durations_and_vitals_are_read_at_a_glance() {
        let durations = [0.0, 240.4, 999.4, 999.6, 1_949.0, 9_940.0, 42_400.0].map(duration);
        assert_eq!(durations, ["0 ms", "240 ms", "999 ms", "1.0 s", "1.9 s", "9.9 s", "42 s"]);
        assert_eq!((vital(CLS, 69.0), vital(LCP, 2_600.0)), ("0.07".into(), "2.6 s".into()));
        assert_eq!((limit(CLS), limit(LCP)), ("good ≤ 0.1".into(), "good ≤ 2.5 s".into()));
    }

    #[test]
    fn a_bar_divides_into_good_middling_and_poor() {
        let mut histogram = Histogram::default();
        for (value, quantity) in [(1_000.0, 5_000), (3_000.0, 3_000), (9_000.0, 2_000)] {
            histogram.add(bucket_of(value), quantity);
        }
        let measure = Measure::of(LCP, &histogram);
        assert_eq!((measure.class, measure.good.as_str()), ("middling", "50% good"));
        let places: Vec<_> = measure.parts.iter().map(|part| part.1.as_str()).collect();
        assert_eq!(places, ["0.0%", "50.0%", "80.0%"]);
        assert_eq!(Measure::of(LCP, &Histogram::default()).value, "");
    }

    #[test]
    fn lines_have_their_zero_at_the_bottom() {
        assert_eq!(line(&[(0.0, 0.0), (0.5, 1.0), (1.0, 0.5)], 100.0, 20.0), "M0 20L50 0L100 10");
        assert_eq!(line(&[(0.0, 0.0)], 100.0, 20.0), "");
    }
}
