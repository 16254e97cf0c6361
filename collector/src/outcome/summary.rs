//! How a project's items ended within a range, for the outcomes page and the JSON API: counts by step, reasons with samples, and
//! which issues are noise. Reads a bounded number of rows, however many issues there are and however much was refused.

use serde::{Deserialize, Serialize};
use trapline_core::decode::rfc3339_of;
use trapline_core::event::{Event, Exception, Frame};
use trapline_core::noise;

use crate::plan::HOUR_MS;
use crate::quota::first_of_day;
use crate::read::short_id;
use crate::sql::Statement;

/// What can be asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Range {
    /// In URLs: `24h`.
    pub name: &'static str,
    /// `24 h`
    pub words: &'static str,
    /// Hours of a step: 1, or 24 of whole UTC days.
    pub step: i64,
    /// How many steps, the running one included.
    pub steps: usize,
}

/// All ranges; outcomes are kept for 35 days.
pub const RANGES: [Range; 3] = [
    Range { name: "24h", words: "24 h", step: 1, steps: 24 },
    Range { name: "14d", words: "14 d", step: 24, steps: 14 },
    Range { name: "30d", words: "30 d", step: 24, steps: 30 },
];

impl Range {
    /// By its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        RANGES.iter().find(|range| range.name == name)
    }

    /// The first hour of the first step.
    pub fn first_hour(&self, hour: i64) -> i64 {
        let last = if self.step == 1 { hour } else { first_of_day(hour) };
        let before = i64::try_from(self.steps).unwrap_or(1) - 1;
        last - self.step * before
    }
}

/// A row of all statements here: what `step` stands for says each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Row {
    step: i64,
    outcome: String,
    reason: String,
    detail: String,
    quantity: u64,
    last: i64,
}

/// Of a step or more: counts that are in no step.
const BY_REASON: i64 = -1;
const BY_DETAIL: i64 = -2;
const LOOKED_AT: i64 = -3;

/// Rows of outcomes that are looked at, the newest first: each reason writes one in ten seconds at most, for each detail.
const OUTCOME_ROWS: u32 = 1_500;

/// What was not stored: by step, by reason (−1), by detail (−2), and how many rows that were, with their first hour (−3).
/// Primary key of `outcome`.
pub fn ended(project_id: u32, range: &Range, first_hour: i64) -> Statement {
    Statement::new(
        "WITH seen AS MATERIALIZED (
            SELECT hour, outcome, reason, detail, quantity, last_ms FROM outcome
            WHERE project_id = ?1 AND hour >= ?2 ORDER BY hour DESC LIMIT ?4)
         SELECT CAST((hour - ?2) / ?3 AS INTEGER) AS step, outcome, '' AS reason, '' AS detail, sum(quantity) AS quantity, 0 AS last
         FROM seen GROUP BY 1, 2
         UNION ALL SELECT * FROM (
            SELECT -1, outcome, reason, '', sum(quantity), max(last_ms) FROM seen
            GROUP BY outcome, reason ORDER BY 5 DESC)
         UNION ALL SELECT * FROM (
            SELECT -2, outcome, reason, detail, sum(quantity), max(last_ms) FROM seen
            WHERE detail <> '' GROUP BY outcome, reason, detail ORDER BY 5 DESC LIMIT 100)
         UNION ALL SELECT -3, '', '', '', count(*), coalesce(min(hour), 0) FROM seen",
        [project_id.into(), first_hour.into(), range.step.into(), OUTCOME_ROWS.into()],
    )
}

/// Events that were let in, by step; at least so many. Primary key of `project_hour`.
pub fn came(project_id: u32, range: &Range, first_hour: i64) -> Statement {
    Statement::new(
        "SELECT CAST((hour - ?2) / ?3 AS INTEGER) AS step, '' AS outcome, '' AS reason, '' AS detail, sum(events) AS quantity, 0 AS last
         FROM project_hour WHERE project_id = ?1 AND hour >= ?2 GROUP BY 1",
        [project_id.into(), first_hour.into(), range.step.into()],
    )
}

/// Issues of a status that are looked at, the latest first; and of those open ones that were seen in this hour, the oldest:
/// what never stops was there long ago.
const ISSUES: u32 = 100;
const OLD_ISSUES: u32 = 60;

/// Groups of these, and hours of the groups, that are looked at.
const GROUPS: u32 = 400;
const HOURS: u32 = 800;

