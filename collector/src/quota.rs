//! How many events a project may still send in this hour and this day: the quotas that its owner set, and protection from
//! spikes, which compares an hour with the project's own past.
//!
//! The database holds what came by the hour (`project_hour`); what the key is looked up for anyway brings it along. The
//! isolate adds what it has taken in since, and writes that now and then, in one row. So a quota is exact as long as one
//! isolate takes all; several learn of each other within ten seconds. What an isolate holds when it ends is lost: at most
//! a hundredth of the smallest limit.

use std::cell::RefCell;
use std::collections::HashMap;

use serde::Deserialize;
use worker::Env;

use crate::plan::HOUR_MS;
use crate::settings::Settings;
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Hours of a UTC day.
const DAY: i64 = 24;

/// Written once an isolate holds so many, whatever the limits.
const MOST_HELD: u32 = 100;

/// Fewer are written with what comes later, where nothing limits the project.
const FEW_HELD: u32 = 10;

/// At most one row a project in this time, unless a limit is near.
const PAUSE_MS: i64 = 10_000;

/// So long a few may be held.
const LONGEST_MS: i64 = 600_000;

/// What the database said of a project's hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Hours since 1970.
    pub hour: i64,
    /// Events taken in during the hour.
    pub events: u32,
    /// Events of the same day, UTC, before the hour.
    pub day_before: u32,
    /// More than this in the hour is a spike; 0 where there is no past to compare with.
    pub spike_limit: u32,
}

/// Which limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The owner's, by the hour.
    Hourly,
    /// The owner's, by the day.
    Daily,
    /// Far more than the project's hours used to have.
    Spike,
}

impl Limit {
    /// As outcomes and rate limits name it.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Hourly => "hourly_quota",
            Limit::Daily => "daily_quota",
            Limit::Spike => "spike",
        }
    }
}

/// No room for another event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Which limit.
    pub limit: Limit,
    /// Events that it allows.
    pub most: u32,
    /// When it begins anew.
    pub retry_after_s: i64,
}

/// A project's hour as the isolate knows it.
#[derive(Clone, Copy, Debug, Default)]
struct Hour {
    known: Usage,
    /// Taken in and not written yet.
    held: u32,
    /// On the way to the database.
    writing: u32,
    written_ms: i64,
}

impl Hour {
    fn events(&self) -> u32 {
        self.known.events.saturating_add(self.held).saturating_add(self.writing)
    }

    /// How many events of `wanted` there is room for; with the limit, if not for all.
    fn room(&self, settings: &Settings, wanted: u32, now_ms: i64) -> (u32, Option<Reached>) {
        let hour_ends_s = (HOUR_MS - now_ms.rem_euclid(HOUR_MS)) / 1_000 + 1;
        let day_ends_s = (DAY * HOUR_MS - now_ms.rem_euclid(DAY * HOUR_MS)) / 1_000 + 1;
        let events = self.events();
        let day = events.saturating_add(self.known.day_before);
        let spike = if settings.spike_protection { self.known.spike_limit } else { 0 };
        let limits = [
            (Limit::Daily, settings.daily_quota, day, day_ends_s),
            (Limit::Hourly, settings.hourly_quota, events, hour_ends_s),
            (Limit::Spike, spike, events, hour_ends_s),
        ];
        let tightest = limits
            .into_iter()
            .filter(|(_, most, ..)| *most > 0)
            .map(|(limit, most, used, retry_after_s)| {
                (most.saturating_sub(used), Reached { limit, most, retry_after_s })
            })
            .min_by_key(|(left, _)| *left);
        match tightest {
            Some((left, reached)) if left < wanted => (left, Some(reached)),
            _ => (wanted, None),
        }
    }

