//! How what was sent ended: four counts, bars by hour or day, noise that can be cut, reasons with their remedy, and limits.

mod chart;
mod words;

use askama::Template;

use super::number::{bytes, count, counted, percent, share};
use super::time::{Moment, moment};
use crate::outcome::summary::{Noise, RANGES, Reason, Sample};
use crate::view::OutcomesPage;
use chart::Chart;
use words::{noise_words, reason_words};

/// `outcomes.html`
#[derive(Template)]
#[template(path = "outcomes.html")]
pub(super) struct Outcomes<'a> {
    page: &'a OutcomesPage,
    /// Name, words, whether it is shown.
    ranges: Vec<(&'static str, &'static str, bool)>,
    tiles: [Tile; 4],
    chart: Chart,
    noise: Vec<NoiseRow<'a>>,
    reasons: Vec<ReasonRow<'a>>,
    storage: Gauge,
    plan: Vec<PlanRow>,
    /// What was limited within the range, if nothing is limited now: `344 events were over a limit`.
    limited: String,
}

struct Tile {
    class: &'static str,
    name: &'static str,
    /// `≥ 2,492`
    count: String,
    share: String,
    meaning: &'static str,
}

struct NoiseRow<'a> {
    noise: &'a Noise,
    about: &'static str,
    count: String,
    share: String,
    remedy: &'static str,
    /// Behind the settings' path; empty: the issue.
    setting: &'static str,
    action: &'static str,
}

struct ReasonRow<'a> {
    outcome: &'static str,
    words: String,
    remedy: &'static str,
    count: String,
    last: Option<Moment>,
    samples: &'a [Sample],
    setting: &'static str,
    action: &'static str,
}

/// The database.
struct Gauge {
    share: String,
    percent: u64,
    is_full: bool,
    /// `12.3 MB of 500 MB`
    words: String,
}

/// A limit of the project or the plan.
struct PlanRow {
    name: &'static str,
    used: String,
    most: String,
    resets: &'static str,
}

impl<'a> Outcomes<'a> {
    pub(super) fn of(page: &'a OutcomesPage) -> Self {
        let (summary, now_ms) = (&page.summary, page.shell.now_ms);
        let accepted = summary.total.accepted;
        let ranges = RANGES.iter().map(|one| (one.name, one.words, one.name == summary.range));
        let limits = &page.shell.limits;
        let is_limited = limits.reached.is_some() || limits.database.is_some();
        Self {
            page,
            ranges: ranges.collect(),
            tiles: tiles(page),
            chart: Chart::of(summary, now_ms),
            noise: summary.noise.iter().map(|one| noise_row(one, accepted)).collect(),
            reasons: summary.reasons.iter().map(|one| reason_row(one, now_ms)).collect(),
            storage: gauge(page.database_bytes as u64, page.database_limit as u64),
            plan: plan(page),
            limited: match summary.total.limited {
                0 => String::new(),
                _ if is_limited => String::new(),
                1 => "1 event was over a limit".to_owned(),
                many => format!("{} were over a limit", counted(many, "event")),
            },
        }
    }
}

fn tiles(page: &OutcomesPage) -> [Tile; 4] {
    let total = &page.summary.total;
    let accepted_is_exact = page.summary.accepted_is_exact;
    let tile = |class, name, quantity: u64, meaning| Tile {
        class,
        name,
        count: match quantity == 0 || (accepted_is_exact && class == "accepted") {
            true => count(quantity),
            false => format!("≥ {}", count(quantity)),
        },
        share: if total.sum() == 0 { String::new() } else { share(quantity, total.sum()) },
        meaning,
    };
    [
        tile("accepted", "Accepted", total.accepted, "stored and counted"),
        tile("filtered", "Filtered", total.filtered, "matched a filter, not stored"),
        tile("limited", "Limited", total.limited, "over a quota or a rate limit"),
        tile("dropped", "Dropped", total.dropped, "unreadable, or of nobody who may send"),
    ]
}

