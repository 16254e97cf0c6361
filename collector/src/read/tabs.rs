//! How many issues there are: in all, and of each tab of the list.

use serde::Deserialize;

use crate::plan::HOUR_MS;
use crate::sql::Statement;

/// Counts in tabs stop here: counting on would read a row an issue.
pub const MAX_TAB_COUNT: u32 = 500;

/// Counts of issues that are new, regressed and so on stop here.
pub const MAX_SPECIAL: u32 = 100;

/// What [`counts`] and [`tabs`] give.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct CountsRow {
    /// Open issues.
    pub unresolved: u64,
    /// Resolved ones.
    pub resolved: u64,
    /// Ignored ones.
    pub ignored: u64,
    /// 1 once the project has received an event.
    pub has_any: u32,
    /// Feedback that nobody has dealt with, counted up to 50.
    #[serde(default)]
    pub feedback: u64,
    /// Open ones first seen within a day.
    #[serde(default)]
    pub fresh: u64,
    /// Open ones that came back.
    #[serde(default)]
    pub regressed: u64,
    /// Open ones over five times their mean.
    #[serde(default)]
    pub escalating: u64,
    /// Open ones of the viewer.
    #[serde(default)]
    pub mine: u64,
}

/// Issues by status, each counted up to [`MAX_TAB_COUNT`] + 1; `issue_by_last_hour`. And whether there ever was one;
/// primary key of `issue`. And what users said and nobody has dealt with; `feedback_by_status`.
macro_rules! counts {
    () => {
        "(SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 0 LIMIT ?2)) AS unresolved,
        (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 1 LIMIT ?2)) AS resolved,
        (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 2 LIMIT ?2)) AS ignored,
        EXISTS (SELECT 1 FROM issue WHERE project_id = ?1) AS has_any,
        (SELECT count(*) FROM (SELECT 1 FROM feedback WHERE project_id = ?1 AND status = 0 LIMIT 50)) AS feedback"
    };
}

/// What a page without tabs shows.
pub fn counts(project_id: u32) -> Statement {
    Statement::new(concat!("SELECT ", counts!()), [project_id.into(), (MAX_TAB_COUNT + 1).into()])
}

/// Open issues that are new, regressed, escalating, or the viewer's, each counted up to [`MAX_SPECIAL`] + 1: primary key of
/// `issue`, `issue_by_regressed`, `issue_by_escalated`, `issue_by_assignee`, `event_group_by_issue`.
const TABS: &str = concat!(
    "SELECT ",
    counts!(),
    ", (SELECT count(*) FROM (SELECT number, status FROM issue WHERE project_id = ?1 ORDER BY number DESC LIMIT ?3) n
        WHERE n.status = 0 AND NOT EXISTS (SELECT 1 FROM event_group g INDEXED BY event_group_by_issue
            WHERE g.project_id = ?1 AND g.number = n.number AND g.first_seen_ms < ?4)) AS fresh,
    (SELECT count(*) FROM (SELECT 1 FROM issue INDEXED BY issue_by_regressed WHERE project_id = ?1 AND regressed_ms > 0
        AND status = 0 AND regressed_ms >= status_ms LIMIT ?3)) AS regressed,
    (SELECT count(*) FROM (SELECT 1 FROM issue INDEXED BY issue_by_escalated WHERE project_id = ?1 AND escalated_ms > 0
        AND escalated_ms >= ?5 AND status = 0 LIMIT ?3)) AS escalating,
    (SELECT count(*) FROM (SELECT 1 FROM issue INDEXED BY issue_by_assignee WHERE project_id = ?1 AND assignee = ?6
        AND assignee > 0 AND status = 0 LIMIT ?3)) AS mine"
);

/// What the list's tabs show.
pub fn tabs(project_id: u32, now_ms: i64, viewer_id: u32) -> Statement {
    Statement::new(
        TABS,
        [
            project_id.into(),
            (MAX_TAB_COUNT + 1).into(),
            (MAX_SPECIAL + 1).into(),
            (now_ms - 24 * HOUR_MS).into(),
            (now_ms - 2 * HOUR_MS).into(),
            viewer_id.into(),
        ],
    )
}
