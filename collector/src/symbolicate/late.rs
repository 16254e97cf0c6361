//! What was uploaded after events had been stored: their groups are resolved step by step, and count for the issues that their
//! resolved frames make.
//!
//! Each upload begins a walk over the groups of its project, whose place is a setting of the project's database. Whoever
//! comes by takes a step: an event, the page of an issue, the upload itself, cron.

use std::cell::RefCell;
use std::collections::HashMap;
use trapline_core::json;

use serde::{Deserialize, Serialize};
use trapline_core::fingerprint;
use trapline_core::inflate::deflate;
use trapline_core::title::title;
use worker::Env;

use super::Symbolicator;
use super::resolve::wanted;
use crate::artifacts::digest::{self, BundleRow};
use crate::failure::Failure;
use crate::life::{Resolved, repoint};
use crate::plan::{HOUR_MS, bytes_of_hex, event_of_bytes};
use crate::read::{self, ProjectRow};
use crate::request::Incoming;
use crate::settings::{self, Settings};
use crate::sql::{Arg, Statement};
use crate::store::{Store, StoreError};

/// Groups of one step: each takes up to 11 of the 50 queries that the free plan gives an invocation.
const GROUPS: u32 = 2;

/// How long an isolate believes what it knows of uploads.
const KNOWN_MS: i64 = 5_000;

/// Projects that one run of the cron asks.
const ASKED: usize = 10;

/// Projects that an isolate remembers.
const MAX_KNOWN: usize = 1_000;

/// What was uploaded for a project, and how far that has been applied to what was stored before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploads {
    /// The newest; 0 if there is none.
    uploaded_ms: i64,
    walk: Walk,
}

/// Kept as a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
struct Walk {
    /// All groups have seen what was uploaded up to here.
    done_ms: i64,
    /// What those up to `place` have seen.
    upto_ms: i64,
    /// The last group that was looked at, in hexadecimal digits; empty before the first.
    place: String,
}

impl Uploads {
    /// Whether there is any.
    pub fn any(&self) -> bool {
        self.uploaded_ms > 0
    }

    /// Whether groups that were stored before have to be looked at.
    pub fn is_due(&self) -> bool {
        self.uploaded_ms > self.walk.done_ms
    }
}

thread_local! {
    static KNOWN: RefCell<HashMap<u32, (i64, Uploads)>> = RefCell::default();
}

/// What is known of a project's uploads; one query every few seconds.
pub async fn uploads(store: &Store, project_id: u32, now_ms: i64) -> Result<Uploads, StoreError> {
    let known = KNOWN.with_borrow(|known| known.get(&project_id).cloned());
    if let Some((_, uploads)) = known.filter(|(until_ms, _)| *until_ms > now_ms) {
        return Ok(uploads);
    }
    let row: Option<UploadsRow> = store.read(&uploads_statement(project_id)).await?.first()?;
    let uploads = row.map(UploadsRow::uploads).unwrap_or_default();
    remember(project_id, &uploads, now_ms);
    Ok(uploads)
}

/// This isolate heeds at once what was uploaded, or made of it.
pub fn forget(project_id: u32) {
    KNOWN.with_borrow_mut(|known| known.remove(&project_id));
}

/// Something was uploaded just now: a first step follows.
pub fn uploaded(incoming: &Incoming, project: &ProjectRow) {
    forget(project.id);
    follow_up(incoming, project.id, project.database, &settings::parse(&project.settings));
}

fn remember(project_id: u32, uploads: &Uploads, now_ms: i64) {
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(project_id, (now_ms + KNOWN_MS, uploads.clone()));
    });
}

#[derive(Deserialize)]
struct UploadsRow {
    uploaded_ms: i64,
    walk: Option<String>,
}

impl UploadsRow {
    fn uploads(self) -> Uploads {
        let walk = self.walk.and_then(|walk| json::from_slice(walk.as_bytes()).ok());
        Uploads { uploaded_ms: self.uploaded_ms, walk: walk.unwrap_or_default() }
    }
}