/// Events that are stored: by step; of the issues with most (−1: type, message, place, number); and how many issues of a
/// status, groups and hours were looked at (−3, the most of each as part of its limit in thousandths). `issue_by_last_hour`,
/// `event_group_by_issue`, primary keys of `group_hour` and `issue`.
pub fn stored(project_id: u32, range: &Range, first_hour: i64, hour: i64) -> Statement {
    Statement::new(
        "WITH active AS MATERIALIZED (
            SELECT * FROM (SELECT number, 0 AS status FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 0 AND last_hour >= ?2 ORDER BY last_hour DESC, number DESC LIMIT ?4)
            UNION SELECT * FROM (SELECT number, 0 FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 0 AND last_hour = ?8 ORDER BY number LIMIT ?5)
            UNION SELECT * FROM (SELECT number, 1 FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 1 AND last_hour >= ?2 ORDER BY last_hour DESC, number DESC LIMIT ?4)
            UNION SELECT * FROM (SELECT number, 2 FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 2 AND last_hour >= ?2 ORDER BY last_hour DESC, number DESC LIMIT ?4)),
         grouped AS MATERIALIZED (
            SELECT g.number, g.hash, g.hour, g.hour_events FROM active
            CROSS JOIN event_group g INDEXED BY event_group_by_issue
                ON g.project_id = ?1 AND g.number = active.number LIMIT ?6),
         past AS MATERIALIZED (
            SELECT grouped.number, h.hour, h.events FROM grouped
            CROSS JOIN group_hour h ON h.project_id = ?1 AND h.group_hash = grouped.hash AND h.hour >= ?2 LIMIT ?7),
         hours AS MATERIALIZED (
            SELECT number, hour, hour_events AS events FROM grouped WHERE hour >= ?2 UNION ALL SELECT * FROM past)
         SELECT CAST((hour - ?2) / ?3 AS INTEGER) AS step, '' AS outcome, '' AS reason, '' AS detail, sum(events) AS quantity, 0 AS last
         FROM hours GROUP BY 1
         UNION ALL SELECT -1, i.kind, i.value, i.place, top.events, top.number FROM (
            SELECT number, sum(events) AS events FROM hours GROUP BY number ORDER BY 2 DESC LIMIT 12) top
            CROSS JOIN issue i ON i.project_id = ?1 AND i.number = top.number
         UNION ALL SELECT -3, '', '', '', CAST(max(
            coalesce((SELECT max(issues) FROM (SELECT count(*) AS issues FROM active GROUP BY status)), 0) * 1000 / ?4,
            (SELECT count(*) FROM grouped) * 1000 / ?6, (SELECT count(*) FROM past) * 1000 / ?7) AS INTEGER), 0",
        [
            project_id.into(),
            first_hour.into(),
            range.step.into(),
            ISSUES.into(),
            OLD_ISSUES.into(),
            GROUPS.into(),
            HOURS.into(),
            hour.into(),
        ],
    )
}

/// How many items ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// Stored.
    pub accepted: u64,
    /// Left out by a filter.
    pub filtered: u64,
    /// Over a quota or a rate limit.
    pub limited: u64,
    /// Unreadable, of nobody who may send, or of a kind that is not stored.
    pub dropped: u64,
}

impl Ends {
    /// All of them.
    pub fn sum(&self) -> u64 {
        self.accepted + self.filtered + self.limited + self.dropped
    }

    fn add(&mut self, outcome: &str, quantity: u64) {
        match outcome {
            "filtered" => self.filtered += quantity,
            "limited" => self.limited += quantity,
            // The sender kept it back: it never came.
            "discarded" => {}
            _ => self.dropped += quantity,
        }
    }
}

/// Why items were not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// `filtered`, `limited`, `dropped`, `invalid`; `discarded` by the sender.
    pub outcome: String,
    /// In one word.
    pub reason: String,
    /// At least so many.
    pub quantity: u64,
    /// The last one; RFC 3339.
    pub last: String,
    /// When that was.
    #[serde(skip)]
    pub last_ms: i64,
    /// What was met: an origin, a crawler's name, what is wrong. The most frequent first.
    pub samples: Vec<Sample>,
}

/// A detail of a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// As it was counted.
    pub detail: String,
    /// At least so many.
    pub quantity: u64,
}

/// An issue that is no bug of the page, or one that is a great part of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Noise {
    /// `SHOP-4F`
    pub short_id: String,
    /// Type of the exception.
    pub r#type: String,
    /// Its message.
    pub value: String,
    /// `script_error`, `stale_deploy`, `network`, `extension`, `resize_observer`, `frequent`
    pub class: &'static str,
    /// Events within the range.
    pub quantity: u64,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// `24h`
    pub range: &'static str,
    /// Beginning of the first step; RFC 3339.
    pub since: String,
    /// When that was.
    #[serde(skip)]
    pub since_ms: i64,
    /// Hours of a step.
    pub step_hours: i64,
    /// What was accepted is exact; else at least so much.
    pub accepted_is_exact: bool,
    /// More was not stored than was looked at: the rest of the numbers begin here. RFC 3339.
    pub counted_since: Option<String>,
    /// Over all steps.
    pub total: Ends,
    /// The running one last.
    pub steps: Vec<Ends>,
    /// The most frequent first.
    pub reasons: Vec<Reason>,
    /// The most frequent first.
    pub noise: Vec<Noise>,
}

