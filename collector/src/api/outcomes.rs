//! `/api/0/projects/{project}/outcomes/…`: how items ended. The list by hour is beside the settings.

use serde::Serialize;
use worker::Response;

use super::settings::{Outcome, hours_of};
use crate::dashboard::{Visit, outcomes as asked, visit};
use crate::failure::Failure;
use crate::limits::Limits;
use crate::outcome::summary::{self, RANGES, Range, Summary};
use crate::outcome::{self, HourRow};
use crate::plan::HOUR_MS;
use crate::request::Incoming;
use crate::store::Store;
use crate::{purge, reply};

/// `GET …/outcomes/summary/?range=24h`: what the page shows.
///
/// # Errors
/// Without a session or token, or for an unknown range.
pub async fn summary(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let name = incoming.query("range");
    let range = name.as_deref().map_or(Some(&RANGES[0]), Range::named);
    let range =
        range.ok_or_else(|| Failure::BadRequest("range is one of 24h, 14d and 30d".to_owned()))?;
    let visit = visit(incoming, slug).await?;
    let (summary, database_bytes) = asked::summary_of(incoming, &visit, Some(range)).await?;
    let limits = Limits::of(&visit, incoming.now_ms);
    let limits = Used {
        events_this_hour: limits.usage.events,
        events_today: limits.today(),
        hourly_quota: limits.hourly_quota,
        daily_quota: limits.daily_quota,
        spike_limit: limits.usage.spike_limit,
        reached: limits.reached.map(|reached| reached.limit.name()),
        database: limits.database.map(|error| error.to_string()),
        database_bytes,
        database_limit_bytes: purge::max_bytes(&incoming.env),
    };
    Ok(reply::json(200, &Answer { summary, limits }))
}

#[derive(Serialize)]
struct Answer {
    summary: Summary,
    limits: Used,
}

#[derive(Serialize)]
struct Used {
    events_this_hour: u32,
    events_today: u32,
    hourly_quota: u32,
    daily_quota: u32,
    spike_limit: u32,
    reached: Option<&'static str>,
    database: Option<String>,
    database_bytes: usize,
    database_limit_bytes: usize,
}

/// `GET …/outcomes/export/?hours=24`, up to 35 days: a line of JSON for each hour, outcome, reason and detail.
///
/// # Errors
/// As those of the list.
pub async fn export(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let hours = hours_of(incoming)?;
    let visit = visit(incoming, slug).await?;
    let mut rows = accepted(incoming, &visit, hours).await?;
    let lines = lines_of(incoming, &visit, hours, outcome::EXPORTED_LINES).await?;
    rows.extend(lines.into_iter().rev());
    let mut text = String::new();
    for row in &rows {
        text += &serde_json::to_string(&Outcome::of(row, Some(&row.detail))).unwrap_or_default();
        text.push('\n');
    }
    let headers = [
        ("content-type", "application/x-ndjson"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    Ok(reply::with_headers(reply::text(200, &text), &headers))
}

/// What was not stored in the last hours, the newest first.
pub(super) async fn lines_of(
    incoming: &Incoming,
    visit: &Visit,
    hours: i64,
    most: u32,
) -> Result<Vec<HourRow>, Failure> {
    let since = incoming.now_ms / HOUR_MS - hours + 1;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&outcome::lines(visit.project.id, since, most)).await?.all()?)
}

/// What was accepted in the last hours, oldest first: hours in which something was.
pub(super) async fn accepted(
    incoming: &Incoming,
    visit: &Visit,
    hours: i64,
) -> Result<Vec<HourRow>, Failure> {
    let first = incoming.now_ms / HOUR_MS - hours + 1;
    let (rows, _) = asked::rows_since(incoming, visit, first, false).await?;
    let (accepted, _) = summary::accepted(first, usize::try_from(hours).unwrap_or(0), &rows);
    let row = |(hour, quantity): (i64, u64)| HourRow {
        hour,
        outcome: "accepted".into(),
        reason: String::new(),
        detail: String::new(),
        quantity,
    };
    Ok((first..).zip(accepted).filter(|(_, events)| *events > 0).map(row).collect())
}

/// Whether lines are asked for rather than a list.
pub fn wants_lines(incoming: &Incoming) -> bool {
    incoming.header("accept").is_some_and(|accept| accept.contains("application/x-ndjson"))
}
