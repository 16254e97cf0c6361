//! The issue list: one page of it, the counts in its tabs.

use serde::Deserialize;

use crate::sql::{Arg, Statement};

/// Issues on one page of the list.
pub const PAGE: usize = 50;

/// Issues that a filtered page looks at: of 100,000 issues none may match. The next page goes on behind them.
pub const SCAN: usize = 600;

/// Counts in tabs stop here: counting on would read a row an issue.
pub const MAX_TAB_COUNT: u32 = 500;

/// Where a page of the list begins: after this issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Cursor {
    /// `last_hour` of the last issue of the page before.
    #[serde(rename = "last_hour")]
    pub hour: i64,
    /// Its number.
    pub number: u32,
}

/// What the list shows.
#[derive(Clone, Debug)]
pub struct ListFilter<'a> {
    /// The project.
    pub project_id: u32,
    /// 0 unresolved, 1 resolved, 2 ignored.
    pub status: u32,
    /// Text in type, message, function or place; empty for all.
    pub text: &'a str,
    /// Lines as [`crate::plan::facet_line`] makes them; an issue has to have all of them.
    pub facets: Vec<String>,
    /// Where to begin.
    pub after: Option<Cursor>,
}

impl ListFilter<'_> {
    /// Whether issues of the status may be left out.
    pub fn is_filtered(&self) -> bool {
        !self.text.is_empty() || !self.facets.is_empty()
    }
}

/// An issue with the sums of its groups.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct IssueRecord {
    /// In short IDs.
    pub number: u32,
    /// Type of the exception.
    pub kind: String,
    /// Its message.
    pub value: String,
    /// Function of the first in-app frame.
    pub function: String,
    /// File and line of it.
    pub place: String,
    /// Worst level.
    pub level: i64,
    /// 1 if somebody caught every one.
    pub handled: i64,
    /// 0 unresolved, 1 resolved, 2 ignored, 3 merged, 4 being deleted, 5 deleted.
    pub status: i64,
    /// When the status was set.
    pub status_ms: i64,
    /// When it was last seen again after being resolved.
    pub regressed_ms: i64,
    /// When it last went over five times its mean.
    pub escalated_ms: i64,
    /// Of a resolved one: seen later than in this release, it is a regression; empty: seen at all.
    pub resolved_release: String,
    /// Of an ignored one: until when; 0: not until a time.
    pub ignore_until_ms: i64,
    /// Of an ignored one: until it has this number of events; 0: not until a number.
    pub ignore_events: u64,
    /// Of an ignored one: until it has this number of users; 0: not until a number.
    pub ignore_users: u64,
    /// Issue that it was merged into; 0 if into none.
    pub merged_into: u32,
    /// Release of the first event.
    pub first_release: String,
    /// Hour of the newest event.
    pub last_hour: i64,
    /// Sum over groups.
    #[serde(default)]
    pub events: u64,
    /// Sum over groups.
    #[serde(default)]
    pub users: u64,
    /// Least of the groups'.
    #[serde(default)]
    pub first_seen_ms: i64,
    /// Greatest of the groups'.
    #[serde(default)]
    pub last_seen_ms: i64,
    /// Events by hour, of those groups that were seen in the last 24 hours: `497001 00000012 `…, without the space
    /// between hour and events.
    #[serde(default)]
    pub recent: String,
}

/// Hours of groups: `recent` of those that were seen after `?3` or the like, and their newest hour.
macro_rules! issue_sums {
    ($since:literal) => {
        concat!(
            "i.number, i.kind, i.value, i.function, i.place, i.level, i.handled, i.status, i.status_ms,
            i.regressed_ms, i.escalated_ms, i.resolved_release, i.ignore_until_ms, i.ignore_events,
            i.ignore_users, i.merged_into, i.first_release, i.last_hour,
            sum(g.events) AS events, sum(g.users) AS users,
            min(g.first_seen_ms) AS first_seen_ms, max(g.last_seen_ms) AS last_seen_ms,
            group_concat(CASE WHEN g.hour > ",
            $since,
            " THEN g.recent || printf('%06d%08d ', g.hour, g.hour_events) ELSE '' END, '') AS recent"
        )
    };
}

pub(super) use issue_sums;

/// The part of the list that a page looks at.
macro_rules! scan {
    () => {
        "FROM issue WHERE project_id = ?1 AND status = ?2 AND (last_hour, number) < (?3, ?4)
         ORDER BY last_hour DESC, number DESC"
    };
}

/// One page of the list and one issue more, if there is one; `issue_by_last_hour`, `event_group_by_issue`. A group whose
/// facets are full counts as seen everywhere.
const LIST: &str = concat!(
    "WITH scan AS (SELECT * ",
    scan!(),
    " LIMIT ?8), page AS (
        SELECT * FROM scan
        WHERE (?5 = '' OR instr(lower(kind || ' ' || value || ' ' || function || ' ' || place), ?5) > 0)
        AND NOT EXISTS (SELECT 1 FROM json_each(?6) f WHERE NOT EXISTS (
            SELECT 1 FROM event_group g INDEXED BY event_group_by_issue WHERE g.project_id = ?1 AND g.number = scan.number
            AND (instr(g.facets, char(10) || f.value || char(10)) > 0 OR length(g.facets) >= 16000)))
        ORDER BY last_hour DESC, number DESC LIMIT ?7)
    SELECT ",
    issue_sums!("?9"),
    " FROM page i CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = i.number
    GROUP BY i.number ORDER BY i.last_hour DESC, i.number DESC"
);

/// The last issue that a filtered page looks at, if there are more behind it; `issue_by_last_hour`.
const LAST_SCANNED: &str = concat!("SELECT last_hour, number ", scan!(), " LIMIT 1 OFFSET ?5");

fn scan_args(filter: &ListFilter) -> [Arg; 4] {
    let after = filter.after.unwrap_or(Cursor { hour: i64::from(u32::MAX), number: 0 });
    [filter.project_id.into(), filter.status.into(), after.hour.into(), after.number.into()]
}

/// The list's page, with events by hour after `since_hour`.
pub fn list(filter: &ListFilter, since_hour: i64) -> Statement {
    let scanned = if filter.is_filtered() { SCAN } else { PAGE + 1 };
    let mut args: Vec<Arg> = scan_args(filter).into();
    args.extend([
        filter.text.to_lowercase().into(),
        serde_json::to_string(&filter.facets).unwrap_or_default().into(),
        rows(PAGE + 1),
        rows(scanned),
        since_hour.into(),
    ]);
    Statement { sql: LIST, args }
}

/// A [`Cursor`] behind what a filtered page looked at; no row where that was the end.
pub fn last_scanned(filter: &ListFilter) -> Statement {
    let mut args: Vec<Arg> = scan_args(filter).into();
    args.push(rows(SCAN - 1));
    Statement { sql: LAST_SCANNED, args }
}

fn rows(number: usize) -> Arg {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

/// Issues by status, each counted up to [`MAX_TAB_COUNT`] + 1; `issue_by_last_hour`. And whether there ever was one;
/// primary key of `issue`.
pub fn counts(project_id: u32) -> Statement {
    Statement::new(
        "SELECT
            (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 0 LIMIT ?2)) AS unresolved,
            (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 1 LIMIT ?2)) AS resolved,
            (SELECT count(*) FROM (SELECT 1 FROM issue WHERE project_id = ?1 AND status = 2 LIMIT ?2)) AS ignored,
            EXISTS (SELECT 1 FROM issue WHERE project_id = ?1) AS has_any",
        [project_id.into(), (MAX_TAB_COUNT + 1).into()],
    )
}

/// What [`counts`] gives.
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
}
