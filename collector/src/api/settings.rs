//! `/api/0/projects/{project}/…`: keys, settings, outcomes. What changes something takes JSON of our own pages and programs
//! only: browsers send neither that type nor those methods across origins without asking first, and nobody answers them.

use serde::Serialize;
use serde_json::{Map, Value};
use trapline_core::decode::rfc3339_of;
use worker::Response;

use crate::dashboard::{Visit, visit};
use crate::erasure::{self, Erasure, MAX_USER};
use crate::failure::Failure;
use crate::outcome::{self, HourRow};
use crate::people::Role;
use crate::plan::HOUR_MS;
use crate::project_key::{self, KeyRow, MAX_KEYS, MAX_LABEL};
use crate::read::ProjectRow;
use crate::request::{Body, Incoming};
use crate::settings::{self, MAX_SETTINGS, StoredRow};
use crate::store::{Rows, Store};
use crate::{account, key, random, reply, setup};

#[derive(Serialize)]
struct Key<'a> {
    public_key: &'a str,
    label: &'a str,
    dsn: String,
    created: String,
    revoked: Option<String>,
}

fn key_json<'a>(incoming: &Incoming, project: &ProjectRow, row: &'a KeyRow) -> Key<'a> {
    Key {
        public_key: &row.public_key,
        label: &row.label,
        dsn: setup::dsn(incoming, &row.public_key, project.id),
        created: rfc3339_of(row.created_ms),
        revoked: row.revoked_ms.map(rfc3339_of),
    }
}

/// `GET …/keys/`: all of them, those that are revoked last.
pub async fn keys(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    let rows = key_rows(incoming, &visit.project).await?;
    let keys: Vec<Key> = rows.iter().map(|row| key_json(incoming, &visit.project, row)).collect();
    Ok(reply::json(200, &keys))
}

/// Every key of a project.
pub async fn key_rows(incoming: &Incoming, project: &ProjectRow) -> Result<Vec<KeyRow>, Failure> {
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    Ok(store.read(&project_key::list(project.id)).await?.all()?)
}

/// `POST …/keys/` with `{"label": "…"}`: the new key.
pub async fn create_key(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, changes) = signed(incoming, slug, Role::Admin).await?;
    let label = match changes.get("label") {
        None | Some(Value::Null) => "",
        Some(label) => label.as_str().ok_or_else(|| bad("label is a text"))?,
    };
    let row = new_key(incoming, &visit.project, label).await?;
    Ok(reply::json(201, &key_json(incoming, &visit.project, &row)))
}

/// Makes a key.
pub async fn new_key(
    incoming: &Incoming,
    project: &ProjectRow,
    label: &str,
) -> Result<KeyRow, Failure> {
    let label = label.trim();
    if label.len() > MAX_LABEL {
        return Err(bad(&format!("a name has at most {MAX_LABEL} bytes")));
    }
    let (public_key, now_ms) = (random::public_key(), incoming.now_ms);
    let store = Store::open(&incoming.env, now_ms).await?;
    store.write(|_| vec![project_key::create(project.id, &public_key, label, now_ms)]).await?;
    key::forget();
    let rows: Vec<KeyRow> = store.read(&project_key::list(project.id)).await?.all()?;
    let made = rows.into_iter().find(|row| row.public_key == public_key);
    made.ok_or_else(|| bad(&format!("the project has {MAX_KEYS} keys: revoke one first")))
}

/// `DELETE …/keys/{public_key}/`: refused from now on, by other isolates within ten seconds. The revoked key.
pub async fn revoke_key(
    incoming: &Incoming,
    slug: &str,
    public_key: &str,
) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    account::check_origin(incoming)?;
    visit.viewer.must_be(Role::Admin)?;
    let row = revoke(incoming, &visit.project, public_key).await?;
    Ok(reply::json(200, &key_json(incoming, &visit.project, &row)))
}

/// Revokes a key.
pub async fn revoke(
    incoming: &Incoming,
    project: &ProjectRow,
    public_key: &str,
) -> Result<KeyRow, Failure> {
    let now_ms = incoming.now_ms;
    let store = Store::open(&incoming.env, now_ms).await?;
    store.write(|_| vec![project_key::revoke(project.id, public_key, now_ms)]).await?;
    key::forget();
    let rows: Vec<KeyRow> = store.read(&project_key::list(project.id)).await?.all()?;
    rows.into_iter().find(|row| row.public_key == public_key).ok_or(Failure::NotFound)
}

/// `GET …/settings/`: all that there are, with `allowed_origins`.
pub async fn settings(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    let visit = visit(incoming, slug).await?;
    Ok(reply::json(200, &settings_json(&visit.project)))
}

fn settings_json(project: &ProjectRow) -> Value {
    let mut json = serde_json::to_value(settings::parse(&project.settings)).unwrap_or_default();
    if let Some(json) = json.as_object_mut() {
        let origins =
            serde_json::from_slice(project.allowed_origins.as_bytes()).unwrap_or_default();
        json.insert("allowed_origins".to_owned(), origins);
    }
    json
}

