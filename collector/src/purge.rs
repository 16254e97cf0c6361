//! Retention, by cron: events, bodies and hours older than their project wants go, in steps of bounded size. Groups and
//! issues stay, with their counts.
//!
//! A run walks on where the last one stopped, over the groups in the order of their key; the place is a setting. One
//! step is one read and one batch, so a run stays below the 50 queries that the free plan allows an invocation.

use serde::Deserialize;
use trapline_core::fingerprint::Hash;
use worker::Env;

use crate::plan::{HOUR_MS, SLOTS, bytes_of_hex, first_slot};
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// Groups that one step looks at.
const GROUPS: u32 = 200;

/// Rows of each table that one step deletes at most: a delete is billed as a write.
const ROWS: u32 = 500;

/// Steps of one run.
const STEPS: u32 = 7;

/// A day in milliseconds.
const DAY_MS: i64 = 24 * HOUR_MS;

/// A group that may hold something old.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Candidate {
    /// Its project.
    pub project_id: u32,
    /// Its raw fingerprint, in hexadecimal digits.
    pub hash: String,
}

/// Walks over the next groups; begins anew after the last one.
pub async fn run(env: &Env, now_ms: i64) -> Result<(), StoreError> {
    let store = Store::open(env, now_ms).await?;
    store.write(|_| expired(now_ms).into()).await?;
    let mut after = place(&store).await?;
    for _ in 0..STEPS {
        let groups: Vec<Candidate> = store.read(&next_groups(after.as_ref())).await?.all()?;
        store.write(|_| step(&groups, now_ms)).await?;
        after = groups.last().cloned();
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

async fn place(store: &Store) -> Result<Option<Candidate>, StoreError> {
    #[derive(Deserialize)]
    struct Place {
        value: String,
    }
    let place: Option<Place> = store.read(&Statement::new(PLACE, [])).await?.first()?;
    Ok(place.and_then(|place| {
        let (project_id, hash) = place.value.split_once(' ')?;
        Some(Candidate { project_id: project_id.parse().ok()?, hash: hash.to_owned() })
    }))
}

const PLACE: &str = "SELECT value FROM setting WHERE name = 'purged_up_to'";

const KEEP_PLACE: &str = "
    INSERT INTO setting (name, value) VALUES ('purged_up_to', ?1)
    ON CONFLICT DO UPDATE SET value = excluded.value";

/// Sessions and links that no longer sign in. SCAN of tables with a row a person.
pub fn expired(now_ms: i64) -> [Statement; 2] {
    [
        Statement::new("DELETE FROM session WHERE expires_ms < ?1", [now_ms.into()]),
        Statement::new("DELETE FROM sign_in WHERE expires_ms < ?1", [now_ms.into()]),
    ]
}

/// The groups after a place; primary key of `event_group`.
pub fn next_groups(after: Option<&Candidate>) -> Statement {
    let (project_id, hash) =
        after.map_or((0, Vec::new()), |after| (after.project_id, bytes_of_hex(&after.hash)));
    Statement::new(
        "SELECT project_id, lower(hex(hash)) AS hash FROM event_group
         WHERE (project_id, hash) > (?1, ?2) ORDER BY project_id, hash LIMIT ?3",
        [project_id.into(), hash.into(), GROUPS.into()],
    )
}

/// Deletes what is old of these groups, and notes the place. After the last group the place is the beginning.
pub fn step(groups: &[Candidate], now_ms: i64) -> Vec<Statement> {
    let place =
        groups.last().map_or_else(String::new, |last| format!("{} {}", last.project_id, last.hash));
    let mut statements = vec![Statement::new(KEEP_PLACE, [place.into()])];
    if groups.is_empty() {
        return statements;
    }
    let keys: Vec<_> = groups.iter().map(|group| (group.project_id, &group.hash)).collect();
    let keys = serde_json::to_string(&keys).unwrap_or_default();
    statements.push(Statement::new(
        OLD_EVENTS,
        [keys.as_str().into(), now_ms.into(), DAY_MS.into(), ROWS.into()],
    ));
    statements.push(Statement::new(
        OLD_HOURS,
        [keys.as_str().into(), (now_ms / HOUR_MS).into(), 24_u32.into(), ROWS.into()],
    ));
    let slots: Vec<(u32, i64)> = groups.iter().filter_map(slots_of).collect();
    let slots = serde_json::to_string(&slots).unwrap_or_default();
    statements.push(Statement::new(
        OLD_BODIES,
        [slots.into(), now_ms.into(), DAY_MS.into(), ROWS.into(), SLOTS.into()],
    ));
    statements
}

fn slots_of(group: &Candidate) -> Option<(u32, i64)> {
    let hash = Hash::try_from(bytes_of_hex(&group.hash)).ok()?;
    Some((group.project_id, first_slot(&hash)))
}

/// Primary keys of `event` and `project`. Within a group the key orders by the sender's clock; a clock that runs years
/// ahead is met once its whole group is old.
const OLD_EVENTS: &str = "
    DELETE FROM event WHERE (project_id, group_hash, claimed_ms, event_id) IN (
        SELECT e.project_id, e.group_hash, e.claimed_ms, e.event_id FROM json_each(?1) k
        JOIN project p ON p.id = k.value ->> 0
        JOIN event_group g ON g.project_id = p.id AND g.hash = unhex(k.value ->> 1)
        JOIN event e ON e.project_id = p.id AND e.group_hash = g.hash
            AND (e.claimed_ms < ?2 - p.retention_days * ?3 OR g.last_seen_ms < ?2 - p.retention_days * ?3)
        WHERE e.at_ms < ?2 - p.retention_days * ?3 LIMIT ?4)";

/// Primary key of `group_hour`.
const OLD_HOURS: &str = "
    DELETE FROM group_hour WHERE (project_id, group_hash, hour) IN (
        SELECT h.project_id, h.group_hash, h.hour FROM json_each(?1) k
        JOIN project p ON p.id = k.value ->> 0
        JOIN group_hour h ON h.project_id = p.id AND h.group_hash = unhex(k.value ->> 1)
            AND h.hour < ?2 - p.retention_days * ?3
        LIMIT ?4)";

/// Primary key of `body`.
const OLD_BODIES: &str = "
    DELETE FROM body WHERE slot IN (
        SELECT b.slot FROM json_each(?1) k JOIN project p ON p.id = k.value ->> 0
        JOIN body b ON b.slot >= k.value ->> 1 AND b.slot < (k.value ->> 1) + ?5
        WHERE b.project_id = p.id AND b.at_ms < ?2 - p.retention_days * ?3 LIMIT ?4)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Commit, digest, plan};
    use crate::sql::test_db::TestDb;
    use trapline_core::event::Event;

    const NOW_MS: i64 = 1_800_000_000_000;

    /// Stores an event that happened `days` before now; its message tells its group.
    fn stored(db: &TestDb, id: u32, days: i64, message: &str) {
        let at_ms = NOW_MS - days * DAY_MS;
        let event = Event {
            event_id: format!("{id:032x}"),
            claimed_ms: at_ms,
            received_ms: at_ms,
            count: 1,
            message: Some(message.into()),
            ..Event::default()
        };
        let commit = Commit { project_id: 1, nonce: id.into(), visitor: None };
        db.batch(&plan(&digest(1, event), commit));
    }

    fn all_groups(db: &TestDb) -> Vec<Candidate> {
        let rows = db.rows(&next_groups(None));
        rows.into_iter()
            .map(|row| Candidate { project_id: row[0].parse().unwrap(), hash: row[1].clone() })
            .collect()
    }

    #[track_caller]
    fn check_left(db: &TestDb, events: i64, hours: i64, bodies: i64) {
        let of = |table: &str| db.number(&format!("SELECT count(*) FROM {table}"));
        assert_eq!((of("event"), of("group_hour"), of("body")), (events, hours, bodies));
    }

    #[test]
    fn what_is_older_than_the_project_wants_goes_and_counts_stay() {
        let db = TestDb::with_project();
        for (id, days) in [(1, 200), (2, 91), (3, 89), (4, 0)] {
            stored(&db, id, days, "a");
        }
        check_left(&db, 4, 3, 4);
        db.batch(&step(&all_groups(&db), NOW_MS));
        check_left(&db, 2, 1, 2);
        assert_eq!(db.number("SELECT sum(events) FROM event_group"), 4);
        db.batch(&step(&all_groups(&db), NOW_MS));
        check_left(&db, 2, 1, 2);
        db.run("UPDATE project SET retention_days = 30");
        db.batch(&step(&all_groups(&db), NOW_MS));
        check_left(&db, 1, 0, 1);
    }

    #[test]
    fn a_clock_far_ahead_goes_with_its_group() {
        let db = TestDb::with_project();
        stored(&db, 1, 100, "a");
        db.run("UPDATE event SET claimed_ms = 4000000000000");
        db.batch(&step(&all_groups(&db), NOW_MS));
        check_left(&db, 0, 0, 0);
    }

    #[test]
    fn steps_are_bounded_and_walk_over_all_groups() {
        let db = TestDb::with_project();
        for id in 0..GROUPS + 50 {
            stored(
                &db,
                id,
                100,
                &format!(
                    "group {}",
                    "abcdefghij".repeat(1 + id as usize % 200) + &"z".repeat(id as usize / 200)
                ),
            );
        }
        let groups = db.number("SELECT count(*) FROM event_group");
        let first = all_groups(&db);
        assert_eq!(first.len(), GROUPS as usize);
        db.batch(&step(&first, NOW_MS));
        assert_eq!(
            db.rows(&Statement::new(PLACE, []))[0][0],
            format!("1 {}", first.last().unwrap().hash)
        );
        let second = db.rows(&next_groups(first.last()));
        assert_eq!(second.len() as i64, groups - i64::from(GROUPS));
        db.batch(&step(&[], NOW_MS));
        assert_eq!(db.rows(&Statement::new(PLACE, []))[0][0], "");
    }

    #[test]
    fn what_no_longer_signs_in_goes() {
        let db = TestDb::with_project();
        db.run("INSERT INTO person (name, created_ms) VALUES ('Jo', 0)");
        for (hash, expires_ms) in [("01", NOW_MS - 1), ("02", NOW_MS + 1)] {
            db.run(&format!("INSERT INTO session VALUES (x'{hash}', 1, 0, {expires_ms})"));
            db.run(&format!("INSERT INTO sign_in VALUES (x'{hash}', 1, 1, 0, {expires_ms})"));
        }
        db.batch(&expired(NOW_MS));
        let left = |table: &str| {
            db.rows(&Statement {
                sql: if table == "session" {
                    "SELECT hex(hash) FROM session"
                } else {
                    "SELECT hex(hash) FROM sign_in"
                },
                args: Vec::new(),
            })
        };
        assert_eq!(
            (left("session"), left("sign_in")),
            (vec![vec!["02".to_owned()]], vec![vec!["02".to_owned()]])
        );
    }
}
