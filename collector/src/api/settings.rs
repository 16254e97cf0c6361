//! `/api/0/projects/{project}/…`: keys, settings, outcomes. What changes something takes JSON of our own pages and programs
//! only: browsers send neither that type nor those methods across origins without asking first, and nobody answers them.

use serde::Serialize;
use serde_json::{Map, Value};
use trapline_core::decode::rfc3339_of;
use trapline_core::json;
use worker::Response;

use crate::artifacts::access;
use crate::dashboard::{Visit, visit};
use crate::erasure::{self, Erasure, MAX_USER};
use crate::failure::Failure;
use crate::outcome::{self, HourRow};
use crate::people::Role;
use crate::plan::HOUR_MS;
use crate::project_key::{self, KeyRow, MAX_KEYS, MAX_LABEL};
use crate::read::ProjectRow;
use crate::request::Incoming;
use crate::settings::{self, MAX_SETTINGS, StoredRow};
use crate::store::{Rows, Store};
use crate::{account, audit, key, random, reply, setup};

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
    let row = new_key(incoming, &visit, label).await?;
    Ok(reply::json(201, &key_json(incoming, &visit.project, &row)))
}

/// Makes a key.
pub async fn new_key(incoming: &Incoming, visit: &Visit, label: &str) -> Result<KeyRow, Failure> {
    let (project, label) = (&visit.project, label.trim());
    if label.len() > MAX_LABEL {
        return Err(bad(&format!("a name has at most {MAX_LABEL} bytes")));
    }
    let (public_key, now_ms) = (random::public_key(), incoming.now_ms);
    let store = Store::open(&incoming.env, now_ms).await?;
    let detail = format!("{label} {public_key}");
    let create = [
        project_key::create(project.id, &public_key, label, now_ms),
        audit::note_of_change(&visit.viewer, now_ms, "key made", &project.slug, detail.trim()),
    ];
    store.write(|_| create.to_vec()).await?;
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
    let row = revoke(incoming, &visit, public_key).await?;
    Ok(reply::json(200, &key_json(incoming, &visit.project, &row)))
}

/// Revokes a key.
pub async fn revoke(
    incoming: &Incoming,
    visit: &Visit,
    public_key: &str,
) -> Result<KeyRow, Failure> {
    let (project, now_ms) = (&visit.project, incoming.now_ms);
    let store = Store::open(&incoming.env, now_ms).await?;
    let revoke = [
        project_key::revoke(project.id, public_key, now_ms),
        audit::note_of_change(&visit.viewer, now_ms, "key revoked", &project.slug, public_key),
    ];
    store.write(|_| revoke.to_vec()).await?;
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
        let origins = json::from_slice(project.allowed_origins.as_bytes()).unwrap_or_default();
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
            json::from_slice::<Vec<String>>(list.to_string().as_bytes())
                .map_err(|_| bad("allowed_origins is a list of texts"))?,
        ),
    };
    change(incoming, &mut visit, &changes, origins.as_deref()).await?;
    Ok(reply::json(200, &settings_json(&visit.project)))
}

/// Stores what has changed, in the database and in the visit's project.
pub async fn change(
    incoming: &Incoming,
    visit: &mut Visit,
    changes: &Map<String, Value>,
    origins: Option<&[String]>,
) -> Result<(), Failure> {
    settings::check(changes).map_err(Failure::BadRequest)?;
    let origins = origins.map(settings::origins).transpose().map_err(Failure::BadRequest)?;
    let project = &mut visit.project;
    let fields = settings::differing(project, changes, origins.as_deref());
    let (viewer, now_ms) = (&visit.viewer, incoming.now_ms);
    let mut statements = vec![settings::store(project.id, changes, origins.as_deref())];
    if !fields.is_empty() {
        statements.push(audit::note(viewer, now_ms, "settings changed", &project.slug, &fields));
    }
    let store = Store::open(&incoming.env, now_ms).await?;
    let rows = store.write(|_| statements.clone()).await?;
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
    let done = erase(incoming, &visit, user).await?;
    Ok(reply::json(if done { 200 } else { 202 }, &Erased { done }))
}