/// Primary keys of `artifact_release`, one row a release of the project, and `setting`.
pub fn uploads_statement(project_id: u32) -> Statement {
    Statement::new(
        "SELECT coalesce(max(uploaded_ms), 0) AS uploaded_ms,
            (SELECT value FROM setting WHERE name = 'late_maps/' || ?1) AS walk
         FROM artifact_release WHERE project_id = ?1",
        [project_id.into()],
    )
}

/// Resolves the next groups that an upload may tell more of. Whether there are more.
///
/// # Errors
/// When the database does not answer: the next step does the same again.
pub async fn step(around: &Symbolicator<'_>) -> Result<bool, Failure> {
    let Symbolicator { env, store, project_id, now_ms, .. } = *around;
    let uploads = uploads(store, project_id, now_ms).await?;
    if !uploads.is_due() {
        return Ok(false);
    }
    // A group that meets an upload without its tables would be passed over.
    let unmade: Option<BundleRow> = store.read(&digest::oldest_of(project_id)).await?.first()?;
    if let Some(bundle) = unmade {
        digest::some(env, store, bundle, None, now_ms).await?;
        return Ok(true);
    }
    let mut walk = uploads.walk.clone();
    if walk.place.is_empty() {
        walk.upto_ms = uploads.uploaded_ms;
    }
    let rows: Vec<Looked> = store.read(&next(project_id, &walk.place)).await?.all()?;
    for looked in &rows {
        if let (Some(body), Some(number)) = (looked.body(), looked.number) {
            resolve_group(around, &bytes_of_hex(&looked.hash), number, &body).await?;
        }
    }
    match rows.last() {
        Some(last) => walk.place = last.hash.clone(),
        None => walk = Walk { done_ms: walk.upto_ms, ..Walk::default() },
    }
    let is_over = rows.is_empty();
    store.write(|_| vec![keep(project_id, &walk)]).await?;
    let uploads = Uploads { walk, ..uploads };
    remember(project_id, &uploads, now_ms);
    Ok(!is_over || uploads.is_due())
}

/// Takes a step once the request has been answered.
pub fn follow_up(incoming: &Incoming, project_id: u32, database: u32, settings: &Settings) {
    let (env, now_ms, settings) = (incoming.env.clone(), incoming.now_ms, settings.clone());
    incoming.context.wait_until(async move {
        if let Err(error) = steps(&env, project_id, database, now_ms, &settings).await {
            // Whoever comes next begins where this stopped.
            worker::console_error!("resolving what is stored stopped early: {}", error);
        }
    });
}

/// The same, if this isolate knows that there is something to do.
pub fn follow_up_known(incoming: &Incoming, project_id: u32, database: u32, settings: &Settings) {
    let is_due = KNOWN
        .with_borrow(|known| known.get(&project_id).is_some_and(|(_, uploads)| uploads.is_due()));
    if is_due {
        follow_up(incoming, project_id, database, settings);
    }
}

/// As many steps as an invocation has queries for, beside what it did before.
async fn steps(
    env: &Env,
    project_id: u32,
    database: u32,
    now_ms: i64,
    settings: &Settings,
) -> Result<(), Failure> {
    let store = Store::open_database(env, database, now_ms).await?;
    let (store, scrub, rules) = (&store, &settings.scrub, &settings.rules());
    step(&Symbolicator { env, store, project_id, now_ms, scrub, rules }).await?;
    Ok(())
}

/// Projects with something to do take turns, one in each run.
///
/// # Errors
/// When the database does not answer.
pub async fn run(env: &Env, now_ms: i64) -> Result<(), Failure> {
    let people = Store::open(env, now_ms).await?;
    let projects: Vec<ProjectRow> = people.read(&read::projects()).await?.all()?;
    let turn = usize::try_from(now_ms / HOUR_MS * 12 + now_ms % HOUR_MS / 300_000).unwrap_or(0);
    let count = projects.len().max(1);
    // Most have nothing to do, and asking costs a query each: a few a run.
    for project in projects.iter().cycle().skip(turn % count * ASKED % count).take(ASKED.min(count))
    {
        let store = Store::open_database(env, project.database, now_ms).await?;
        if uploads(&store, project.id, now_ms).await?.is_due() {
            let settings = settings::parse(&project.settings);
            steps(env, project.id, project.database, now_ms, &settings).await?;
            return Ok(());
        }
    }
    Ok(())
}