    /// Whether what is held should be written now.
    fn is_due(&self, settings: &Settings, now_ms: i64) -> bool {
        if self.held == 0 || self.writing > 0 {
            return false;
        }
        let steps = [
            (settings.hourly_quota, 100),
            (settings.daily_quota, 100),
            // Not the owner's number: nobody minds whether it is exact.
            (self.known.spike_limit, 20),
        ];
        let steps = steps.into_iter().filter(|(most, _)| *most > 0);
        let step = steps.map(|(most, parts)| (most / parts).max(1)).min();
        let step = step.unwrap_or(MOST_HELD).min(MOST_HELD);
        let waited_ms = now_ms - self.written_ms;
        self.held >= step
            || (self.held >= FEW_HELD && waited_ms >= PAUSE_MS)
            || waited_ms >= LONGEST_MS
    }

    /// Begins another hour: what the old one's rows say is past.
    fn turn(&mut self, hour: i64) {
        let is_same_day = self.known.hour / DAY == hour / DAY;
        let day = self.known.day_before.saturating_add(self.events());
        let spike_limit = self.known.spike_limit;
        let day_before = if is_same_day { day } else { 0 };
        self.known = Usage { hour, events: 0, day_before, spike_limit };
        self.held = 0;
    }
}

thread_local! {
    static HOURS: RefCell<HashMap<u32, Hour>> = RefCell::default();
}

/// What looking up the key brought along. While something is on its way to the database nobody knows whether it is part of
/// that, so the isolate goes on with what it knew.
pub fn learn(project_id: u32, usage: Usage, now_ms: i64) {
    with_hour(project_id, now_ms, |hour| {
        if hour.writing == 0 && hour.known.hour == usage.hour {
            // Asked before something was written, and answered after: a count never goes down.
            let events = hour.known.events.max(usage.events);
            hour.known = Usage { events, ..usage };
        }
    });
}

/// Takes so many of `wanted` events as there is room for; with the limit, if not all.
pub fn take(
    project_id: u32,
    settings: &Settings,
    wanted: u32,
    now_ms: i64,
) -> (u32, Option<Reached>) {
    with_hour(project_id, now_ms, |hour| {
        let (taken, reached) = hour.room(settings, wanted, now_ms);
        hour.held = hour.held.saturating_add(taken);
        (taken, reached)
    })
}

/// An hour as the database has it and as this isolate knows it, whoever knows more; and the limit, where no room is left.
pub fn used(
    project_id: u32,
    settings: &Settings,
    stored: Usage,
    now_ms: i64,
) -> (Usage, Option<Reached>) {
    let own = with_hour(project_id, now_ms, |hour| Usage { events: hour.events(), ..hour.known });
    let known = Usage {
        hour: own.hour,
        events: stored.events.max(own.events),
        day_before: stored.day_before.max(own.day_before),
        spike_limit: stored.spike_limit.max(own.spike_limit),
    };
    (known, Hour { known, ..Hour::default() }.room(settings, 1, now_ms).1)
}

/// Whether there is room for another event at all.
pub fn reached(project_id: u32, settings: &Settings, now_ms: i64) -> Option<Reached> {
    with_hour(project_id, now_ms, |hour| hour.room(settings, 1, now_ms).1)
}

/// Events that were taken and not stored after all.
pub fn give_back(project_id: u32, events: u32, now_ms: i64) {
    with_hour(project_id, now_ms, |hour| hour.held = hour.held.saturating_sub(events));
}

/// What should be written now, if anything; the caller then runs [`write()`].
pub fn due(project_id: u32, settings: &Settings, now_ms: i64) -> bool {
    with_hour(project_id, now_ms, |hour| {
        let is_due = hour.is_due(settings, now_ms);
        if is_due {
            (hour.writing, hour.held, hour.written_ms) = (hour.held, 0, now_ms);
        }
        is_due
    })
}

/// Writes what [`due`] has set apart.
pub async fn write(env: Env, project_id: u32, now_ms: i64) {
    let (number, events) = with_hour(project_id, now_ms, |hour| (hour.known.hour, hour.writing));
    let written = add_events(&env, project_id, number, events, now_ms).await;
    with_hour(project_id, now_ms, |hour| {
        hour.writing = 0;
        match written {
            Ok(Some(usage)) if usage.hour == hour.known.hour => hour.known = usage,
            Ok(_) => {}
            Err(_) => hour.held = hour.held.saturating_add(events),
        }
    });
}

