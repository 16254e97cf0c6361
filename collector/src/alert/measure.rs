//! Measures: a web vital, failed requests or crash-free visits past a limit. Looked at by cron, five minutes after one another where
//! the window is an hour, else fifteen, three rules a run. It is told once as it goes past the limit, and again only after it
//! was not. Too little in the window to tell leaves it as it was; another release than before begins anew.
//!
//! Numbers are those of the dashboard: page views and requests count as many times as their sample rate says, requests fail by no
//! answer, 4xx and 5xx, and sessions are counted in steps of six hours. Windows are of whole hours, the one that goes on
//! beside them: of 24 h, 23 are over. All are kept in thousandths of what people read: seconds, scores, percent.

mod look;
mod words;

use serde_json::{Value, json};
use trapline_core::page_view::{CLS, VITALS};

use super::rule::Rule;
use crate::pages::whole;

#[cfg(test)]
pub(super) use look::statements;
pub use look::{QUERIES, look};
pub use words::condition;

/// What can be measured, as rules name it: vitals first.
pub const MEASURES: [&str; 8] =
    ["lcp", "inp", "cls", "fcp", "ttfb", "failure_rate", "crash_free_sessions", "crash_free_users"];

/// Hours of windows.
pub const HOURS: [u32; 3] = [1, 6, 24];

/// Instead of a release: the one whose first event came last.
pub const NEWEST: &str = "newest";

/// Longest name of a page, an endpoint or a release, in bytes: those that are stored have 300, and a method.
pub const MAX_OF: usize = 320;

/// Largest limit: ten minutes, in milliseconds.
const MAX_LIMIT: f64 = 600_000.0;

/// So much is enough for any window.
const MAX_LEAST: u32 = 1_000_000;

/// What a rule measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// By its place in [`VITALS`]: what three of four page views do not exceed.
    Vital(usize),
    /// Of a hundred requests.
    FailureRate,
    /// Of a hundred sessions those without a crash.
    CrashFreeSessions,
    /// The same of users.
    CrashFreeUsers,
}

impl Measure {
    /// By its name among [`MEASURES`].
    pub fn named(name: &str) -> Option<Self> {
        match MEASURES.iter().position(|known| *known == name)? {
            place if place < VITALS.len() => Some(Measure::Vital(place)),
            5 => Some(Measure::FailureRate),
            6 => Some(Measure::CrashFreeSessions),
            _ => Some(Measure::CrashFreeUsers),
        }
    }

    /// Its name among [`MEASURES`].
    pub fn name(self) -> &'static str {
        let place = match self {
            Measure::Vital(place) => place,
            Measure::FailureRate => 5,
            Measure::CrashFreeSessions => 6,
            Measure::CrashFreeUsers => 7,
        };
        MEASURES.get(place).copied().unwrap_or_default()
    }

    /// Whether less is worse, and releases are told apart.
    fn is_of_visits(self) -> bool {
        matches!(self, Measure::CrashFreeSessions | Measure::CrashFreeUsers)
    }

    /// Whether it is a time.
    fn is_time(self) -> bool {
        matches!(self, Measure::Vital(place) if place != CLS)
    }

    /// A rule's limit in thousandths: milliseconds are those of seconds.
    fn thousandths(self, limit: f64) -> u64 {
        whole(if self.is_time() { limit } else { limit * 1_000.0 })
    }
}

