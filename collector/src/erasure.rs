//! A user's data go: bodies of their events are deleted, and rows of events and users no longer say who it was. Counts stay.
//!
//! A user is what senders call them: an ID, a mail address, a name or an IP address. It walks over the project's groups in
//! the order of their key, a few megabytes of bodies at a time; the place is kept, so that the cron goes on where a request
//! stopped. Pages that still hold events of the user may send them afterwards: ask again then.

use serde::Deserialize;
use trapline_core::event::Event;
use trapline_core::fingerprint::{Hash, hex};

use crate::plan::{bytes_of_hex, event_of_bytes, owner_hash};
use crate::read::{self, GroupRecord, KeptRow};
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Longest name of a user, in bytes.
pub const MAX_USER: usize = 200;

/// Groups of one step.
const GROUPS: u32 = 50;

/// Bodies of one step, compressed: they are read as hexadecimal digits and decompressed one by one.
const MAX_BYTES: u64 = 2_000_000;

/// Somebody whose data go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Erasure {
    /// The project.
    pub project_id: u32,
    /// What senders call them.
    pub user: String,
    /// The last group that was looked at, in hexadecimal digits.
    pub place: String,
}

/// From now on. The table of the first schema holds no order to walk in: SCAN of a project's rows in it, once.
pub fn ask(project_id: u32, user: &str, now_ms: i64) -> [Statement; 2] {
    [
        Statement::new(
            "INSERT INTO erasure (project_id, user, place, asked_ms) VALUES (?1, ?2, x'', ?3)
             ON CONFLICT DO UPDATE SET place = excluded.place, asked_ms = excluded.asked_ms",
            [project_id.into(), user.into(), now_ms.into()],
        ),
        Statement::new(
            "UPDATE issue_user SET user_hash = randomblob(8) WHERE project_id = ?1 AND user_hash = ?2",
            [project_id.into(), owner_hash(user).as_slice().into()],
        ),
    ]
}

/// One that is not done, the oldest first. SCAN of `erasure`: a row an erasure that goes on.
pub fn next() -> Statement {
    Statement::new(
        "SELECT project_id, user, lower(hex(place)) AS place FROM erasure ORDER BY asked_ms LIMIT 1",
        [],
    )
}

/// How many of a project are not done; primary key of `erasure`.
pub fn pending(project_id: u32) -> Statement {
    Statement::new(
        "SELECT count(*) AS number FROM erasure WHERE project_id = ?1",
        [project_id.into()],
    )
}

/// Does some steps; whether all is done.
pub async fn run(store: &Store, mut erasure: Erasure, steps: u32) -> Result<bool, StoreError> {
    for _ in 0..steps {
        match step(store, &erasure).await? {
            Some(place) => erasure.place = place,
            None => return Ok(true),
        }
    }
    Ok(false)
}

/// The next groups: the last of them, or none after the last one.
async fn step(store: &Store, erasure: &Erasure) -> Result<Option<String>, StoreError> {
    let Erasure { project_id, user, place } = erasure;
    let rows: Vec<GroupBytes> = store.read(&groups(*project_id, place)).await?.all()?;
    let groups = within(rows);
    let Some(last) = groups.last().cloned() else {
        store.write(|_| vec![done(*project_id, user)]).await?;
        return Ok(None);
    };
    let records: Vec<GroupRecord> = groups.iter().filter_map(|hash| record(hash)).collect();
    let kept: Vec<KeptRow> = store.read(&read::kept(*project_id, &records)).await?.all()?;
    let slots: Vec<i64> = kept.iter().map(|kept| kept.slot).collect();
    let bodies: Vec<BodyInSlot> = store.read(&bodies(*project_id, &slots)).await?.all()?;
    let found = Found::of(&bodies, user);
    store.write(|_| erase(erasure, &groups, &found).into()).await?;
    Ok(Some(last))
}

#[derive(Clone, Debug, Deserialize)]
struct GroupBytes {
    hash: String,
    bytes: u64,
}

/// Groups after a place with the bytes of their bodies; primary keys of `event_group` and `body`.
fn groups(project_id: u32, place: &str) -> Statement {
    Statement::new(
        "SELECT lower(hex(g.hash)) AS hash, (
            SELECT coalesce(sum(length(b.bytes)), 0) FROM json_each('[' || rtrim(g.kept, ',') || ']') j
            CROSS JOIN body b ON b.slot = j.value) AS bytes
         FROM event_group g WHERE g.project_id = ?1 AND g.hash > ?2 ORDER BY g.hash LIMIT ?3",
        [project_id.into(), bytes_of_hex(place).into(), GROUPS.into()],
    )
}

