//! The trend of an issue: bars from zero, releases where they were first seen. In shares of the width, which are SVG
//! attributes: names stand beside their lines at any width.

use super::number::{count, counted, percent};
use super::time::{day, full_hour, moment};
use crate::plan::HOUR_MS;
use crate::view::{IssuePage, Range};

/// Height of the bars.
const HEIGHT: u64 = 50;

/// Room for names above the bars.
const TOP: u64 = 14;

/// Ready to print.
#[derive(Debug, Default)]
pub(super) struct Trend {
    pub(super) bars: Vec<Bar>,
    pub(super) releases: Vec<Marker>,
    /// `340 events in the last 24 hours, at most 94 in one (08:00 UTC)`
    pub(super) summary: String,
    /// Words for the start and the middle.
    pub(super) axis: [String; 2],
    /// The other ranges: word in the URL, label, whether it is shown.
    pub(super) ranges: Vec<(&'static str, &'static str, bool)>,
}

/// One stretch; places and widths in thousandths of the whole, with a point: `12.5%`.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) y: u64,
    pub(super) height: u64,
    pub(super) is_idle: bool,
    /// `08:00 UTC: 94 events`
    pub(super) label: String,
}

/// A release.
#[derive(Debug)]
pub(super) struct Marker {
    pub(super) x: String,
    /// Empty where another name stands.
    pub(super) name: String,
    /// `shop@2, first seen 21 Nov 2026, 09:41:08 UTC`
    pub(super) title: String,
    pub(super) is_newest: bool,
    /// `start` or `end`: on which side of the line its name stands.
    pub(super) anchor: &'static str,
}

/// `12.5%` of thousandths.
fn thousandths(share: u64) -> String {
    format!("{}.{}%", share / 10, share % 10)
}

pub(super) fn trend(page: &IssuePage) -> Trend {
    let (given, now_ms) = (&page.more.trend, page.shell.now_ms);
    let events = &given.events;
    let bars = events.len().max(1) as u64;
    let (_, hours) = given.range.bars();
    let most = events.iter().copied().max().unwrap_or_default();
    let start_ms = |index: usize| {
        let since_hour = match given.range {
            Range::Day => now_ms / HOUR_MS - 23,
            _ => given.since_hour,
        };
        (since_hour + i64::try_from(index).unwrap_or_default() * hours) * HOUR_MS
    };
    let name = |index: usize| match given.range {
        Range::Day => format!("{} UTC", full_hour(start_ms(index), 0)),
        Range::Fortnight => {
            format!("{}, {} UTC", day(start_ms(index)), full_hour(start_ms(index), 0))
        }
        Range::Quarter => day(start_ms(index)),
    };
    let bar = |(index, events): (usize, &u64)| {
        let height = match events {
            0 => 1,
            _ => (percent(*events, most) * HEIGHT / 100).max(2),
        };
        Bar {
            x: thousandths(index as u64 * 1_000 / bars),
            width: thousandths(1_000 / bars * 9 / 10),
            y: TOP + HEIGHT - height,
            height,
            is_idle: *events == 0,
            label: format!("{}: {}", name(index), counted(*events, "event")),
        }
    };
    let peak = events.iter().rposition(|events| *events == most).unwrap_or_default();
    let words = match given.range {
        Range::Day => ("24 hours", "one"),
        Range::Fortnight => ("14 days", "six hours"),
        Range::Quarter => ("90 days", "one"),
    };
    let total: u64 = events.iter().sum();
    let mut summary = if total == 0 {
        format!("No events in the last {}", words.0)
    } else {
        let total = counted(total, "event");
        let (most, peak) = (count(most), name(peak));
        format!("{total} in the last {}, at most {most} in {} ({peak})", words.0, words.1)
    };
    if given.left_out > 0 {
        let left_out = counted(given.left_out as u64, "group");
        summary += &format!("; without the {left_out} with fewest events");
    }
    Trend {
        bars: events.iter().enumerate().map(bar).collect(),
        releases: markers(&page.more.trend.releases, start_ms(0), now_ms),
        summary,
        axis: [name(0), name(events.len() / 2)],
        ranges: Range::ALL
            .into_iter()
            .map(|(range, word)| {
                let label = match range {
                    Range::Day => "24 h",
                    Range::Fortnight => "14 d",
                    Range::Quarter => "90 d",
                };
                (word, label, range == given.range)
            })
            .collect(),
    }
}

