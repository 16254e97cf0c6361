//! What the page of all projects shows of each.

use serde::Deserialize;

use crate::plan::HOUR_MS;
use crate::sql::Statement;

/// Projects on one page: each costs some hundred rows read.
pub const PROJECTS: usize = 20;

/// Counts of issues stop here.
pub const MAX_ISSUES: u32 = 100;

/// Open issues of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct OpenRow {
    /// The project.
    pub project_id: u32,
    /// Unresolved issues, counted up to [`MAX_ISSUES`] + 1.
    pub open: u64,
    /// Of those, the ones seen in the last 24 hours; counted likewise.
    pub active: u64,
    /// Hours since 1970 of the newest event of an unresolved issue; 0 without one.
    pub last_hour: i64,
}

/// An [`OpenRow`] for each project of one database: `issue_by_last_hour`.
pub fn open(project_ids: &[u32], now_ms: i64) -> Statement {
    Statement::new(
        "SELECT p.value AS project_id,
            (SELECT count(*) FROM (SELECT 1 FROM issue
                WHERE project_id = p.value AND status = 0 LIMIT ?3)) AS open,
            (SELECT count(*) FROM (SELECT 1 FROM issue
                WHERE project_id = p.value AND status = 0 AND last_hour > ?2 LIMIT ?3)) AS active,
            coalesce((SELECT max(last_hour) FROM issue
                WHERE project_id = p.value AND status = 0), 0) AS last_hour
         FROM json_each(?1) p",
        [
            serde_json::to_string(project_ids).unwrap_or_default().into(),
            (now_ms / HOUR_MS - 24).into(),
            (MAX_ISSUES + 1).into(),
        ],
    )
}

/// Events that came in an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct CameRow {
    /// The project.
    pub project_id: u32,
    /// Hours since 1970.
    pub hour: i64,
    /// At least so many.
    pub events: u32,
}

/// A [`CameRow`] for each of the last 24 hours and each project, in the database of people and projects: primary key of
/// `project_hour`.
pub fn came(project_ids: &[u32], now_ms: i64) -> Statement {
    Statement::new(
        "SELECT h.project_id, h.hour, h.events FROM json_each(?1) p
         CROSS JOIN project_hour h ON h.project_id = p.value AND h.hour > ?2",
        [
            serde_json::to_string(project_ids).unwrap_or_default().into(),
            (now_ms / HOUR_MS - 24).into(),
        ],
    )
}
