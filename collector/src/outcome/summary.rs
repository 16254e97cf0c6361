//! How a project's items ended within a range, for the outcomes page and the JSON API: counts by step, reasons with samples, and
//! which issues are noise.

mod rows;

use serde::Serialize;
use trapline_core::decode::rfc3339_of;
use trapline_core::event::{Event, Exception, Frame};
use trapline_core::noise;

use crate::plan::HOUR_MS;
use crate::quota::first_of_day;
use crate::read::short_id;

pub use rows::{EndedRow, GroupRow, HourRow, came, ended, groups, past};
use rows::{GROUPS, HOURS, OPEN, OTHERS, OUTCOME_ROWS};

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

/// Samples of a reason that are shown, and details of one that are told apart.
const SAMPLES: usize = 3;
const DETAILS: usize = 50;

/// An issue of this part of all is named, noise or not: percent.
const FREQUENT: u64 = 10;

/// Fewer events than this are no noise; and fewer than that are no burden.
const FEW: u64 = 20;
const MANY: u64 = 100;

/// Issues that are named.
const NAMED: usize = 12;

/// What the statements gave.
#[derive(Debug, Default)]
pub struct Rows {
    /// Of [`ended`].
    pub ended: Vec<EndedRow>,
    /// Of [`came`].
    pub came: Vec<HourRow>,
    /// Of [`groups`].
    pub groups: Vec<GroupRow>,
    /// Of [`past`].
    pub past: Vec<HourRow>,
}

/// Puts it together.
pub fn of(range: &'static Range, first_hour: i64, prefix: &str, rows: &Rows) -> Summary {
    let stored = Stored::of(first_hour, range.step, range.steps, rows);
    let accepted_is_exact = stored.is_exact;
    let mut steps: Vec<Ends> =
        stored.steps.iter().map(|events| Ends { accepted: *events, ..Ends::default() }).collect();
    let at = |hour: i64| usize::try_from((hour - first_hour) / range.step).ok();
    for row in &rows.ended {
        if let Some(step) = at(row.hour).and_then(|at| steps.get_mut(at)) {
            step.add(&row.outcome, row.quantity);
        }
    }
    let mut total = Ends::default();
    for step in &steps {
        total.accepted += step.accepted;
        total.filtered += step.filtered;
        total.limited += step.limited;
        total.dropped += step.dropped;
    }
    let is_cut = is_limit(rows.ended.len(), OUTCOME_ROWS);
    let cut = rows.ended.last().filter(|_| is_cut);
    Summary {
        range: range.name,
        since: rfc3339_of(first_hour * HOUR_MS),
        since_ms: first_hour * HOUR_MS,
        step_hours: range.step,
        accepted_is_exact,
        counted_since: cut.map(|row| rfc3339_of(row.hour * HOUR_MS)),
        total,
        steps,
        reasons: reasons(&rows.ended),
        noise: noise_of(stored.issues, total.accepted, prefix),
    }
}

/// Events that were let in, by the hour from the first one on, and whether these are all or at least so many.
pub fn accepted(first_hour: i64, hours: usize, rows: &Rows) -> (Vec<u64>, bool) {
    let stored = Stored::of(first_hour, 1, hours, rows);
    (stored.steps, stored.is_exact)
}

fn is_limit(rows: usize, limit: u32) -> bool {
    u32::try_from(rows).unwrap_or(u32::MAX) >= limit
}

/// Events of issues, by step and by issue.
struct Stored<'a> {
    first_hour: i64,
    step: i64,
    /// All, or at least so many.
    steps: Vec<u64>,
    issues: Vec<(&'a GroupRow, u64)>,
    is_exact: bool,
}

impl<'a> Stored<'a> {
    fn of(first_hour: i64, step: i64, steps: usize, rows: &'a Rows) -> Self {
        let (steps, issues) = (vec![0; steps], Vec::new());
        let mut stored = Self { first_hour, step, steps, issues, is_exact: false };
        stored.is_exact = stored.add(rows);
        if !stored.is_exact {
            // It holds what came twice, so it only helps out; both are at least so much.
            let mut came = vec![0; stored.steps.len()];
            for row in &rows.came {
                if let Some(sum) = stored.at(row.hour).and_then(|at| came.get_mut(at)) {
                    *sum += row.events;
                }
            }
            for (step, came) in stored.steps.iter_mut().zip(came) {
                *step = came.max(*step);
            }
        }
        stored
    }

