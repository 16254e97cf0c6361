//! What goes by cron, and what is made ready by it: one step of each a run, so that a run stays far below the 50 queries that the
//! free plan allows.
//!
//! Artifacts of a release are kept as long as events need them: until none has for as long as the project keeps events. The
//! newest release stays. A pack goes as a whole, once no file needs a table of it: first its rows, so that nobody finds it; a run
//! later its bytes in KV; and last its own row. A pack that is uploaded anew meanwhile stays.

use serde::{Deserialize, Serialize};
use worker::Env;

use super::chunks;
use super::digest::{self, BundleRow};
use super::kv::Kv;
use super::load::pack_key;
use crate::failure::Failure;
use crate::plan::HOUR_MS;
use crate::sql::Statement;
use crate::store::{Rows, Store};

/// A day in milliseconds.
const DAY_MS: i64 = 24 * HOUR_MS;

/// Files that a step takes away.
const FILES: u32 = 500;

/// Packs that a step looks at.
const PACKS: u32 = 100;

/// Packs whose bytes a step takes away.
const GOING: u32 = 10;

/// A pack that nobody needs is new for this long: its manifest is still to come.
const NEW_MS: i64 = DAY_MS;

/// A pack's bytes go this long after its rows: whoever has just found it has read it.
const GOING_MS: i64 = 4 * 60_000;

/// A run every five minutes.
const RUN_MS: i64 = 300_000;

/// One run, for one database.
///
/// # Errors
/// When database or KV do not answer: the next run goes on.
pub async fn run(env: &Env, now_ms: i64) -> Result<(), Failure> {
    let people = Store::open(env, now_ms).await?;
    people.write(|_| vec![chunks::expired(now_ms)]).await?;
    let turn = now_ms / RUN_MS % i64::from(Store::databases(env));
    let database = u32::try_from(turn).unwrap_or(0);
    let kept: Vec<Keep> = people.read(&retention(database)).await?.all()?;
    let store = Store::open_database(env, database, now_ms).await?;
    forget_release(&store, &kept, now_ms).await?;
    forget_packs(env, &store, now_ms).await?;
    let oldest: Option<BundleRow> = store.read(&digest::oldest()).await?.first()?;
    if let Some(row) = oldest {
        digest::some(env, &store, row, None, now_ms).await?;
    }
    Ok(())
}

/// How long a project keeps events.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Keep {
    project_id: u32,
    days: i64,
}

/// SCAN of `project`: one row a project.
fn retention(database: u32) -> Statement {
    Statement::new(
        "SELECT id AS project_id, retention_days AS days FROM project WHERE database = ?1",
        [database.into()],
    )
}

/// A release whose files go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Stale {
    project_id: u32,
    release: String,
    dist: String,
}

async fn forget_release(store: &Store, kept: &[Keep], now_ms: i64) -> Result<(), Failure> {
    let stale: Option<Stale> = store.read(&stale(kept, now_ms)).await?.first()?;
    if let Some(stale) = stale {
        store.write(|_| forget(&stale).into()).await?;
    }
    Ok(())
}

/// A release that no event has needed for as long as its project keeps events, and that is not the newest; what was uploaded
/// without a release is compared among itself. Primary key of `artifact_release`, which has few rows a project.
fn stale(kept: &[Keep], now_ms: i64) -> Statement {
    let kept: Vec<(u32, i64)> =
        kept.iter().map(|keep| (keep.project_id, now_ms - keep.days * DAY_MS)).collect();
    let kept = serde_json::to_string(&kept).unwrap_or_default();
    Statement::new(
        "SELECT artifact_release.project_id, artifact_release.release, artifact_release.dist FROM json_each(?1) k
         CROSS JOIN artifact_release ON artifact_release.project_id = k.value ->> 0
         WHERE max(artifact_release.uploaded_ms, artifact_release.used_ms) < k.value ->> 1
         AND (artifact_release.release, iif(artifact_release.release = '', artifact_release.dist, '')) <> (
            SELECT artifact_release_newest.release, iif(artifact_release_newest.release = '', artifact_release_newest.dist, '') FROM artifact_release AS artifact_release_newest
            WHERE artifact_release_newest.project_id = artifact_release.project_id AND (artifact_release_newest.release = '') = (artifact_release.release = '')
            ORDER BY artifact_release_newest.uploaded_ms DESC LIMIT 1)
         LIMIT 1",
        [kept.into()],
    )
}

/// Some of a release's files, and once none is left its own row and its bundles. Primary keys of `artifact_file`,
/// `artifact_release` and `artifact_bundle`, which has few rows a project.
fn forget(stale: &Stale) -> [Statement; 3] {
    let key =
        || [stale.project_id.into(), stale.release.as_str().into(), stale.dist.as_str().into()];
    let [project, release, dist] = key();
    [
        Statement::new(
            "DELETE FROM artifact_file WHERE (project_id, release, dist, url, debug_id) IN (
                SELECT project_id, release, dist, url, debug_id FROM artifact_file
                WHERE project_id = ?1 AND release = ?2 AND dist = ?3 LIMIT ?4)",
            [project, release, dist, FILES.into()],
        ),
        Statement::new(
            "DELETE FROM artifact_bundle WHERE project_id = ?1 AND release = ?2 AND dist = ?3 AND NOT EXISTS (
                SELECT 1 FROM artifact_file WHERE project_id = ?1 AND release = ?2 AND dist = ?3)",
            key(),
        ),
        Statement::new(
            "DELETE FROM artifact_release WHERE project_id = ?1 AND release = ?2 AND dist = ?3 AND NOT EXISTS (
                SELECT 1 FROM artifact_file WHERE project_id = ?1 AND release = ?2 AND dist = ?3)",
            key(),
        ),
    ]
}