/// Releases, the newest first, with the times when they were first seen: of names that would meet, the newer one is shown.
pub(super) fn markers(releases: &[(String, i64)], from_ms: i64, now_ms: i64) -> Vec<Marker> {
    /// Thousandths of the width that a name may take.
    const NAME: u64 = 170;
    let span_ms = now_ms - from_ms;
    let mut named: Vec<u64> = Vec::new();
    let mut markers = Vec::new();
    for (release, at_ms) in releases {
        if *at_ms < from_ms || *at_ms > now_ms || span_ms <= 0 {
            continue;
        }
        let share = u64::try_from((at_ms - from_ms) * 1_000 / span_ms).unwrap_or_default();
        let is_free = named.iter().all(|other| other.abs_diff(share) > NAME);
        if is_free {
            named.push(share);
        }
        let short = release.rsplit_once('@').map_or(release.as_str(), |(_, version)| version);
        let seen = moment(*at_ms, now_ms).map(|at| at.exact).unwrap_or_default();
        markers.push(Marker {
            x: thousandths(share),
            name: if is_free { short.chars().take(18).collect() } else { String::new() },
            title: format!("{release}, first seen {seen}"),
            is_newest: markers.is_empty(),
            anchor: if share < NAME { "start" } else { "end" },
        });
    }
    markers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::sample;
    use crate::view::Trend as Given;

    fn page(range: Range, events: Vec<u64>) -> IssuePage {
        let mut page = sample::issue("");
        page.shell.now_ms = 1_795_426_880_000;
        let since_hour = page.shell.now_ms / HOUR_MS - 89 * 24;
        page.more.trend = Given { range, events, since_hour, ..Given::default() };
        page
    }

    #[test]
    fn a_trend_says_its_peak_and_shows_single_events() {
        let mut hours = vec![0; 24];
        (hours[22], hours[23]) = (94, 1);
        let drawn = trend(&page(Range::Day, hours));
        assert_eq!(drawn.summary, "95 events in the last 24 hours, at most 94 in one (08:00 UTC)");
        assert_eq!(drawn.bars[22].label, "08:00 UTC: 94 events");
        assert_eq!((drawn.bars[23].height, drawn.bars[0].height), (2, 1));
        assert_eq!(drawn.axis[0], "10:00 UTC");
        let none = trend(&page(Range::Quarter, vec![0; 90]));
        assert_eq!(none.summary, "No events in the last 90 days");
        assert_eq!(none.bars[45].x, "50.0%");
    }

    #[test]
    fn releases_stand_where_they_were_first_seen_and_names_do_not_meet() {
        let mut page = page(Range::Day, vec![1; 24]);
        let now_ms = page.shell.now_ms;
        let ago = |hours: i64| now_ms - hours * HOUR_MS;
        page.more.trend.releases = vec![
            ("shop@3".into(), ago(1)),
            ("shop@2".into(), ago(2)),
            ("shop@1".into(), ago(22)),
            ("shop@0".into(), ago(48)),
        ];
        let drawn = trend(&page);
        let names: Vec<(&str, bool)> =
            drawn.releases.iter().map(|one| (one.name.as_str(), one.is_newest)).collect();
        assert_eq!(names, [("3", true), ("", false), ("1", false)]);
        assert_eq!((drawn.releases[0].anchor, drawn.releases[2].anchor), ("end", "start"));
    }
}
