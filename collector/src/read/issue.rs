//! One issue: its sums, its groups, its kept events, where it happens.

use serde::{Deserialize, Deserializer};
use trapline_core::fingerprint::Hash;

use super::sums::issue_sums;
use crate::plan::{bytes_of_hex, slot};
use crate::sql::Statement;

/// Groups of an issue that its page looks at, newest first.
pub const MAX_GROUPS: usize = 50;

/// One issue with its sums and its hours after `since_hour`, or nothing if it has no groups; primary key of `issue`,
/// `event_group_by_issue`. Of a merged issue, the one that it was merged into.
pub fn issue(project_id: u32, number: u32, since_hour: i64) -> Statement {
    const SQL: &str = concat!(
        "WITH named AS (SELECT CASE WHEN merged_into > 0 THEN merged_into ELSE number END AS number
            FROM issue WHERE project_id = ?1 AND number = ?2)
        SELECT ",
        issue_sums!("?3"),
        " FROM named n JOIN issue i ON i.project_id = ?1 AND i.number = n.number
        JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = i.number
        WHERE i.status < 3 GROUP BY i.number"
    );
    Statement::new(SQL, [project_id.into(), number.into(), since_hour.into()])
}

/// A group of an issue.
#[derive(Clone, Debug, Deserialize)]
pub struct GroupRecord {
    /// Raw fingerprint.
    #[serde(deserialize_with = "hash_of_hex")]
    pub hash: Hash,
    /// What made its events equal.
    pub label: String,
    /// Events in all.
    pub events: u64,
    /// Newest event.
    pub last_seen_ms: i64,
    /// Release of it.
    pub last_release: String,
    /// Number of the issue that it would count for if nobody had merged; 0 for the same.
    pub home: u32,
}

/// The newest groups of an issue; `event_group_by_issue`.
pub fn groups(project_id: u32, number: u32) -> Statement {
    Statement::new(
        "SELECT hex(hash) AS hash, label, events, last_seen_ms, last_release,
            CASE WHEN home = number THEN 0 ELSE home END AS home FROM event_group INDEXED BY event_group_by_issue
         WHERE project_id = ?1 AND number = (
            SELECT CASE WHEN merged_into > 0 THEN merged_into ELSE number END
            FROM issue WHERE project_id = ?1 AND number = ?2)
         ORDER BY last_seen_ms DESC LIMIT ?3",
        [project_id.into(), number.into(), i64::try_from(MAX_GROUPS).unwrap_or(1).into()],
    )
}

/// The newest release of the package that the newest event of issue `$number` names, in the order in which regressions are
/// found; no row if that event has no release. `event_group_by_issue`; primary key of `release`: one row for each release of
/// the package (`@` comes right before `A`).
macro_rules! newest_release {
    ($number:literal) => {
        concat!(
            "SELECT n.version FROM event_group g INDEXED BY event_group_by_issue
             CROSS JOIN release seen ON seen.project_id = ?1 AND seen.version = g.last_release
             CROSS JOIN release n ON n.project_id = ?1 AND n.package = seen.package
                AND n.version >= CASE seen.package WHEN '' THEN '' ELSE seen.package || '@' END
                AND n.version < CASE seen.package WHEN '' THEN char(1114111) ELSE seen.package || 'A' END
             WHERE g.project_id = ?1 AND g.number = ",
            $number,
            " AND g.last_seen_ms = (
                SELECT max(last_seen_ms) FROM event_group INDEXED BY event_group_by_issue
                WHERE project_id = ?1 AND event_group.number = ",
            $number,
            ")
             ORDER BY n.sort_key DESC, n.first_seen_ms DESC LIMIT 1"
        )
    };
}

pub(crate) use newest_release;

/// Those of some groups, hexadecimal digits, that count for an issue; primary key of `event_group`.
pub fn own_groups(project_id: u32, number: u32, groups: &[String]) -> Statement {
    Statement::new(
        "SELECT DISTINCT lower(hex(g.hash)) AS hash FROM json_each(?3) j CROSS JOIN event_group g ON g.project_id = ?1
            AND g.hash = unhex(j.value) AND g.number = ?2",
        [
            project_id.into(),
            number.into(),
            serde_json::to_string(groups).unwrap_or_default().into(),
        ],
    )
}

/// An issue's number.
#[derive(Clone, Debug, Deserialize)]
pub struct NumberRow {
    /// Of the short ID.
    pub number: u32,
}