async fn add_events(
    env: &Env,
    project_id: u32,
    hour: i64,
    events: u32,
    now_ms: i64,
) -> Result<Option<Usage>, StoreError> {
    let store = Store::open(env, now_ms).await?;
    // Not tried again by the store: a lost answer would count twice.
    store.read(&add(project_id, hour, events)).await?.first()
}

fn with_hour<T>(project_id: u32, now_ms: i64, change: impl FnOnce(&mut Hour) -> T) -> T {
    HOURS.with_borrow_mut(|hours| {
        let hour = hours.entry(project_id).or_default();
        let now = now_ms / HOUR_MS;
        // A request that began before the hour did counts for the new one.
        if now > hour.known.hour {
            hour.turn(now);
        }
        change(hour)
    })
}

/// The first hour of a UTC day.
pub fn first_of_day(hour: i64) -> i64 {
    hour - hour.rem_euclid(DAY)
}

/// Ten times the mean of the last seven days, 1,000 at least; 0 within a project's first day. Primary key of
/// `project_hour`, up to 168 rows, once an hour.
#[macro_export]
macro_rules! spike_limit {
    ($project:literal, $hour:literal) => {
        concat!(
            "(SELECT CASE WHEN min(w.hour) <= ",
            $hour,
            " - 24 THEN max(1000, CAST(10 * sum(w.events) / (",
            $hour,
            " - min(w.hour)) AS INTEGER)) ELSE 0 END FROM project_hour w WHERE w.project_id = ",
            $project,
            " AND w.hour >= ",
            $hour,
            " - 168 AND w.hour < ",
            $hour,
            ")"
        )
    };
}

/// Events of the day before the hour. Primary key of `project_hour`.
#[macro_export]
macro_rules! day_before {
    ($project:literal, $hour:literal, $first:literal) => {
        concat!(
            "(SELECT coalesce(sum(d.events), 0) FROM project_hour d WHERE d.project_id = ",
            $project,
            " AND d.hour >= ",
            $first,
            " AND d.hour < ",
            $hour,
            ")"
        )
    };
}

/// What a project's hour has, by the project's short name; gives back [`Usage`]. Index of `project`, primary key of
/// `project_hour`: a row an hour of the day.
pub fn of_slug(slug: &str, hour: i64) -> Statement {
    Statement::new(
        "SELECT CAST(?2 AS INTEGER) AS hour, coalesce(sum(h.events) FILTER (WHERE h.hour = ?2), 0) AS events,
            coalesce(sum(h.events) FILTER (WHERE h.hour < ?2), 0) AS day_before,
            coalesce(max(h.spike_limit) FILTER (WHERE h.hour = ?2), 0) AS spike_limit
         FROM project p CROSS JOIN project_hour h ON h.project_id = p.id AND h.hour >= ?3 WHERE p.slug = ?1",
        [slug.into(), hour.into(), first_of_day(hour).into()],
    )
}

/// One row; gives back [`Usage`].
pub fn add(project_id: u32, hour: i64, events: u32) -> Statement {
    const SQL: &str = concat!(
        "INSERT INTO project_hour (project_id, hour, events, day_before, spike_limit)
         SELECT ?1, ?2, ?3, ",
        day_before!("?1", "?2", "?4"),
        ", ",
        spike_limit!("?1", "?2"),
        " WHERE true ON CONFLICT DO UPDATE SET events = events + excluded.events
         RETURNING hour, events, day_before, spike_limit"
    );
    Statement::new(SQL, [project_id.into(), hour.into(), events.into(), first_of_day(hour).into()])
}

/// Events of the day, at least. Primary key of `project_hour`, one row.
pub fn today(project_id: u32, hour: i64) -> Statement {
    Statement::new(
        "SELECT day_before + events AS number FROM project_hour
         WHERE project_id = ?1 AND hour BETWEEN ?2 AND ?3 ORDER BY hour DESC LIMIT 1",
        [project_id.into(), first_of_day(hour).into(), hour.into()],
    )
}

#[cfg(test)]
mod tests;
