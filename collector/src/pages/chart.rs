//! Charts that the server draws: counts as bars from zero, in SVG attributes only.

use super::number::{counted, percent};
use super::time::full_hour;

/// Height of a sparkline; each of its hours is 5 wide: a bar of 4 and a gap.
const SPARK_HEIGHT: u64 = 26;
/// Height of the trend; each of its hours is 10 wide.
const TREND_HEIGHT: u64 = 50;

/// A row's bars as two paths: 24 elements a row would be most of the page.
#[derive(Debug, Default)]
pub(super) struct Spark {
    /// Hours with events.
    pub(super) bars: String,
    /// Hours without, which only show where zero is.
    pub(super) idle: String,
    /// Of the drawing.
    pub(super) width: usize,
}

/// Bars by hour or day, the running one last.
pub(super) fn spark(hours: &[u32]) -> Spark {
    let most = most(hours);
    let mut spark = Spark { width: hours.len() * 5, ..Spark::default() };
    for (index, events) in hours.iter().enumerate() {
        let top = SPARK_HEIGHT - height(*events, most, SPARK_HEIGHT);
        let path = if *events == 0 { &mut spark.idle } else { &mut spark.bars };
        path.push_str(&format!("M{} {SPARK_HEIGHT}V{top}h4V{SPARK_HEIGHT}z", index * 5));
    }
    spark
}

/// The last 24 hours of an issue.
#[derive(Debug)]
pub(super) struct Trend {
    pub(super) bars: Vec<Bar>,
    /// `340 events in the last 24 hours, at most 94 in one (08:00 UTC)`
    pub(super) summary: String,
    /// Start of the first hour: `10:00`.
    pub(super) first_hour: String,
    /// Start of the hour in the middle: `22:00`.
    pub(super) middle_hour: String,
}

/// One hour.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) x: usize,
    pub(super) y: u64,
    pub(super) height: u64,
    /// Nothing happened.
    pub(super) is_idle: bool,
    /// `08:00 UTC: 94 events`
    pub(super) label: String,
}

/// Bars by hour, the running hour last.
pub(super) fn trend(hours: &[u32; 24], now_ms: i64) -> Trend {
    let most = most(hours);
    let hour_of = |index: usize| full_hour(now_ms, 23 - i64::try_from(index).unwrap_or(23));
    let bars = hours.iter().enumerate().map(|(index, events)| {
        let height = height(*events, most, TREND_HEIGHT);
        let label = format!("{} UTC: {}", hour_of(index), counted(u64::from(*events), "event"));
        Bar { x: index * 10, y: TREND_HEIGHT - height, height, is_idle: *events == 0, label }
    });
    Trend {
        bars: bars.collect(),
        summary: summary(hours, most, hour_of),
        first_hour: hour_of(0),
        middle_hour: hour_of(12),
    }
}

fn summary(hours: &[u32; 24], most: u32, hour_of: impl Fn(usize) -> String) -> String {
    let total: u64 = hours.iter().map(|events| u64::from(*events)).sum();
    if total == 0 {
        return "No events in the last 24 hours".to_owned();
    }
    let peak = hours.iter().rposition(|events| *events == most).unwrap_or(0);
    format!(
        "{} in the last 24 hours, at most {} in one ({} UTC)",
        counted(total, "event"),
        most,
        hour_of(peak)
    )
}

fn most(hours: &[u32]) -> u32 {
    hours.iter().copied().max().unwrap_or(0)
}

/// An idle hour is 1 high, to show where zero is; any event at least 2.
fn height(events: u32, most: u32, full: u64) -> u64 {
    match events {
        0 => 1,
        _ => (percent(u64::from(events), u64::from(most)) * full / 100).max(2),
    }
}

#[cfg(test)]
mod tests {
    use super::{spark, trend};

    #[test]
    fn bars_start_at_zero_and_show_single_events() {
        let mut hours = [0; 24];
        hours[0] = 1;
        hours[23] = 1000;
        let drawn = spark(&hours);
        assert_eq!((drawn.width, spark(&[1; 14]).width), (120, 70));
        assert_eq!(drawn.bars, "M0 26V24h4V26zM115 26V0h4V26z");
        assert!(drawn.idle.starts_with("M5 26V25h4V26zM10"), "{}", drawn.idle);
    }

    #[test]
    fn trend_says_its_peak() {
        let mut hours = [0; 24];
        hours[22] = 94;
        hours[23] = 6;
        let drawn = trend(&hours, 1_795_426_880_000);
        assert_eq!(drawn.summary, "100 events in the last 24 hours, at most 94 in one (08:00 UTC)");
        assert_eq!(drawn.bars[22].label, "08:00 UTC: 94 events");
        assert_eq!(drawn.first_hour, "10:00");
        assert_eq!(trend(&[0; 24], 0).summary, "No events in the last 24 hours");
    }
}