/// A pack.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct Pack {
    project_id: u32,
    hash: String,
}

async fn forget_packs(env: &Env, store: &Store, now_ms: i64) -> Result<(), Failure> {
    let going: Vec<Pack> = store.read(&going(now_ms)).await?.all()?;
    if !going.is_empty() {
        let kv = Kv::open(env)?;
        let claimed: Vec<Pack> = store
            .write(|_| vec![claim(&going, now_ms)])
            .await?
            .first()
            .map(Rows::all)
            .transpose()?
            .unwrap_or_default();
        for pack in &claimed {
            kv.delete(&pack_key(pack.project_id, &pack.hash)).await?;
        }
        store.write(|_| vec![gone(&claimed)]).await?;
    }
    let packs: Vec<Pack> = store.read(&next_packs()).await?.all()?;
    store.write(|_| step(&packs, now_ms).into()).await?;
    Ok(())
}

/// Packs whose bytes are to go. Index `artifact_pack_going`.
fn going(now_ms: i64) -> Statement {
    Statement::new(
        "SELECT project_id, lower(hex(hash)) AS hash FROM artifact_pack
         WHERE going_ms <> 0 AND going_ms < ?1 ORDER BY going_ms LIMIT ?2",
        [(now_ms - GOING_MS).into(), GOING.into()],
    )
}

/// From here on an upload of such a pack is asked to come again. Primary key of `artifact_pack`.
fn claim(packs: &[Pack], now_ms: i64) -> Statement {
    Statement::new(
        "UPDATE artifact_pack SET going_ms = -1
         WHERE (project_id, hash) IN (SELECT value ->> 'project_id', unhex(value ->> 'hash') FROM json_each(?1))
         AND going_ms <> 0 AND going_ms < ?2
         RETURNING project_id, lower(hex(hash)) AS hash",
        [json(packs).into(), (now_ms - GOING_MS).into()],
    )
}

/// Primary key of `artifact_pack`.
fn gone(packs: &[Pack]) -> Statement {
    Statement::new(
        "DELETE FROM artifact_pack
         WHERE (project_id, hash) IN (SELECT value ->> 'project_id', unhex(value ->> 'hash') FROM json_each(?1))
         AND going_ms = -1",
        [json(packs).into()],
    )
}

/// The packs after the place where the last run stopped. Primary keys of `setting` and `artifact_pack`.
fn next_packs() -> Statement {
    Statement::new(
        "SELECT project_id, lower(hex(hash)) AS hash FROM artifact_pack
         WHERE (project_id, hash) > (
            coalesce((SELECT value ->> 'project_id' FROM setting WHERE name = 'artifact_packs'), 0),
            coalesce((SELECT unhex(value ->> 'hash') FROM setting WHERE name = 'artifact_packs'), x''))
         ORDER BY artifact_pack.project_id, artifact_pack.hash LIMIT ?1",
        [PACKS.into()],
    )
}

/// Marks those of these packs that no file needs, takes their tables away, and notes the place; after the last pack the walk
/// begins anew. Primary keys of `artifact_pack`, `artifact` and `setting`, and index `artifact_file_by_hash`.
fn step(packs: &[Pack], now_ms: i64) -> [Statement; 3] {
    let place = packs
        .last()
        .map_or_else(|| "{}".into(), |last| serde_json::to_string(last).unwrap_or_default());
    [
        Statement::new(
            "UPDATE artifact_pack AS p SET going_ms = ?2
             WHERE (project_id, hash) IN (SELECT value ->> 'project_id', unhex(value ->> 'hash') FROM json_each(?1))
             AND going_ms = 0 AND created_ms < ?3 AND NOT EXISTS (
                SELECT 1 FROM json_each(p.tables) j
                CROSS JOIN artifact a ON a.project_id = p.project_id AND a.hash = unhex(j.value) AND a.pack = p.hash
                CROSS JOIN artifact_file f ON f.project_id = a.project_id AND f.hash = a.hash)",
            [json(packs).into(), now_ms.into(), (now_ms - NEW_MS).into()],
        ),
        Statement::new(
            "DELETE FROM artifact WHERE (project_id, hash) IN (
                SELECT p.project_id, a.hash FROM json_each(?1) k
                CROSS JOIN artifact_pack p ON p.project_id = k.value ->> 'project_id'
                    AND p.hash = unhex(k.value ->> 'hash') AND p.going_ms = ?2
                CROSS JOIN json_each(p.tables) j
                CROSS JOIN artifact a ON a.project_id = p.project_id AND a.hash = unhex(j.value) AND a.pack = p.hash)",
            [json(packs).into(), now_ms.into()],
        ),
        Statement::new(
            "INSERT INTO setting (name, value) VALUES ('artifact_packs', ?1)
             ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
            [place.into()],
        ),
    ]
}

fn json(packs: &[Pack]) -> String {
    serde_json::to_string(packs).unwrap_or_default()
}

/// All of them, for the snapshot of their plans.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Statement> {
    let release = Stale { project_id: 1, release: "1".into(), dist: String::new() };
    let pack = [Pack { project_id: 1, hash: "aa".into() }];
    let mut all = vec![stale(&[Keep { project_id: 1, days: 90 }], 1)];
    all.extend(forget(&release));
    all.extend([going(1), claim(&pack, 1), gone(&pack), next_packs()]);
    all.extend(step(&pack, 1));
    all
}

#[cfg(test)]
mod tests;