/// Samples of a reason.
const SAMPLES: usize = 3;

/// An issue of this part of all is named, noise or not: percent.
const FREQUENT: u64 = 10;

/// Fewer events than this are no noise; and fewer than that are no burden.
const FEW: u64 = 20;
const MANY: u64 = 100;

/// Puts it together out of what [`ended`], [`came`] and [`stored`] gave.
pub fn of(
    (range, first_hour, prefix): (&'static Range, i64, &str),
    ended: &[Row],
    came: &[Row],
    stored: &[Row],
) -> Summary {
    let mut steps = vec![Ends::default(); range.steps];
    let looked_at = |rows: &[Row]| rows.iter().find(|row| row.step == LOOKED_AT).cloned();
    let accepted_is_exact = looked_at(stored).is_none_or(|row| row.quantity < 1_000);
    // Both are at least so much. What was let in holds what came twice, so it only helps out.
    let of_issues = stored.iter().filter(|row| row.step >= 0);
    let let_in = came.iter().filter(|_| !accepted_is_exact);
    for row in of_issues.chain(let_in) {
        if let Some(step) = usize::try_from(row.step).ok().and_then(|at| steps.get_mut(at)) {
            step.accepted = step.accepted.max(row.quantity);
        }
    }
    for row in ended {
        if let Some(step) = usize::try_from(row.step).ok().and_then(|at| steps.get_mut(at)) {
            step.add(&row.outcome, row.quantity);
        }
    }
    let total = steps.iter().fold(Ends::default(), |sum, step| Ends {
        accepted: sum.accepted + step.accepted,
        filtered: sum.filtered + step.filtered,
        limited: sum.limited + step.limited,
        dropped: sum.dropped + step.dropped,
    });
    let cut = looked_at(ended).filter(|row| row.quantity >= u64::from(OUTCOME_ROWS));
    Summary {
        range: range.name,
        since: rfc3339_of(first_hour * HOUR_MS),
        since_ms: first_hour * HOUR_MS,
        step_hours: range.step,
        accepted_is_exact,
        counted_since: cut.map(|row| rfc3339_of(row.last * HOUR_MS)),
        total,
        steps,
        reasons: reasons(ended),
        noise: noise_of(stored, total.accepted, prefix),
    }
}

fn reasons(ended: &[Row]) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for row in ended.iter().filter(|row| row.step == BY_REASON) {
        let is_of = |other: &&Row| {
            other.step == BY_DETAIL
                && (&other.outcome, &other.reason) == (&row.outcome, &row.reason)
        };
        let sample = |row: &Row| Sample { detail: row.detail.clone(), quantity: row.quantity };
        reasons.push(Reason {
            outcome: row.outcome.clone(),
            reason: row.reason.clone(),
            quantity: row.quantity,
            last: rfc3339_of(row.last),
            last_ms: row.last,
            samples: ended.iter().filter(is_of).take(SAMPLES).map(sample).collect(),
        });
    }
    reasons
}

fn noise_of(stored: &[Row], accepted: u64, prefix: &str) -> Vec<Noise> {
    let mut found = Vec::new();
    for row in stored.iter().filter(|row| row.step == BY_REASON && row.quantity >= FEW) {
        let is_frequent = row.quantity >= MANY && row.quantity * 100 >= accepted * FREQUENT;
        let Some(class) = class_of(row).or(is_frequent.then_some("frequent")) else { continue };
        found.push(Noise {
            short_id: short_id(prefix, u32::try_from(row.last).unwrap_or(0)),
            r#type: row.outcome.clone(),
            value: row.reason.clone(),
            class,
            quantity: row.quantity,
        });
    }
    found
}

/// What an issue's title and place say of its class.
fn class_of(row: &Row) -> Option<&'static str> {
    let (kind, value, place) = (row.outcome.clone(), row.reason.clone(), row.detail.clone());
    if value.starts_with("ResizeObserver loop") {
        return Some("resize_observer");
    }
    let frames = match place.is_empty() {
        true => Vec::new(),
        false => vec![Frame { file: place, ..Frame::default() }],
    };
    let exceptions = vec![Exception { kind, value, frames, ..Exception::default() }];
    noise::classify(&Event { exceptions, ..Event::default() }).map(noise::Class::name)
}

#[cfg(test)]
mod tests;