    fn at(&self, hour: i64) -> Option<usize> {
        usize::try_from((hour - self.first_hour).div_euclid(self.step)).ok()
    }

    /// Whether these are all that there are.
    fn add(&mut self, rows: &'a Rows) -> bool {
        let mut of_status = [0_u32; 3];
        for row in &rows.groups {
            let known = self.issues.iter().position(|(first, _)| first.number == row.number);
            let at = match known {
                // Found on both ways.
                Some(at)
                    if self.issues.get(at).is_some_and(|(first, _)| first.status != row.status) =>
                {
                    continue;
                }
                Some(at) => at,
                None => {
                    if let Some(count) =
                        usize::try_from(row.status).ok().and_then(|at| of_status.get_mut(at))
                    {
                        *count += 1;
                    }
                    self.issues.push((row, 0));
                    self.issues.len() - 1
                }
            };
            self.count(at, row.hour, row.events);
            for entry in row.recent.split_ascii_whitespace() {
                let Some((hour, events)) = entry.split_at_checked(6) else { continue };
                self.count(at, hour.parse().unwrap_or(0), events.parse().unwrap_or(0));
            }
        }
        for row in &rows.past {
            if let Some(at) = self.issues.iter().position(|(first, _)| first.number == row.number) {
                self.count(at, row.hour, row.events);
            }
        }
        let [open, resolved, ignored] = of_status;
        open < OPEN
            && resolved.max(ignored) < OTHERS
            && !is_limit(rows.groups.len(), GROUPS)
            && !is_limit(rows.past.len(), HOURS)
    }

    fn count(&mut self, at: usize, hour: i64, events: u64) {
        let step = self.at(hour).and_then(|step| self.steps.get_mut(step));
        if let (Some(step), Some((_, sum))) = (step, self.issues.get_mut(at)) {
            *step += events;
            *sum += events;
        }
    }
}

fn reasons(ended: &[EndedRow]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for row in ended {
        let is_of =
            |reason: &&mut Reason| (&reason.outcome, &reason.reason) == (&row.outcome, &row.reason);
        let reason = match reasons.iter_mut().find(is_of) {
            Some(reason) => reason,
            None => reasons.push_mut(Reason {
                outcome: row.outcome.clone(),
                reason: row.reason.clone(),
                quantity: 0,
                last: String::new(),
                last_ms: 0,
                samples: Vec::new(),
            }),
        };
        reason.quantity += row.quantity;
        reason.last_ms = reason.last_ms.max(row.last_ms);
        let has_room = !row.detail.is_empty() && reason.samples.len() < DETAILS;
        let known = reason.samples.iter_mut().find(|sample| sample.detail == row.detail);
        match known {
            Some(sample) => sample.quantity += row.quantity,
            None if has_room => {
                reason.samples.push(Sample { detail: row.detail.clone(), quantity: row.quantity });
            }
            None => {}
        }
    }
    for reason in &mut reasons {
        reason.last = rfc3339_of(reason.last_ms);
        reason.samples = largest(std::mem::take(&mut reason.samples), SAMPLES, |one| one.quantity);
    }
    let all = reasons.len();
    largest(reasons, all, |reason| reason.quantity)
}

/// The largest first, so many of them. Few are looked at: a sort is more code for each type.
fn largest<T>(mut all: Vec<T>, most: usize, size: impl Fn(&T) -> u64) -> Vec<T> {
    let mut found = Vec::new();
    while found.len() < most {
        // Of equal ones the first.
        let next = (0..all.len()).rev().max_by_key(|at| all.get(*at).map_or(0, &size));
        let Some(next) = next else { break };
        found.push(all.remove(next));
    }
    found
}

fn noise_of(issues: Vec<(&GroupRow, u64)>, accepted: u64, prefix: &str) -> Vec<Noise> {
    let mut found = Vec::new();
    for (row, quantity) in largest(issues, NAMED, |issue| issue.1) {
        if quantity < FEW {
            break;
        }
        let is_frequent = quantity >= MANY && quantity * 100 >= accepted * FREQUENT;
        let Some(class) = class_of(row).or(is_frequent.then_some("frequent")) else { continue };
        found.push(Noise {
            short_id: short_id(prefix, row.number),
            r#type: row.kind.clone(),
            value: row.value.clone(),
            class,
            quantity,
        });
    }
    found
}

/// What an issue's title and place say of its class.
fn class_of(row: &GroupRow) -> Option<&'static str> {
    let (kind, value, place) = (row.kind.clone(), row.value.clone(), row.place.clone());
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
