//! The JSON API, `/api/0/…`: what the pages show, for programs. Needs a session, or a token with the
//! scope `project:read`.

pub mod alerts;
pub mod audit;
pub mod feedback;
pub mod grouping;
pub mod health;
pub mod issues;
pub mod list;
pub mod outcomes;
pub mod overview;
pub mod pages;
pub mod people;
pub mod projects;
pub mod regroup;
pub mod settings;
pub mod suggestions;
pub mod tokens;
pub mod views;

use serde::Serialize;
use serde_json::{Map, Value, json};
use trapline_core::decode::rfc3339_of;
use worker::Response;

use crate::dashboard::events::listed_events;
use crate::dashboard::{self, Visit, visit};
use crate::failure::Failure;
use crate::read::{self, EventCursor, EventRow, GroupRecord, KeptRow};
use crate::request::Incoming;
use crate::store::Store;
use crate::view::{Condition, IssueRow, Status};
use crate::{account, reply};

#[derive(Serialize)]
struct Project<'a> {
    slug: &'a str,
    name: &'a str,
}

/// Adds texts to an object.
fn add_texts(json: &mut Map<String, Value>, texts: &[(&str, &str)]) {
    for (name, text) in texts {
        json.insert((*name).to_owned(), Value::String((*text).to_owned()));
    }
}

/// Adds numbers to an object; `null` for what is not known.
fn add_numbers(json: &mut Map<String, Value>, numbers: &[(&str, Option<f64>)]) {
    for (name, number) in numbers {
        json.insert((*name).to_owned(), Value::from(*number));
    }
}

/// `GET /api/0/projects/`
pub async fn projects(incoming: &Incoming) -> Result<Response, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let viewer = account::viewer(incoming, &store).await?;
    let projects = dashboard::seen(&store, &viewer).await?;
    let projects: Vec<Project> = projects
        .iter()
        .map(|project| Project { slug: &project.slug, name: &project.name })
        .collect();
    Ok(reply::json(200, &projects))
}

#[derive(Serialize)]
struct Issue<'a> {
    short_id: &'a str,
    r#type: &'a str,
    value: &'a str,
    culprit: String,
    level: &'static str,
    status: &'static str,
    regressed: bool,
    escalating: bool,
    /// Resolved in this release: only a later one regresses.
    resolved_in: Option<&'a str>,
    ignored_until: Option<IgnoredUntil>,
    count: u64,
    users: u64,
    first_seen: String,
    last_seen: String,
    hours: &'a [u32; 24],
    /// Of a list with a range of days.
    days: &'a [u32],
    new: bool,
    last_release: &'a str,
    assignee: Option<Assignee<'a>>,
}

#[derive(Serialize)]
struct Assignee<'a> {
    id: u32,
    name: &'a str,
}

/// Whatever comes first, in all; forever if nothing is set.
#[derive(Serialize)]
struct IgnoredUntil {
    at: Option<String>,
    count: Option<u64>,
    users: Option<u64>,
}

impl<'a> From<&'a IssueRow> for Issue<'a> {
    fn from(row: &'a IssueRow) -> Self {
        Self {
            short_id: &row.short_id,
            r#type: &row.kind,
            value: &row.value,
            culprit: format!("{} {}", row.function, row.place).trim().to_owned(),
            level: row.level.name(),
            status: match row.status {
                Status::Unresolved => "unresolved",
                Status::Resolved => "resolved",
                Status::Ignored => "ignored",
            },
            regressed: row.is_regressed,
            escalating: row.is_escalating,
            resolved_in: match &row.condition {
                Condition::LaterThan { release } => Some(release),
                _ => None,
            },
            ignored_until: match row.condition {
                Condition::Until { at_ms, events, users } => Some(IgnoredUntil {
                    at: (at_ms > 0).then(|| rfc3339_of(at_ms)),
                    count: (events > 0).then_some(events),
                    users: (users > 0).then_some(users),
                }),
                _ => None,
            },
            count: row.events,
            users: row.users,
            first_seen: rfc3339_of(row.first_seen_ms),
            last_seen: rfc3339_of(row.last_seen_ms),
            hours: &row.hours,
            days: &row.days,
            new: row.is_new,
            last_release: &row.last_release,
            assignee: (row.assignee_id > 0)
                .then_some(Assignee { id: row.assignee_id, name: &row.assignee }),
        }
    }
}

#[derive(Serialize)]
struct Kept<'a> {
    event_id: &'a str,
    at: String,
}

/// `GET /api/0/projects/{project}/issues/{short_id}/events/`: the kept ones, newest first. With `all=true`, all of them, 50 a
/// page, filtered by facets: see `all_events`.
pub async fn events(
    incoming: &Incoming,
    project: &str,
    short_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let number = read::number_in(&visit.project.short_prefix, short_id).ok_or(Failure::NotFound)?;
    let groups: Vec<GroupRecord> =
        visit.store.read(&read::groups(visit.project.id, number)).await?.all()?;
    if groups.is_empty() {
        return Err(Failure::NotFound);
    }
    if incoming.query("all").is_some_and(|all| all == "true") {
        return all_events(incoming, &visit, &groups).await;
    }
    let kept: Vec<KeptRow> =
        visit.store.read(&read::kept(visit.project.id, &groups)).await?.all()?;
    let at = |kept: &KeptRow| rfc3339_of(kept.at_ms);
    let events: Vec<Kept> =
        kept.iter().map(|kept| Kept { event_id: &kept.event_id, at: at(kept) }).collect();
    Ok(reply::json(200, &events))
}

/// Rows of all events, whether kept whole or not.
async fn all_events(
    incoming: &Incoming,
    visit: &Visit,
    groups: &[GroupRecord],
) -> Result<Response, Failure> {
    let listed = listed_events(incoming, visit, groups).await?;
    let event = |row: &EventRow| {
        json!({
            "event_id": row.event_id, "at": rfc3339_of(row.at_ms), "count": row.count,
            "release": row.release, "environment": row.environment, "browser": row.browser,
            "os": row.os, "country": row.country, "url": row.page, "user": row.user,
            "kept": listed.kept.contains(&row.event_id),
        })
    };
    let events: Vec<Value> = listed.events.iter().map(event).collect();
    let next = listed.next.as_ref().map(EventCursor::text);
    Ok(reply::json(200, &json!({ "events": events, "next_after": next })))
}

/// `GET /api/0/projects/{project}/events/{event_id}/`: one kept event as it is stored.
pub async fn event(
    incoming: &Incoming,
    project: &str,
    event_id: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, project).await?;
    let event = dashboard::stored_event(incoming, &visit, event_id).await?;
    Ok(reply::json(200, &event.ok_or(Failure::NotFound)?))
}
