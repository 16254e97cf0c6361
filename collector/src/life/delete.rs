//! An issue goes. First it is hidden, then its hours, users and bodies go in steps of bounded size, then its groups; its
//! row stays, so that its number is never given out again. Events are many: they are left to the cron, which takes those
//! that were stored before. An event that comes after the groups have gone makes a new issue.

use serde::Deserialize;

use crate::sql::Statement;

/// Rows of each table that one step deletes at most.
pub const STEP_ROWS: u32 = 1_000;

/// The issue `?2` and those that were merged into it.
macro_rules! with_merged {
    () => {
        "(SELECT ?2 UNION ALL SELECT m.number FROM issue m INDEXED BY issue_by_merged
            WHERE m.project_id = ?1 AND m.merged_into = ?2 AND m.merged_into > 0)"
    };
}

/// Status 4, being deleted: with all issues that were merged into it. Primary key of `issue`, `issue_by_merged`.
pub fn begin_delete(project_id: u32, number: u32, now_ms: i64) -> Statement {
    Statement::new(
        concat!(
            "UPDATE issue SET status = 4, status_ms = ?3 WHERE project_id = ?1 AND status < 4
             AND number IN ",
            with_merged!()
        ),
        [project_id.into(), number.into(), now_ms.into()],
    )
}

/// As [`begin_delete`], of several issues.
pub fn begin_delete_all(project_id: u32, numbers: &[u32], now_ms: i64) -> Statement {
    Statement::new(
        "UPDATE issue SET status = 4, status_ms = ?3 WHERE project_id = ?1 AND status < 4
         AND number IN (SELECT value FROM json_each(?2) UNION ALL SELECT m.number FROM json_each(?2) j
            CROSS JOIN issue m INDEXED BY issue_by_merged ON m.project_id = ?1 AND m.merged_into = j.value
            AND m.merged_into > 0)",
        [
            project_id.into(),
            serde_json::to_string(numbers).unwrap_or_default().into(),
            now_ms.into(),
        ],
    )
}

/// Deletes up to [`STEP_ROWS`] rows of each table. `event_group_by_issue`, primary keys of the tables.
pub fn delete_rows(project_id: u32, number: u32) -> [Statement; 4] {
    let args = || [project_id.into(), number.into(), STEP_ROWS.into()];
    [
        Statement::new(
            concat!(
                "DELETE FROM activity WHERE (project_id, number, at_ms, id) IN (
                SELECT a.project_id, a.number, a.at_ms, a.id FROM activity a
                WHERE a.project_id = ?1 AND a.number IN ",
                with_merged!(),
                " LIMIT ?3)"
            ),
            args(),
        ),
        Statement::new(
            "DELETE FROM group_hour WHERE (project_id, group_hash, hour) IN (
                SELECT h.project_id, h.group_hash, h.hour FROM event_group g INDEXED BY event_group_by_issue
                CROSS JOIN group_hour h ON h.project_id = ?1 AND h.group_hash = g.hash
                WHERE g.project_id = ?1 AND g.number = ?2 LIMIT ?3)",
            args(),
        ),
        Statement::new(
            "DELETE FROM group_user WHERE (project_id, group_hash, user_hash) IN (
                SELECT u.project_id, u.group_hash, u.user_hash FROM event_group g INDEXED BY event_group_by_issue
                CROSS JOIN group_user u ON u.project_id = ?1 AND u.group_hash = g.hash
                WHERE g.project_id = ?1 AND g.number = ?2 LIMIT ?3)",
            args(),
        ),
        Statement::new(
            "DELETE FROM body WHERE slot IN (
                SELECT b.slot FROM event_group g INDEXED BY event_group_by_issue
                CROSS JOIN json_each('[' || rtrim(g.kept, ',') || ']') j
                CROSS JOIN body b ON b.slot = j.value AND b.project_id = ?1 AND b.group_hash = g.hash
                WHERE g.project_id = ?1 AND g.number = ?2 LIMIT ?3)",
            args(),
        ),
    ]
}

/// True of a deleting issue `?2` that [`delete_rows`] has left nothing of.
macro_rules! is_bare {
    () => {
        "EXISTS (SELECT 1 FROM issue d WHERE d.project_id = ?1 AND d.number = ?2 AND d.status = 4)
         AND NOT EXISTS (SELECT 1 FROM event_group b INDEXED BY event_group_by_issue
            CROSS JOIN group_hour h ON h.project_id = ?1 AND h.group_hash = b.hash
            WHERE b.project_id = ?1 AND b.number = ?2)
         AND NOT EXISTS (SELECT 1 FROM event_group b INDEXED BY event_group_by_issue
            CROSS JOIN group_user u ON u.project_id = ?1 AND u.group_hash = b.hash
            WHERE b.project_id = ?1 AND b.number = ?2)
         AND NOT EXISTS (SELECT 1 FROM event_group b INDEXED BY event_group_by_issue
            CROSS JOIN json_each('[' || rtrim(b.kept, ',') || ']') j
            CROSS JOIN body o ON o.slot = j.value AND o.project_id = ?1 AND o.group_hash = b.hash
            WHERE b.project_id = ?1 AND b.number = ?2)"
    };
}

/// Takes the groups, once their rows are gone. The last statement gives back `remaining`: 1 while they are not.
pub fn finish_delete(project_id: u32, number: u32, now_ms: i64) -> [Statement; 4] {
    let two = || [project_id.into(), number.into()];
    [
        Statement::new(
            concat!(
                "INSERT INTO deleted_group (project_id, hash, deleted_ms)
                 SELECT ?1, hash, ?3 FROM event_group INDEXED BY event_group_by_issue WHERE project_id = ?1 AND number = ?2 AND ",
                is_bare!(),
                " ON CONFLICT DO NOTHING"
            ),
            [project_id.into(), number.into(), now_ms.into()],
        ),
        Statement::new(
            concat!(
                "DELETE FROM event_group INDEXED BY event_group_by_issue WHERE project_id = ?1 AND number = ?2 AND ",
                is_bare!()
            ),
            two(),
        ),
        Statement::new(
            concat!(
                "UPDATE issue SET status = 5 WHERE project_id = ?1 AND status = 4 AND number IN ",
                with_merged!(),
                " AND NOT EXISTS (SELECT 1 FROM event_group g INDEXED BY event_group_by_issue WHERE g.project_id = ?1 AND g.number = ?2)"
            ),
            two(),
        ),
        Statement::new(
            "SELECT count(*) AS remaining FROM issue WHERE project_id = ?1 AND number = ?2 AND status = 4",
            two(),
        ),
    ]
}

/// An issue whose deletion is not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Deleting {
    /// Its project.
    pub project_id: u32,
    /// Its number.
    pub number: u32,
    /// Since when.
    pub status_ms: i64,
}

/// The next one, of all projects given as a JSON list of their IDs; `issue_by_last_hour`.
pub fn next_deleting(projects: &str) -> Statement {
    Statement::new(
        "SELECT i.project_id, i.number, i.status_ms FROM json_each(?1) p
         CROSS JOIN issue i INDEXED BY issue_by_last_hour
            ON i.project_id = p.value AND i.status = 4 WHERE i.merged_into = 0 LIMIT 1",
        [projects.into()],
    )
}