/// The first of them that are few enough bytes, one at least.
fn within(rows: Vec<GroupBytes>) -> Vec<String> {
    let mut sum = 0;
    let fits = |row: &GroupBytes| {
        let is_first = sum == 0;
        sum += row.bytes.max(1);
        is_first || sum <= MAX_BYTES
    };
    rows.into_iter().take_while(fits).map(|row| row.hash).collect()
}

fn record(hash: &str) -> Option<GroupRecord> {
    let hash = Hash::try_from(bytes_of_hex(hash)).ok()?;
    Some(GroupRecord {
        hash,
        label: String::new(),
        events: 0,
        last_seen_ms: 0,
        last_release: String::new(),
        home: 0,
    })
}

#[derive(Clone, Debug, Deserialize)]
struct BodyInSlot {
    slot: i64,
    bytes: String,
}

/// Primary key of `body`.
fn bodies(project_id: u32, slots: &[i64]) -> Statement {
    Statement::new(
        "SELECT b.slot, hex(b.bytes) AS bytes FROM json_each(?2) j
         CROSS JOIN body b ON b.slot = j.value WHERE b.project_id = ?1",
        [project_id.into(), serde_json::to_string(slots).unwrap_or_default().into()],
    )
}

/// What of some bodies is the user's.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    slots: Vec<i64>,
    /// Hashes that rows may know them by, in hexadecimal digits: of what was asked for, and of what their events say
    /// beside it.
    hashes: Vec<String>,
}

impl Found {
    fn of(bodies: &[BodyInSlot], user: &str) -> Self {
        let mut found = Self { slots: Vec::new(), hashes: vec![hex(&owner_hash(user))] };
        for body in bodies {
            let Some(event) = event_of_bytes(&bytes_of_hex(&body.bytes)) else { continue };
            let names = names(&event);
            if names.contains(&user) {
                found.slots.push(body.slot);
                found.hashes.extend(names.first().map(|name| hex(&owner_hash(name))));
            }
        }
        found.hashes.sort();
        found.hashes.dedup();
        found
    }
}

/// In the order in which the first stands for the user.
fn names(event: &Event) -> Vec<&str> {
    let user = &event.user;
    let all = [&user.id, &user.email, &user.username, &user.ip_address];
    all.into_iter().flatten().map(String::as_str).collect()
}

/// Primary keys of `body`, `event`, `group_user` and `erasure`. Users keep their rows, under a name that says nothing.
fn erase(erasure: &Erasure, groups: &[String], found: &Found) -> [Statement; 4] {
    let json = |texts: &[String]| serde_json::to_string(texts).unwrap_or_default();
    let project = erasure.project_id;
    let slots = serde_json::to_string(&found.slots).unwrap_or_default();
    let place = groups.last().map(|last| bytes_of_hex(last)).unwrap_or_default();
    [
        Statement::new(
            "DELETE FROM body WHERE slot IN (SELECT value FROM json_each(?2)) AND project_id = ?1",
            [project.into(), slots.into()],
        ),
        Statement::new(
            "UPDATE event SET user_hash = NULL WHERE project_id = ?1
             AND group_hash IN (SELECT unhex(value) FROM json_each(?2))
             AND user_hash IN (SELECT unhex(value) FROM json_each(?3))",
            [project.into(), json(groups).into(), json(&found.hashes).into()],
        ),
        Statement::new(
            "UPDATE group_user SET user_hash = randomblob(8) WHERE project_id = ?1
             AND group_hash IN (SELECT unhex(value) FROM json_each(?2))
             AND user_hash IN (SELECT unhex(value) FROM json_each(?3))",
            [project.into(), json(groups).into(), json(&found.hashes).into()],
        ),
        Statement::new(
            "UPDATE erasure SET place = ?3 WHERE project_id = ?1 AND user = ?2",
            [project.into(), erasure.user.as_str().into(), place.into()],
        ),
    ]
}

fn done(project_id: u32, user: &str) -> Statement {
    Statement::new(
        "DELETE FROM erasure WHERE project_id = ?1 AND user = ?2",
        [project_id.into(), user.into()],
    )
}

#[cfg(test)]
mod tests;
