//! Stacked bars, one a step: accepted at the bottom, then filtered, limited, dropped. SVG attributes only, and a table beside.

use super::super::number::{count, counted};
use super::super::time::{day, full_hour, moment};
use crate::outcome::summary::{Ends, Summary};

/// Height of the chart; a step is 10 wide.
const HEIGHT: u64 = 120;

/// Drawn, and in words.
pub(super) struct Chart {
    /// Of the view box.
    pub(super) width: usize,
    /// One sentence.
    pub(super) sentence: String,
    pub(super) bars: Vec<Bar>,
    /// At the top, and half way.
    pub(super) marks: [String; 2],
    /// Below the first bar, and below the middle one.
    pub(super) labels: [String; 2],
}

/// One step.
pub(super) struct Bar {
    /// `14:00 UTC`, `21 Nov`
    pub(super) label: String,
    /// Accepted, filtered, limited, dropped.
    pub(super) counts: [String; 4],
    /// Class, x, y, height.
    pub(super) parts: Vec<(&'static str, usize, u64, u64)>,
}

const CLASSES: [&str; 4] = ["accepted", "filtered", "limited", "dropped"];

fn numbers(ends: &Ends) -> [u64; 4] {
    [ends.accepted, ends.filtered, ends.limited, ends.dropped]
}

impl Chart {
    pub(super) fn of(summary: &Summary, now_ms: i64) -> Self {
        let most = summary.steps.iter().map(Ends::sum).max().unwrap_or(0);
        let top = ceiling(most);
        let labels: Vec<String> = (0..summary.steps.len()).map(|at| label(summary, at)).collect();
        let bars = summary.steps.iter().zip(&labels).enumerate();
        let label_at = |at: usize| labels.get(at).cloned().unwrap_or_default();
        let peak = summary.steps.iter().position(|step| step.sum() == most && most > 0);
        Self {
            width: summary.steps.len().max(1) * 10,
            sentence: sentence(summary, peak.map(label_at), most, now_ms),
            bars: bars.map(|(at, (step, label))| bar(at, step, label, top)).collect(),
            marks: [count(top), count(top / 2)],
            labels: [label_at(0), label_at(labels.len() / 2)],
        }
    }
}

/// Of the step at an index.
fn label(summary: &Summary, at: usize) -> String {
    let hours = i64::try_from(at).unwrap_or(0) * summary.step_hours;
    let at_ms = summary.since_ms + hours * 3_600_000;
    if summary.step_hours == 1 { format!("{} UTC", full_hour(at_ms, 0)) } else { day(at_ms) }
}

fn bar(at: usize, step: &Ends, label: &str, top: u64) -> Bar {
    let mut y = HEIGHT;
    let mut parts = Vec::new();
    for (class, number) in CLASSES.into_iter().zip(numbers(step)) {
        if number == 0 {
            continue;
        }
        // Whatever there is can be seen.
        let height = (number * HEIGHT / top).max(1).min(y);
        y -= height;
        parts.push((class, at * 10, y, height));
    }
    Bar { label: label.to_owned(), counts: numbers(step).map(count), parts }
}

fn sentence(summary: &Summary, peak: Option<String>, most: u64, now_ms: i64) -> String {
    let total = &summary.total;
    let since = moment(summary.since_ms, now_ms).map(|at| at.minute).unwrap_or_default();
    let Some(peak) = peak else { return format!("Nothing has come since {since}") };
    format!(
        "{} accepted, {} filtered, {} limited, {} dropped since {since}; most at {peak}: {}",
        count(total.accepted),
        count(total.filtered),
        count(total.limited),
        count(total.dropped),
        counted(most, "item")
    )
}

/// The next round number that can be halved: 2, 4, 6, 10, 20, …
fn ceiling(most: u64) -> u64 {
    let mut unit = 1_u64;
    loop {
        for round in [2, 4, 6, 10] {
            let top = unit.saturating_mul(round);
            if top >= most || top == u64::MAX {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        for (most, expected) in [(0, 2), (3, 4), (5, 6), (7, 10), (11, 20), (4_001, 6_000)] {
            assert_eq!(ceiling(most), expected);
        }
        assert_eq!(ceiling(u64::MAX), u64::MAX);
    }

    #[test]
    fn bars_stand_on_each_other_and_none_is_lost() {
        let step = Ends { accepted: 50, filtered: 25, limited: 0, dropped: 1 };
        let bar = bar(2, &step, "x", 1_000);
        assert_eq!(
            bar.parts,
            [("accepted", 20, 114, 6), ("filtered", 20, 111, 3), ("dropped", 20, 110, 1)]
        );
        assert_eq!(bar.counts, ["50", "25", "0", "1"]);
    }

    #[test]
    fn the_chart_says_its_sums_and_its_peak() {
        let steps = vec![Ends { accepted: 3, ..Ends::default() }, Ends::default()];
        let since_ms = 1_795_426_880_000 / 3_600_000 * 3_600_000;
        let total = steps[0];
        let summary = Summary { steps, since_ms, step_hours: 1, total, ..Summary::default() };
        let sentence = Chart::of(&summary, since_ms).sentence;
        assert!(sentence.starts_with("3 accepted, 0 filtered"), "{sentence}");
        assert!(sentence.ends_with("most at 09:00 UTC: 3 items"), "{sentence}");
    }
}