/// Whether a rule can measure so; its texts without spaces around them.
///
/// # Errors
/// A sentence.
pub fn check(rule: &mut Rule) -> Result<(), String> {
    rule.of = rule.of.trim().to_owned();
    if rule.of.len() > MAX_OF || rule.of.chars().any(char::is_control) {
        return Err(format!("of is a name of at most {MAX_OF} bytes, in one line"));
    }
    if !HOURS.contains(&rule.hours) {
        return Err("hours is 1, 6 or 24".into());
    }
    if !(1..=MAX_LEAST).contains(&rule.at_least) {
        return Err(format!("at_least is 1 to {MAX_LEAST}"));
    }
    if !(0.0..=MAX_LIMIT).contains(&rule.limit) {
        return Err("limit is 0 to 600000".into());
    }
    if rule.measure.is_empty() {
        return Ok(());
    }
    let Some(measure) = Measure::named(&rule.measure) else {
        return Err(format!("measure is one of {}", MEASURES.join(", ")));
    };
    if measure.is_of_visits() && rule.hours < 6 {
        return Err("sessions are counted in steps of six hours: hours is 6 or 24".into());
    }
    let (most, words) = match measure {
        Measure::Vital(CLS) => (10_000, "limit is a score above 0, up to 10"),
        Measure::Vital(_) => (u64::MAX, "limit is in milliseconds, above 0"),
        Measure::FailureRate => (99_999, "limit is above 0 and below 100 percent"),
        _ => (100_000, "limit is above 0, up to 100 percent"),
    };
    if !(1..=most).contains(&measure.thousandths(rule.limit)) {
        return Err(words.into());
    }
    if !measure.is_of_visits() && !rule.environment.is_empty() {
        let words = "pages and requests are counted by hour or by environment, not by both: leave environment empty, \
            or make an alert of its own";
        return Err(words.into());
    }
    Ok(())
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What was measured.
    pub measure: Measure,
    /// In thousandths; says nothing where `count` is 0.
    pub value: u64,
    /// In thousandths.
    pub limit: u64,
    /// Of the window.
    pub hours: u32,
    /// Page views that have the vital, requests, sessions or users.
    pub count: u64,
    /// Page, endpoint or release; empty: of all.
    pub of: String,
    /// Only of this; empty: of all.
    pub environment: String,
}

impl Found {
    /// Nothing yet.
    fn of_rule(rule: &Rule) -> Option<Self> {
        let measure = Measure::named(&rule.measure)?;
        Some(Self {
            measure,
            value: 0,
            limit: measure.thousandths(rule.limit),
            hours: rule.hours,
            count: 0,
            of: rule.of.clone(),
            environment: rule.environment.clone(),
        })
    }

    /// `["lcp", 2612, 2500, 1, 420, "/checkout", ""]`: as rows have it.
    pub fn row(&self) -> String {
        let Self { value, limit, hours, count, of, environment, .. } = self;
        json!([self.measure.name(), value, limit, hours, count, of, environment]).to_string()
    }

    /// Reads such a list.
    pub fn of_row(row: &Value) -> Option<Self> {
        let text = |index: usize| row.get(index).and_then(Value::as_str).unwrap_or_default();
        let number = |index: usize| row.get(index).and_then(Value::as_u64).unwrap_or_default();
        Some(Self {
            measure: Measure::named(text(0))?,
            value: number(1),
            limit: number(2),
            hours: u32::try_from(number(3)).unwrap_or_default(),
            count: number(4),
            of: text(5).to_owned(),
            environment: text(6).to_owned(),
        })
    }

    /// The same, as a text.
    pub fn read(row: &str) -> Option<Self> {
        Self::of_row(&serde_json::from_slice(row.as_bytes()).ok()?)
    }

    /// Whether it is past the limit; `None`: there is too little to tell.
    fn is_beyond(&self, at_least: u32) -> Option<bool> {
        let is_beyond = match self.measure.is_of_visits() {
            true => self.value < self.limit,
            false => self.value > self.limit,
        };
        (self.count >= u64::from(at_least)).then_some(is_beyond)
    }

    /// Since when it is past the limit, given since when it was and what was found then; 0: it is not.
    fn beyond_ms(&self, at_least: u32, before: Option<&Self>, since_ms: i64, now_ms: i64) -> i64 {
        let is_same = before.is_none_or(|before| before.of == self.of);
        let since_ms = if is_same { since_ms } else { 0 };
        match self.is_beyond(at_least) {
            None => since_ms,
            Some(true) if since_ms > 0 => since_ms,
            Some(true) => now_ms,
            Some(false) => 0,
        }
    }
}

#[cfg(test)]
mod tests;