/// A group that may be resolved, or only the place up to which there is none.
#[derive(Deserialize)]
struct Looked {
    hash: String,
    number: Option<u32>,
    slot: Option<i64>,
    bytes: Option<String>,
}

impl Looked {
    fn body(&self) -> Option<Body> {
        Some(Body { slot: self.slot?, bytes: self.bytes.clone()? })
    }
}

struct Body {
    slot: i64,
    bytes: String,
}

/// The next groups with raw frames among the next 2,000, with their first kept body; and the last of these 2,000, so that the
/// next step goes on behind it. Primary keys of `event_group` and `body`.
pub fn next(project_id: u32, after: &str) -> Statement {
    Statement::new(
        "WITH ahead AS MATERIALIZED (
            SELECT hash, number, raw_frames, kept FROM event_group
            WHERE project_id = ?1 AND hash > ?2 ORDER BY hash LIMIT 2000),
        raw AS MATERIALIZED (SELECT * FROM ahead WHERE raw_frames = 1 ORDER BY hash LIMIT ?3)
        SELECT lower(hex(r.hash)) AS hash, r.number, b.slot, hex(b.bytes) AS bytes
        FROM raw r LEFT JOIN body b ON b.slot = CAST(substr(r.kept, 1, 16) AS INTEGER)
            AND b.project_id = ?1 AND b.group_hash = r.hash
        UNION ALL
        SELECT lower(hex(max(hash))), NULL, NULL, NULL FROM ahead
        HAVING count(*) > 0 AND (SELECT count(*) FROM raw) < ?3
        ORDER BY 1",
        [project_id.into(), Arg::Blob(bytes_of_hex(after)), GROUPS.into()],
    )
}

/// Primary key of `setting`.
fn keep(project_id: u32, walk: &Walk) -> Statement {
    Statement::new(
        "INSERT INTO setting (name, value) VALUES ('late_maps/' || ?1, ?2)
         ON CONFLICT DO UPDATE SET value = excluded.value",
        [project_id.into(), serde_json::to_string(walk).unwrap_or_default().into()],
    )
}

/// Resolves one kept event of a group, and re-points the group if that tells more.
async fn resolve_group(
    around: &Symbolicator<'_>,
    group: &[u8],
    number: u32,
    body: &Body,
) -> Result<(), StoreError> {
    let Some(event) = event_of_bytes(&bytes_of_hex(&body.bytes)) else { return Ok(()) };
    let Some(event) = around.resolved(&event).await? else { return Ok(()) };
    if !event.exceptions.iter().flat_map(|one| &one.frames).any(|frame| frame.raw.is_some()) {
        return Ok(());
    }
    let resolved = Resolved {
        fingerprint: fingerprint::v1_by(&event, around.rules),
        title: title(&event),
        is_partial: !wanted(&event).is_empty(),
    };
    let bytes = deflate(&serde_json::to_vec(&event).unwrap_or_default());
    around
        .store
        .write(|_| {
            let mut statements =
                repoint(around.project_id, group, number, &resolved, around.now_ms);
            statements.push(rewrite(around.project_id, group, body.slot, &bytes));
            statements
        })
        .await?;
    Ok(())
}

/// Primary key of `body`.
fn rewrite(project_id: u32, group: &[u8], slot: i64, bytes: &[u8]) -> Statement {
    Statement::new(
        "UPDATE body SET bytes = ?4 WHERE slot = ?3 AND project_id = ?1 AND group_hash = ?2",
        [project_id.into(), group.into(), slot.into(), bytes.into()],
    )
}

#[cfg(test)]
mod tests;
