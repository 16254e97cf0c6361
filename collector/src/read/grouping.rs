//! What grouping is explained with: kept events of the newest issues of a project, and of each group of an issue.

use serde::Deserialize;

use crate::sql::Statement;

/// Kept events that a preview looks at: each is inflated and read, which is dear.
const SAMPLE: u32 = 100;

/// Groups of an issue that a split looks at, newest first.
pub const SPLIT_GROUPS: usize = 100;

/// Bytes of compressed events that one page reads at most.
const MAX_BYTES: u32 = 1_500_000;

/// A kept event.
#[derive(Clone, Debug, Deserialize)]
pub struct LookedRow {
    /// Number of its issue; of a group of an issue, of the one from which a merge brought it, 0 for none.
    pub number: u32,
    /// `TypeError x is undefined`; empty of a group of an issue.
    pub title: String,
    /// The group's raw fingerprint, hexadecimal digits.
    pub hash: String,
    /// Events of the group in all.
    pub events: u64,
    /// Compressed JSON, as hexadecimal digits; empty if none is kept.
    pub bytes: String,
}

/// The newest kept events of a project, up to eight a group: of the 60 issues of each status that were seen last, and 300 of
/// their groups. `issue_by_last_hour`, `event_group_by_issue`; primary key of `body`.
pub fn newest_events(project_id: u32) -> Statement {
    Statement::new(
        "WITH newest AS MATERIALIZED (
            SELECT i.number, trim(i.kind || ' ' || i.value) AS title, i.last_hour FROM json_each('[0,1,2]') s
            CROSS JOIN issue i ON i.project_id = ?1 AND i.number IN (
                SELECT n.number FROM issue n INDEXED BY issue_by_last_hour
                WHERE n.project_id = ?1 AND n.status = s.value ORDER BY n.last_hour DESC, n.number DESC LIMIT 60)),
        grouped AS MATERIALIZED (
            SELECT active.number, active.title, g.hash, g.events, g.kept
            FROM (SELECT * FROM newest ORDER BY last_hour DESC) active
            CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1
                AND g.number = active.number
            LIMIT 300),
        looked AS MATERIALIZED (
            SELECT grouped.number, grouped.title, grouped.hash, grouped.events, b.slot, b.at_ms,
                sum(length(b.bytes)) OVER (ORDER BY b.at_ms DESC, b.slot) AS bytes
            FROM grouped CROSS JOIN json_each('[' || rtrim(substr(grouped.kept, -136), ',') || ']') j
            CROSS JOIN body b ON b.slot = j.value AND b.project_id = ?1 AND b.group_hash = grouped.hash
            ORDER BY b.at_ms DESC, b.slot LIMIT ?2)
        SELECT looked.number, looked.title, lower(hex(looked.hash)) AS hash, looked.events, hex(b.bytes) AS bytes
        FROM looked CROSS JOIN body b ON b.slot = looked.slot WHERE looked.bytes <= ?3
        ORDER BY looked.at_ms DESC, looked.slot",
        [project_id.into(), SAMPLE.into(), MAX_BYTES.into()],
    )
}

/// The newest [`SPLIT_GROUPS`] groups of an issue, with their first kept events; `event_group_by_issue`, primary key of `body`.
pub fn parts(project_id: u32, number: u32) -> Statement {
    Statement::new(
        "WITH newest AS MATERIALIZED (
            SELECT hash, events, CASE WHEN home = number THEN 0 ELSE home END AS home, last_seen_ms,
                CAST(substr(kept, 1, 16) AS INTEGER) AS slot
            FROM event_group INDEXED BY event_group_by_issue
            WHERE project_id = ?1 AND number = ?2 ORDER BY last_seen_ms DESC, hash LIMIT ?3),
        looked AS MATERIALIZED (
            SELECT newest.hash, newest.events, newest.home, newest.last_seen_ms, b.slot,
                sum(length(b.bytes)) OVER (ORDER BY newest.last_seen_ms DESC, newest.hash) AS bytes
            FROM newest LEFT JOIN body b ON b.slot = newest.slot AND b.project_id = ?1
                AND b.group_hash = newest.hash)
        SELECT looked.home AS number, '' AS title, lower(hex(looked.hash)) AS hash, looked.events, hex(b.bytes) AS bytes
        FROM looked LEFT JOIN body b ON b.slot = looked.slot AND looked.bytes <= ?4
        ORDER BY looked.last_seen_ms DESC, looked.hash",
        [
            project_id.into(),
            number.into(),
            i64::try_from(SPLIT_GROUPS).unwrap_or(1).into(),
            MAX_BYTES.into(),
        ],
    )
}

/// The issue that a group counts for, given its raw fingerprint as hexadecimal digits; primary key of `event_group`.
pub fn issue_of(project_id: u32, group: &str) -> Statement {
    let group = crate::plan::bytes_of_hex(group);
    Statement::new(
        "SELECT number FROM event_group WHERE project_id = ?1 AND hash = ?2",
        [project_id.into(), group.into()],
    )
}
