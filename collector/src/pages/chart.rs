//! Charts that the server draws: counts as bars from zero, in SVG attributes only.

use super::number::percent;

/// Height of a sparkline; each of its hours is 5 wide: a bar of 4 and a gap.
const SPARK_HEIGHT: u64 = 26;

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
    use super::spark;

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
}