fn noise_row(noise: &Noise, accepted: u64) -> NoiseRow<'_> {
    let (about, remedy, setting, action) = noise_words(noise.class);
    NoiseRow {
        noise,
        about,
        count: count(noise.quantity),
        share: share(noise.quantity, accepted),
        remedy,
        setting,
        action,
    }
}

fn reason_row(reason: &Reason, now_ms: i64) -> ReasonRow<'_> {
    let (words, remedy, setting) = reason_words(&reason.outcome, &reason.reason);
    ReasonRow {
        outcome: match reason.outcome.as_str() {
            "filtered" => "Filtered",
            "limited" => "Limited",
            "discarded" => "Not sent",
            _ => "Dropped",
        },
        words: words.map_or_else(|| reason.reason.replace('_', " "), str::to_owned),
        remedy,
        count: format!("≥ {}", count(reason.quantity)),
        last: moment(reason.last_ms, now_ms),
        samples: &reason.samples,
        setting,
        action: match setting {
            "filters/" => "Filters",
            "limits/" => "Change limit",
            "keys/" => "Keys",
            "keys/#senders" => "Allowed origins",
            _ => "",
        },
    }
}

fn gauge(used: u64, most: u64) -> Gauge {
    Gauge {
        share: share(used, most),
        percent: percent(used, most),
        is_full: percent(used, most) >= 90,
        words: format!("{} of {}", bytes(used), bytes(most)),
    }
}

/// Rows that an event writes, in tenths: measured with 100 issues and 5,000 users.
const TENTHS_OF_ROWS: u64 = 41;

/// What the free plan has of a database; larger ones are of the paid plan.
const FREE_PLAN: usize = 500_000_000;

fn plan(page: &OutcomesPage) -> Vec<PlanRow> {
    let limits = &page.shell.limits;
    let most = |quota: u32| if quota == 0 { "no limit".to_owned() } else { count(quota.into()) };
    let today = u64::from(limits.today());
    let is_free = page.database_limit <= FREE_PLAN;
    let free = |limit: &str| match is_free {
        true => format!("{limit} on the free plan"),
        false => "no limit on the paid plan".to_owned(),
    };
    let at_least = |number: u64| match number {
        0 => "0".to_owned(),
        _ => format!("≥ {}", count(number)),
    };
    let mut rows = vec![
        PlanRow {
            name: "Events this hour",
            used: at_least(limits.usage.events.into()),
            most: most(limits.hourly_quota),
            resets: "at the full hour",
        },
        PlanRow {
            name: "Events today",
            used: at_least(today),
            most: most(limits.daily_quota),
            resets: "at 00:00 UTC",
        },
    ];
    if limits.usage.spike_limit > 0 {
        rows.push(PlanRow {
            name: "Spike protection",
            used: at_least(limits.usage.events.into()),
            most: count(limits.usage.spike_limit.into()),
            resets: "at the full hour",
        });
    }
    rows.push(PlanRow {
        name: "Rows written today by this project",
        used: format!("about {}", count(today * TENTHS_OF_ROWS / 10)),
        most: free("100 k of all projects"),
        resets: "at 00:00 UTC",
    });
    rows.push(PlanRow {
        name: "Requests today",
        used: "see Cloudflare’s dashboard".to_owned(),
        most: free("100 k of all projects"),
        resets: "at 00:00 UTC",
    });
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_full_before_it_is_full() {
        let nearly = gauge(460_000_000, 500_000_000);
        assert_eq!((nearly.percent, nearly.is_full), (92, true));
        assert!(!gauge(12_000_000, 500_000_000).is_full);
    }

    #[test]
    fn what_is_exact_is_not_at_least() {
        let mut page = OutcomesPage::default();
        page.summary.total.accepted = 12;
        page.summary.total.limited = 4;
        page.summary.accepted_is_exact = true;
        let counts = tiles(&page).map(|tile| format!("{} {}", tile.count, tile.share));
        assert_eq!(counts, ["12 75%", "0 0%", "≥ 4 25%", "0 0%"]);
        page.summary.accepted_is_exact = false;
        assert_eq!(tiles(&page)[0].count, "≥ 12");
    }
}