/// Begins to erase a user; whether all is done.
pub async fn erase(incoming: &Incoming, visit: &Visit, user: &str) -> Result<bool, Failure> {
    /// Steps within one request; the cron does the others.
    const STEPS: u32 = 4;
    let user = user.trim();
    if user.is_empty() || user.len() > MAX_USER {
        return Err(bad(&format!("user is a text of 1 to {MAX_USER} bytes")));
    }
    let (project_id, now_ms) = (visit.project.id, incoming.now_ms);
    // Without saying who it is: that is to be forgotten.
    let note = audit::note(&visit.viewer, now_ms, "user erased", &visit.project.slug, "");
    Store::open(&incoming.env, now_ms).await?.write(|_| vec![note.clone()]).await?;
    visit.store.write(|_| erasure::ask(project_id, user, now_ms).into()).await?;
    let erasure = Erasure { project_id, user: user.to_owned(), place: String::new() };
    Ok(erasure::run(&visit.store, erasure, STEPS).await?)
}

/// Items that ended so within an hour.
#[derive(Serialize)]
pub(super) struct Outcome<'a> {
    hour: String,
    outcome: &'a str,
    reason: &'a str,
    /// Only of lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    quantity: u64,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(row: &'a HourRow, detail: Option<&'a str>) -> Self {
        Self {
            hour: rfc3339_of(row.hour * HOUR_MS),
            outcome: &row.outcome,
            reason: &row.reason,
            detail,
            quantity: row.quantity,
        }
    }
}

/// `GET …/outcomes/?hours=24`, up to 35 days: how items ended, by hour, oldest first. The sums of the newest 2,000 lines.
pub async fn outcomes(incoming: &Incoming, slug: &str) -> Result<Response, Failure> {
    if super::outcomes::wants_lines(incoming) {
        return super::outcomes::export(incoming, slug).await;
    }
    let hours = hours_of(incoming)?;
    let visit = visit(incoming, slug).await?;
    let mut rows = outcome::summed(
        super::outcomes::lines_of(incoming, &visit, hours, outcome::SUMMED_LINES).await?,
    );
    rows.extend(super::outcomes::accepted(incoming, &visit, hours).await?);
    rows.sort_by(|one, other| (one.hour, &one.outcome).cmp(&(other.hour, &other.outcome)));
    let outcomes: Vec<Outcome> = rows.iter().map(|row| Outcome::of(row, None)).collect();
    Ok(reply::json(200, &outcomes))
}

/// The query parameter `hours`.
pub(super) fn hours_of(incoming: &Incoming) -> Result<i64, Failure> {
    const MOST: i64 = 35 * 24;
    match incoming.query("hours").map(|hours| hours.parse::<i64>()) {
        None => Ok(24),
        Some(Ok(hours @ 1..=MOST)) => Ok(hours),
        Some(_) => Err(bad(&format!("hours is a number from 1 to {MOST}"))),
    }
}

/// Who may do what takes a role, and the JSON object that they sent.
pub(super) async fn signed(
    incoming: &mut Incoming,
    slug: &str,
    role: Role,
) -> Result<(Visit, Map<String, Value>), Failure> {
    let object = object(incoming).await;
    let visit = visit(incoming, slug).await?;
    visit.viewer.must_be(role)?;
    Ok((visit, object?))
}

/// The JSON object of a request that no other site sent.
pub(super) async fn object(incoming: &mut Incoming) -> Result<Map<String, Value>, Failure> {
    account::check_origin(incoming)?;
    let content_type = incoming.header("content-type").unwrap_or_default();
    if !content_type.trim_start().to_ascii_lowercase().starts_with("application/json") {
        return Err(Failure::MediaType("application/json"));
    }
    let body = access::body(incoming, MAX_SETTINGS).await?;
    json::from_slice(&body).map_err(|error| bad(&error.to_string()))
}

pub(super) fn bad(detail: &str) -> Failure {
    Failure::BadRequest(detail.to_owned())
}