/// `PATCH …/settings/` with the members that change; `null` brings a default back. All settings as they are then.
pub async fn change_settings(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (mut visit, mut changes) = signed(incoming, slug, Role::Admin).await?;
    let origins = match changes.remove("allowed_origins") {
        None => None,
        Some(Value::Null) => Some(Vec::new()),
        Some(list) => Some(
            serde_json::from_slice::<Vec<String>>(list.to_string().as_bytes())
                .map_err(|_| bad("allowed_origins is a list of texts"))?,
        ),
    };
    change(incoming, &mut visit.project, &changes, origins.as_deref()).await?;
    Ok(reply::json(200, &settings_json(&visit.project)))
}

/// Stores what has changed, in the database and in `project`.
pub async fn change(
    incoming: &Incoming,
    project: &mut ProjectRow,
    changes: &Map<String, Value>,
    origins: Option<&[String]>,
) -> Result<(), Failure> {
    settings::check(changes).map_err(Failure::BadRequest)?;
    let origins = origins.map(settings::origins).transpose().map_err(Failure::BadRequest)?;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let statement = || settings::store(project.id, changes, origins.as_deref());
    let rows = store.write(|_| vec![statement()]).await?;
    key::forget();
    let stored: Option<StoredRow> = rows.first().map(Rows::first).transpose()?.flatten();
    let stored = stored.ok_or(Failure::NotFound)?;
    (project.settings, project.allowed_origins) = (stored.settings, stored.allowed_origins);
    Ok(())
}

#[derive(Serialize)]
struct Erased {
    done: bool,
}

/// `POST …/erasures/` with `{"user": "…"}`: what senders call somebody whose data have to go. 200 once all is done, 202 while
/// the cron goes on with it.
pub async fn erase_user(incoming: &mut Incoming, slug: &str) -> Result<Response, Failure> {
    let (visit, object) = signed(incoming, slug, Role::Admin).await?;
    let user = object.get("user").and_then(Value::as_str).unwrap_or_default();
    let done = erase(&visit, user, incoming.now_ms).await?;
    Ok(reply::json(if done { 200 } else { 202 }, &Erased { done }))
}

/// Begins to erase a user; whether all is done.
pub async fn erase(visit: &Visit, user: &str, now_ms: i64) -> Result<bool, Failure> {
    /// Steps within one request; the cron does the others.
    const STEPS: u32 = 4;
    let user = user.trim();
    if user.is_empty() || user.len() > MAX_USER {
        return Err(bad(&format!("user is a text of 1 to {MAX_USER} bytes")));
    }
    let project_id = visit.project.id;
    visit.store.write(|_| erasure::ask(project_id, user, now_ms).into()).await?;
    let erasure = Erasure { project_id, user: user.to_owned(), place: String::new() };
    Ok(erasure::run(&visit.store, erasure, STEPS).await?)
}

#[derive(Serialize)]
struct Outcome<'a> {
    hour: String,
    outcome: &'a str,
    reason: &'a str,
    quantity: u64,
}

/// `GET …/outcomes/?hours=24`, up to 35 days: how items ended, by hour, oldest first. What was accepted is exact; the rest
/// is at least so much, and a few seconds late.
pub async fn outcomes(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    const MOST: i64 = 35 * 24;
    let hours = match incoming.query("hours").map(|hours| hours.parse::<i64>()) {
        None => 24,
        Some(Ok(hours @ 1..=MOST)) => hours,
        Some(_) => return Err(bad(&format!("hours is a number from 1 to {MOST}"))),
    };
    let visit = visit(incoming, slug).await?;
    let rows = outcome_rows(incoming, &visit, hours).await?;
    let outcomes: Vec<Outcome> = rows
        .iter()
        .map(|row| Outcome {
            hour: rfc3339_of(row.hour * HOUR_MS),
            outcome: &row.outcome,
            reason: &row.reason,
            quantity: row.quantity,
        })
        .collect();
    Ok(reply::json(200, &outcomes))
}

/// Outcomes of the last hours, oldest first.
pub async fn outcome_rows(
    incoming: &Incoming,
    visit: &Visit,
    hours: i64,
) -> Result<Vec<HourRow>, Failure> {
    let since = incoming.now_ms / HOUR_MS - hours + 1;
    let store = Store::open(&incoming.env, incoming.now_ms).await?;
    let id = visit.project.id;
    let mut rows: Vec<HourRow> = store.read(&outcome::by_hour(id, since)).await?.all()?;
    let accepted = visit.store.read(&outcome::accepted_by_hour(id, since)).await?;
    rows.extend(accepted.all::<HourRow>()?);
    rows.sort_by(|one, other| (one.hour, &one.outcome).cmp(&(other.hour, &other.outcome)));
    Ok(rows)
}

/// Who may do what takes a role, and the JSON object that they sent.
pub(super) async fn signed(
    incoming: &mut Incoming,
    slug: &str,
    role: Role,
) -> Result<(Visit, Map<String, Value>), Failure> {
    account::check_origin(incoming)?;
    let content_type = incoming.header("content-type").unwrap_or_default();
    if !content_type.trim_start().to_ascii_lowercase().starts_with("application/json") {
        return Err(bad("send application/json"));
    }
    let Body::Whole(body) = incoming.body(MAX_SETTINGS).await else {
        return Err(bad(&format!("a body has at most {MAX_SETTINGS} bytes")));
    };
    let visit = visit(incoming, slug).await?;
    visit.viewer.must_be(role)?;
    let object = serde_json::from_slice(&body).map_err(|error| bad(&error.to_string()))?;
    Ok((visit, object))
}

pub(super) fn bad(detail: &str) -> Failure {
    Failure::BadRequest(detail.to_owned())
}
