//! What goes by cron, in steps of bounded size: events, bodies and hours older than their project wants, what deletions
//! left, and when a database is nearly full also what is younger. Groups and issues stay, with their counts.
//!
//! One run looks at one database; with several they take turns. It walks on where the last one stopped, over the groups
//! in the order of their key; the place is a setting. A step is one read and one batch, so that a run stays below the 50
//! queries that the free plan allows an invocation.

mod pressure;
mod step;

use serde::Deserialize;
use worker::Env;

use crate::alert;
use crate::audit;
use crate::deletion;
use crate::erasure::{self, Erasure};
use crate::life::{Deleting, next_deleting};
use crate::people::invitations;
use crate::plan::HOUR_MS;
use crate::sql::Statement;
use crate::store::{Rows, Store, StoreError};

pub use step::{Candidate, Keep, deleted_events, next_groups, step};

use step::ROWS;

/// Steps of one run.
const STEPS: u32 = 5;

/// Steps of one run while a user is being erased, which takes up to 7 queries a step.
const STEPS_BESIDE_ERASURE: u32 = 1;

/// Steps of an erasure.
const ERASURE_STEPS: u32 = 3;

/// A run every five minutes.
const RUN_MS: i64 = 300_000;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * HOUR_MS;

/// Days for which refusals are kept.
const OUTCOME_DAYS: i64 = 35;

/// Walks over the next groups; begins anew after the last one.
pub async fn run(env: &Env, now_ms: i64) -> Result<(), StoreError> {
    let people = Store::open(env, now_ms).await?;
    people.write(|_| expired(now_ms).into()).await?;
    let database = turn(env, now_ms);
    let kept: Vec<Keep> = people.read(&step::retention(database)).await?.all()?;
    let store = Store::open_database(env, database, now_ms).await?;
    store.write(|_| vec![alert::outbox::expired(now_ms)]).await?;
    finish_deletions(&store, &kept, now_ms).await?;

    let erasure: Option<Erasure> = store.read(&erasure::next()).await?.first()?;
    let steps = if erasure.is_some() { STEPS_BESIDE_ERASURE } else { STEPS };
    if let Some(erasure) = erasure {
        erasure::run(&store, erasure, ERASURE_STEPS).await?;
    }

    let settings = Settings::of(&store).await?;
    let mut pressure = settings.pressure;
    let kept = pressure.shortened(&kept);
    let mut after = settings.place;
    for _ in 0..steps {
        // After the last group the walk begins anew.
        let groups: Vec<Candidate> = store.read(&next_groups(after.as_ref())).await?.all()?;
        let rows = store.write(|_| step(after.as_ref(), &groups, &kept, now_ms)).await?;
        let bytes = rows.last().map_or(0, Rows::database_bytes);
        // All but the place.
        let deleted: Vec<usize> = rows.iter().rev().skip(1).map(Rows::changed).collect();
        pressure = pressure.after(bytes, max_bytes(env), deleted.iter().sum(), groups.is_empty());
        if groups.is_empty() {
            after = None;
            break;
        }
        // There may be more of the same groups.
        if !deleted.contains(&ROWS) {
            after = groups.last().cloned();
        }
    }
    let place = step(after.as_ref(), &[], &kept, now_ms);
    store.write(|_| place.iter().cloned().chain([pressure.keep()]).collect()).await?;
    Ok(())
}

/// Which database a run is for: they take turns.
pub fn turn(env: &Env, now_ms: i64) -> u32 {
    let turn = now_ms / RUN_MS % i64::from(Store::databases(env));
    u32::try_from(turn).unwrap_or(0)
}

/// Bytes that a database may have: the setting `D1_MAX_BYTES`, or 500 MB as on the free plan.
pub fn max_bytes(env: &Env) -> usize {
    const FREE_PLAN: usize = 500_000_000;
    let setting = env.var("D1_MAX_BYTES").ok().and_then(|value| value.to_string().parse().ok());
    setting.unwrap_or(FREE_PLAN)
}

/// One step for one issue that is being deleted, and one for the events of groups that were.
async fn finish_deletions(store: &Store, kept: &[Keep], now_ms: i64) -> Result<(), StoreError> {
    let projects: Vec<u32> = kept.iter().map(|keep| keep.project_id).collect();
    let projects = serde_json::to_string(&projects).unwrap_or_default();
    let next: Option<Deleting> = store.read(&next_deleting(&projects)).await?.first()?;
    if let Some(deleting) = next {
        deletion::step(store, deleting, now_ms).await?;
    }
    store.write(|_| step::deleted_events().into()).await?;
    Ok(())
}

/// What the database remembers from one run to the next.
struct Settings {
    place: Option<Candidate>,
    pressure: pressure::Pressure,
}

impl Settings {
    async fn of(store: &Store) -> Result<Self, StoreError> {
        #[derive(Deserialize)]
        struct Row {
            name: String,
            value: String,
        }
        let rows: Vec<Row> = store.read(&Statement::new(SETTINGS, [])).await?.all()?;
        let value = |name: &str| rows.iter().find(|row| row.name == name).map(|row| &*row.value);
        Ok(Self {
            place: value("purged_up_to").and_then(Candidate::parse),
            pressure: value("pressure").map(pressure::Pressure::parse).unwrap_or_default(),
        })
    }
}

/// Primary key of `setting`.
const SETTINGS: &str = "SELECT name, value FROM setting WHERE name IN ('purged_up_to', 'pressure')";

/// Hours that quotas and spikes may still ask for: a week, and one to spare.
const QUOTA_HOURS: i64 = 14 * 24;

/// Sessions, links and invitations that no longer sign in: SCAN of tables with a row a person. Refusals that are old: primary keys of
/// `project`, `outcome`, `project_hour` and `audit`.
pub fn expired(now_ms: i64) -> [Statement; 6] {
    [
        Statement::new("DELETE FROM session WHERE expires_ms < ?1", [now_ms.into()]),
        Statement::new("DELETE FROM sign_in WHERE expires_ms < ?1", [now_ms.into()]),
        Statement::new(
            "DELETE FROM outcome WHERE (project_id, hour, outcome, reason, detail) IN (
                SELECT o.project_id, o.hour, o.outcome, o.reason, o.detail FROM project p
                CROSS JOIN outcome o ON o.project_id = p.id AND o.hour < ?1 LIMIT 500)",
            [((now_ms - OUTCOME_DAYS * DAY_MS) / HOUR_MS).into()],
        ),
        Statement::new(
            "DELETE FROM project_hour WHERE (project_id, hour) IN (
                SELECT h.project_id, h.hour FROM project p
                CROSS JOIN project_hour h ON h.project_id = p.id AND h.hour < ?1 LIMIT 500)",
            [(now_ms / HOUR_MS - QUOTA_HOURS).into()],
        ),
        invitations::expired(now_ms),
        audit::expired(now_ms),
    ]
}

#[cfg(test)]
mod tests;
