//! What the summary reads: a bounded number of rows, however many issues there are and however much was refused. With all limits
//! reached these are 2,700; sorting or grouping in SQL would read them again.

use serde::Deserialize;

use crate::sql::{Arg, Statement};

/// Of `outcome`: what was not stored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct EndedRow {
    pub(super) hour: i64,
    pub(super) outcome: String,
    pub(super) reason: String,
    pub(super) detail: String,
    pub(super) quantity: u64,
    pub(super) last_ms: i64,
}

/// Events of an hour: of an issue, or of all that came.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HourRow {
    pub(super) number: u32,
    pub(super) hour: i64,
    pub(super) events: u64,
}

/// A group with what its issue is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GroupRow {
    /// 0 to 2 as the issue's; 9 where it was looked for as one that was there long ago.
    pub(super) status: u32,
    pub(super) number: u32,
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) place: String,
    pub(super) hour: i64,
    pub(super) events: u64,
    /// As [`crate::plan`] writes it: the last 24 hours with events before the newest one.
    pub(super) recent: String,
}

/// Rows that are looked at, the newest first: each reason writes one in ten seconds at most, for each detail.
pub(super) const OUTCOME_ROWS: u32 = 1_000;

/// What was not stored, the newest first: [`EndedRow`]. Primary key of `outcome`.
pub fn ended(project_id: u32, first_hour: i64) -> Statement {
    Statement::new(
        "SELECT hour, outcome, reason, detail, quantity, last_ms FROM outcome
         WHERE project_id = ?1 AND hour >= ?2 ORDER BY hour DESC LIMIT ?3",
        [project_id.into(), first_hour.into(), OUTCOME_ROWS.into()],
    )
}

/// Events that were let in, at least so many: [`HourRow`]. Primary key of `project_hour`.
pub fn came(project_id: u32, first_hour: i64) -> Statement {
    Statement::new(
        "SELECT 0 AS number, hour, events FROM project_hour WHERE project_id = ?1 AND hour >= ?2",
        [project_id.into(), first_hour.into()],
    )
}

/// Open issues that are looked at, the latest first; those that were resolved or ignored; and of open ones that were seen in
/// this hour those that were there first: what never stops was there long ago.
pub(super) const OPEN: u32 = 50;
pub(super) const OTHERS: u32 = 30;

/// Groups of these that are looked at, and hours of theirs before what is `recent`.
pub(super) const GROUPS: u32 = 280;
pub(super) const HOURS: u32 = 600;

/// Issues seen since `?2`, as `active`; `issue_by_last_hour`.
macro_rules! active {
    () => {
        "WITH active AS (
            SELECT * FROM (SELECT status, number, kind, value, place FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 0 AND last_hour >= ?2 ORDER BY last_hour DESC, number DESC LIMIT ?3)
            UNION ALL SELECT * FROM (SELECT status, number, kind, value, place FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 1 AND last_hour >= ?2 ORDER BY last_hour DESC, number DESC LIMIT ?4)
            UNION ALL SELECT * FROM (SELECT status, number, kind, value, place FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 2 AND last_hour >= ?2 ORDER BY last_hour DESC, number DESC LIMIT ?4)
            UNION ALL SELECT * FROM (SELECT 9, number, kind, value, place FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = ?1 AND status = 0 AND last_hour = ?5 ORDER BY last_hour, number LIMIT ?4)) "
    };
}

/// Groups of active issues: [`GroupRow`]. `issue_by_last_hour`, `event_group_by_issue`.
pub fn groups(project_id: u32, first_hour: i64, hour: i64) -> Statement {
    const SQL: &str = concat!(
        active!(),
        "SELECT active.status, active.number, active.kind, active.value, active.place, g.hour, g.hour_events AS events,
            g.recent
         FROM active CROSS JOIN event_group g INDEXED BY event_group_by_issue
            ON g.project_id = ?1 AND g.number = active.number LIMIT ?6"
    );
    Statement { sql: SQL, args: args(project_id, first_hour, hour).into() }
}

/// Hours of those groups before what is `recent`: [`HourRow`]. As [`groups`], and the primary key of `group_hour`.
pub fn past(project_id: u32, first_hour: i64, hour: i64) -> Statement {
    const SQL: &str = concat!(
        active!(),
        "SELECT active.number, h.hour, h.events
         FROM active CROSS JOIN event_group g INDEXED BY event_group_by_issue
            ON g.project_id = ?1 AND g.number = active.number AND active.status < 9 AND length(g.recent) >= 360
         CROSS JOIN group_hour h ON h.project_id = ?1 AND h.group_hash = g.hash AND h.hour >= ?2
            AND h.hour < CAST(substr(g.recent, -15, 6) AS INTEGER) LIMIT ?7"
    );
    let [a, b, c, d, e, f] = args(project_id, first_hour, hour);
    Statement { sql: SQL, args: vec![a, b, c, d, e, f, HOURS.into()] }
}

fn args(project_id: u32, first_hour: i64, hour: i64) -> [Arg; 6] {
    [project_id.into(), first_hour.into(), OPEN.into(), OTHERS.into(), hour.into(), GROUPS.into()]
}
