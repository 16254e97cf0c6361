//! Crash-free sessions by six hours: a line that may begin elsewhere than at zero, and says where; releases where they were first
//! seen. SVG attributes only, and a table beside.

use super::super::measure::whole;
use super::super::number::{count, counted};
use super::super::time::{day, full_hour, moment};
use super::super::trend::{Marker, markers};
use super::{TARGET, rate};
use crate::plan::HOUR_MS;
use crate::sessions::{HOURS, Health};
use crate::view::ReleasesPage;

/// Height of the chart.
const HEIGHT: f64 = 120.0;

/// Drawn, and in words.
pub(super) struct Chart {
    /// One sentence.
    pub(super) sentence: String,
    /// In a view box of 1,000 × 120; steps without sessions part it.
    pub(super) line: String,
    /// Where the target is.
    pub(super) target: u64,
    pub(super) releases: Vec<Marker>,
    /// At the top, half way, and at the bottom.
    pub(super) marks: [String; 3],
    /// Below the beginning and the middle.
    pub(super) labels: [String; 2],
    /// Time, sessions, crashed ones, crash-free ones.
    pub(super) rows: Vec<[String; 4]>,
}

impl Chart {
    pub(super) fn of(page: &ReleasesPage) -> Option<Self> {
        let now_ms = page.shell.now_ms;
        let first = page.first_hour.div_euclid(HOURS) * HOURS;
        let last = now_ms / HOUR_MS + 1;
        let steps: Vec<(i64, &Health, f64)> = page
            .list
            .trend
            .iter()
            .filter_map(|(hour, health)| Some((*hour, health, health.crash_free_sessions()?)))
            .collect();
        let lowest = steps.iter().min_by(|one, other| one.2.total_cmp(&other.2))?;
        let bottom =
            [0.98, 0.95, 0.9, 0.8, 0.5].into_iter().find(|bottom| *bottom <= lowest.2 + 1e-9);
        let bottom = bottom.unwrap_or(0.0);
        let y = |rate: f64| whole((1.0 - rate) / (1.0 - bottom) * HEIGHT);
        let middle = |hour: i64| (hour + HOURS / 2 - first) * 1_000 / (last - first).max(1);
        let mut line = String::new();
        let mut before = None;
        for (hour, _, rate) in &steps {
            let letter = if before == Some(hour - HOURS) { 'L' } else { 'M' };
            // A step alone is a dot.
            let x = middle(*hour).clamp(0, 1_000);
            line += &format!("{letter}{x} {}", y(*rate));
            line += if letter == 'M' { "h.1" } else { "" };
            before = Some(*hour);
        }
        let from_ms = first * HOUR_MS;
        let known = page.list.releases.iter().map(|one| &one.known);
        let releases: Vec<(String, i64)> =
            known.map(|known| (known.version.clone(), known.first_seen_ms)).collect();
        let label = |rate: f64| {
            let tenths = whole(rate * 1_000.0);
            match tenths % 10 {
                0 => format!("{}%", tenths / 10),
                rest => format!("{}.{rest}%", tenths / 10),
            }
        };
        Some(Self {
            sentence: sentence(page, from_ms, lowest),
            line,
            target: y(TARGET),
            releases: markers(&releases, from_ms, now_ms),
            marks: [1.0, f64::midpoint(1.0, bottom), bottom].map(label),
            labels: [first, i64::midpoint(first, last)].map(|hour| place(hour, last - first)),
            rows: steps.iter().rev().map(row).collect(),
        })
    }
}

/// Below the axis.
fn place(hour: i64, hours: i64) -> String {
    let at_ms = hour * HOUR_MS;
    if hours > 48 { day(at_ms) } else { format!("{} UTC", full_hour(at_ms, 0)) }
}

/// `21 Nov, 12:00 UTC`
fn time(hour: i64) -> String {
    format!("{}, {} UTC", day(hour * HOUR_MS), full_hour(hour * HOUR_MS, 0))
}

fn row((hour, health, crash_free): &(i64, &Health, f64)) -> [String; 4] {
    [time(*hour), count(health.sessions), count(health.crashed), rate(*crash_free)]
}

fn sentence(page: &ReleasesPage, from_ms: i64, lowest: &(i64, &Health, f64)) -> String {
    let (sessions, crashed) = page
        .list
        .trend
        .iter()
        .fold((0, 0), |sum, (_, one)| (sum.0 + one.sessions, sum.1 + one.crashed));
    let health = Health { sessions, crashed, ..Health::default() };
    let all = health.crash_free_sessions().map(rate).unwrap_or_default();
    let since = moment(from_ms, page.shell.now_ms).map(|at| at.minute).unwrap_or_default();
    let (sessions, least, when) = (counted(sessions, "session"), rate(lowest.2), time(lowest.0));
    format!(
        "{all} of {sessions} since {since} were crash-free; fewest in the six hours from {when}: {least}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Release, ReleaseRow, Releases};

    const NOW_MS: i64 = 1_795_426_880_000;

    fn page(steps: &[(i64, u64, u64)]) -> ReleasesPage {
        let now_hour = NOW_MS / HOUR_MS / HOURS * HOURS;
        let step = |(ago, sessions, crashed): &(i64, u64, u64)| {
            let health = Health { sessions: *sessions, crashed: *crashed, ..Health::default() };
            (now_hour - ago * HOURS, health)
        };
        let known = ReleaseRow {
            version: "shop@2".into(),
            first_seen_ms: NOW_MS - 7 * 24 * HOUR_MS,
            ..ReleaseRow::default()
        };
        let mut page = ReleasesPage {
            first_hour: now_hour - 14 * 24,
            list: Releases {
                releases: vec![Release { known, ..Release::default() }],
                trend: steps.iter().map(step).collect(),
                ..Releases::default()
            },
            ..ReleasesPage::default()
        };
        page.shell.now_ms = NOW_MS;
        page
    }

    #[test]
    fn a_step_without_sessions_parts_the_line() {
        let chart = Chart::of(&page(&[(4, 100, 1), (3, 100, 2), (1, 100, 0), (0, 0, 0)])).unwrap();
        assert_eq!(chart.marks, ["100%", "99%", "98%"]);
        assert_eq!((chart.target, chart.rows.len()), (60, 3));
        let letters: String = chart.line.chars().filter(char::is_ascii_uppercase).collect();
        assert_eq!(letters, "MLM", "{}", chart.line);
        assert!(chart.line.contains(" 120"), "the lowest is at the bottom: {}", chart.line);
        assert_eq!(chart.releases[0].name, "shop@2".rsplit('@').next().unwrap());
        assert!(chart.sentence.starts_with("99.00% of 300 sessions since "), "{}", chart.sentence);
        assert!(chart.sentence.ends_with(": 98.00%"), "{}", chart.sentence);
    }

    #[test]
    fn the_axis_begins_where_all_can_be_seen() {
        let marks = |crashed| Chart::of(&page(&[(1, 100, crashed)])).unwrap().marks[2].clone();
        let marks: Vec<String> = [0, 3, 9, 15, 40, 100].into_iter().map(marks).collect();
        assert_eq!(marks, ["98%", "95%", "90%", "80%", "50%", "0%"]);
        assert!(Chart::of(&page(&[])).is_none());
    }
}
