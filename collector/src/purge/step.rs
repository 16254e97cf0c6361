//! One step of retention: what is old of some groups.

use serde::{Deserialize, Serialize};
use trapline_core::fingerprint::Hash;

use super::DAY_MS;
use crate::plan::{HOUR_MS, bytes_of_hex};
use crate::read::old_slots;
use crate::sql::{Arg, Statement};

/// Groups that one step looks at.
pub(super) const GROUPS: u32 = 200;

/// Rows of each table that one step deletes at most: five million events a day, if all runs have so much to do.
pub(super) const ROWS: usize = 5_000;

/// How long a project keeps what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Keep {
    /// The project.
    pub project_id: u32,
    /// Events and hours.
    pub days: u32,
    /// Whole events.
    pub body_days: u32,
}

/// Of every project in a database. SCAN of `project`: one row a project.
pub(super) fn retention(database: u32) -> Statement {
    Statement::new(
        "SELECT id AS project_id, retention_days AS days, retention_days AS body_days FROM project
         WHERE database = ?1",
        [database.into()],
    )
}

/// A group that may hold something old.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Candidate {
    /// Its project.
    pub project_id: u32,
    /// Its raw fingerprint, in hexadecimal digits.
    pub hash: String,
}

impl Candidate {
    /// `7 0123…`
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (project_id, hash) = text.split_once(' ')?;
        Some(Self { project_id: project_id.parse().ok()?, hash: hash.to_owned() })
    }
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

/// Deletes what is old of these groups, and notes the place before them: last, because a full database takes no row before
/// others have gone.
pub fn step(
    after: Option<&Candidate>,
    groups: &[Candidate],
    keep: &[Keep],
    now_ms: i64,
) -> Vec<Statement> {
    let keep_of = |project_id: u32| keep.iter().find(|keep| keep.project_id == project_id);
    // Project, hash, the oldest time and hour that are kept, the oldest body, the first slot of 0001.
    let rows: Vec<_> = groups
        .iter()
        .filter_map(|group| {
            let keep = keep_of(group.project_id)?;
            let since_ms = now_ms - i64::from(keep.days) * DAY_MS;
            let body_ms = now_ms - i64::from(keep.body_days) * DAY_MS;
            let hash = Hash::try_from(bytes_of_hex(&group.hash)).ok()?;
            let slot = old_slots(&hash);
            Some((group.project_id, &group.hash, since_ms, since_ms / HOUR_MS, body_ms, slot))
        })
        .collect();
    let mut statements = Vec::new();
    if !rows.is_empty() {
        let rows = serde_json::to_string(&rows).unwrap_or_default();
        let most: Arg = i64::try_from(ROWS).unwrap_or(i64::MAX).into();
        statements.extend(
            [OLD_EVENTS, OLD_HOURS, OLD_BODIES]
                .map(|sql| Statement::new(sql, [rows.as_str().into(), most.clone()])),
        );
    }
    let place = after.map_or_else(String::new, |last| format!("{} {}", last.project_id, last.hash));
    statements.push(Statement::new(KEEP_PLACE, [place.into()]));
    statements
}

const KEEP_PLACE: &str = "
    INSERT INTO setting (name, value) VALUES ('purged_up_to', ?1)
    ON CONFLICT DO UPDATE SET value = excluded.value";

/// Primary keys of `event_group` and `event`. Within a group the key orders by the sender's clock; a clock that runs
/// years ahead is met once its whole group is old.
const OLD_EVENTS: &str = "
    DELETE FROM event WHERE (project_id, group_hash, claimed_ms, event_id) IN (
        SELECT e.project_id, e.group_hash, e.claimed_ms, e.event_id FROM json_each(?1) k
        CROSS JOIN event_group g ON g.project_id = k.value ->> 0 AND g.hash = unhex(k.value ->> 1)
        CROSS JOIN event e ON e.project_id = g.project_id AND e.group_hash = g.hash
            AND e.claimed_ms < CASE WHEN g.last_seen_ms < k.value ->> 2 THEN 9e15 ELSE k.value ->> 2 END
        WHERE e.at_ms < k.value ->> 2 LIMIT ?2)";

/// Primary key of `group_hour`.
const OLD_HOURS: &str = "
    DELETE FROM group_hour WHERE (project_id, group_hash, hour) IN (
        SELECT h.project_id, h.group_hash, h.hour FROM json_each(?1) k
        CROSS JOIN group_hour h ON h.project_id = k.value ->> 0 AND h.group_hash = unhex(k.value ->> 1)
            AND h.hour < k.value ->> 3
        LIMIT ?2)";

/// Primary keys of `event_group` and `body`. The group still lists the slots: readers find them empty.
const OLD_BODIES: &str = "
    DELETE FROM body WHERE slot IN (
        SELECT b.slot FROM json_each(?1) k
        CROSS JOIN event_group g ON g.project_id = k.value ->> 0 AND g.hash = unhex(k.value ->> 1)
        CROSS JOIN json_each('[' || rtrim(g.kept, ',') || ']') j
        CROSS JOIN body b ON b.slot = j.value AND b.project_id = g.project_id AND b.group_hash = g.hash
        WHERE b.at_ms < k.value ->> 4
        UNION ALL
        SELECT b.slot FROM json_each(?1) k
        CROSS JOIN event_group g ON g.project_id = k.value ->> 0 AND g.hash = unhex(k.value ->> 1)
        CROSS JOIN body b ON b.slot >= k.value ->> 5 AND b.slot < (k.value ->> 5) + 32
            AND b.project_id = g.project_id AND b.group_hash = g.hash
        WHERE g.bodies > 0 AND b.at_ms < k.value ->> 4
        LIMIT ?2)";

/// Events of deleted issues, those of 20 groups at a time; primary keys of `deleted_group` and `event`. Where none was
/// left, the groups are done: `changes()` are those of the statement before.
pub fn deleted_events() -> [Statement; 2] {
    [
        Statement::new(
            "DELETE FROM event WHERE (project_id, group_hash, claimed_ms, event_id) IN (
                SELECT e.project_id, e.group_hash, e.claimed_ms, e.event_id
                FROM (SELECT * FROM deleted_group ORDER BY project_id, hash, deleted_ms LIMIT 20) oldest
                CROSS JOIN event e ON e.project_id = oldest.project_id AND e.group_hash = oldest.hash
                WHERE e.stored_ms <= oldest.deleted_ms LIMIT 3000)",
            [],
        ),
        Statement::new(
            "DELETE FROM deleted_group WHERE changes() = 0 AND (project_id, hash, deleted_ms) IN (
                SELECT project_id, hash, deleted_ms FROM deleted_group
                ORDER BY project_id, hash, deleted_ms LIMIT 20)",
            [],
        ),
    ]
}