/// Which of `sources` a merge into `target` left out; primary key of `issue`.
pub fn not_merged(project_id: u32, target: u32, sources: &[u32]) -> Statement {
    Statement::new(
        "SELECT j.value AS number FROM json_each(?3) j WHERE NOT EXISTS (
            SELECT 1 FROM issue m WHERE m.project_id = ?1 AND m.number = j.value
            AND m.status = 3 AND m.merged_into = ?2)",
        [
            project_id.into(),
            target.into(),
            serde_json::to_string(sources).unwrap_or_default().into(),
        ],
    )
}

/// A kept event, without its body.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeptRow {
    /// 32 hexadecimal digits.
    pub event_id: String,
    /// Its group.
    #[serde(deserialize_with = "hash_of_hex")]
    pub group_hash: Hash,
    /// When it happened.
    pub at_ms: i64,
    /// Where its body lies.
    pub slot: i64,
    /// How much it says: more is better.
    pub context: u32,
}

/// Kept events of some groups, newest first; primary keys of `event_group` and `body`, at most
/// [`SLOTS`](crate::plan::SLOTS) rows a group.
pub fn kept(project_id: u32, groups: &[GroupRecord]) -> Statement {
    let groups: Vec<(String, i64)> = groups
        .iter()
        .map(|group| (trapline_core::fingerprint::hex(&group.hash), old_slots(&group.hash)))
        .collect();
    Statement::new(
        "WITH found AS (
            SELECT g.hash, g.kept, g.bodies, k.value ->> 1 AS old_slot FROM json_each(?2) k
            CROSS JOIN event_group g ON g.project_id = ?1 AND g.hash = unhex(k.value ->> 0)),
         slots AS (
            SELECT f.hash, j.value AS slot FROM found f
            CROSS JOIN json_each('[' || rtrim(f.kept, ',') || ']') j
            UNION ALL
            SELECT f.hash, b.slot FROM found f
            CROSS JOIN body b ON b.slot >= f.old_slot AND b.slot < f.old_slot + 32 WHERE f.bodies > 0)
         SELECT lower(hex(b.event_id)) AS event_id, hex(b.group_hash) AS group_hash, b.at_ms, b.slot, b.context
         FROM slots CROSS JOIN body b ON b.slot = slots.slot
         WHERE b.project_id = ?1 AND b.group_hash = slots.hash ORDER BY b.at_ms DESC, b.event_id",
        [project_id.into(), serde_json::to_string(&groups).unwrap_or_default().into()],
    )
}

/// The first of the 32 slots in which the code of 0001 kept a group's bodies.
pub fn old_slots(group: &Hash) -> i64 {
    let bits = group.iter().take(6).fold(0_i64, |bits, byte| (bits << 8) | i64::from(*byte));
    (bits >> 1) * 32
}

/// A kept event's body.
#[derive(Clone, Debug, Deserialize)]
pub struct BodyRow {
    /// Compressed JSON, as hexadecimal digits: D1 would answer with a list of numbers.
    pub bytes: String,
}

/// The body of an event; primary key of `body`.
pub fn body(project_id: u32, event_id: &str) -> Statement {
    let event_id = bytes_of_hex(event_id);
    Statement::new(
        "SELECT hex(bytes) AS bytes FROM body WHERE slot = ?3 AND project_id = ?1 AND event_id = ?2",
        [project_id.into(), event_id.as_slice().into(), slot(project_id, &event_id).into()],
    )
}

/// The body of an event whose slot is known; primary key of `body`.
pub fn body_in_slot(project_id: u32, kept: &KeptRow) -> Statement {
    Statement::new(
        "SELECT hex(bytes) AS bytes FROM body WHERE slot = ?3 AND project_id = ?1 AND event_id = ?2",
        [project_id.into(), bytes_of_hex(&kept.event_id).into(), kept.slot.into()],
    )
}

/// A kept event's body, and which event it is.
#[derive(Clone, Debug, Deserialize)]
pub struct NamedBodyRow {
    /// 32 hexadecimal digits.
    pub event_id: String,
    /// As in [`BodyRow`].
    pub bytes: String,
}

/// The bodies of events whose slots are known; primary key of `body`.
pub fn bodies_in_slots(project_id: u32, kept: &[&KeptRow]) -> Statement {
    let asked: Vec<_> = kept.iter().map(|kept| (&kept.event_id, kept.slot)).collect();
    Statement::new(
        "SELECT lower(hex(b.event_id)) AS event_id, hex(b.bytes) AS bytes FROM json_each(?2) j
         CROSS JOIN body b ON b.slot = j.value ->> 1
            AND b.project_id = ?1 AND b.event_id = unhex(j.value ->> 0)",
        [project_id.into(), serde_json::to_string(&asked).unwrap_or_default().into()],
    )
}

fn hash_of_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
    let text = String::deserialize(deserializer)?;
    Hash::try_from(bytes_of_hex(&text)).map_err(|_| serde::de::Error::custom("not 16 bytes"))
}
