//! What an issue's page shows around the issue: in few statements, each of which answers with one JSON text where it would
//! else be hundreds of rows.

use serde::Deserialize;
use trapline_core::fingerprint::hex;

use super::issue::{GroupRecord, newest_release};
use super::sums::issue_sums;
use crate::activity::activity_json;
use crate::page_views::visits::{effect_parts, effect_rows};
use crate::sql::Statement;

/// Columns of [`issue_page`] beside those of the issue.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AroundRow {
    /// Who sees to it; 0: nobody.
    pub assignee: u32,
    /// 1: resolved "in the next release".
    pub resolved_next: u32,
    /// A ticket elsewhere.
    pub link: String,
    /// Open issues of the project, up to 501.
    pub unresolved: u64,
    /// Newest release of the package that the newest event names.
    pub newest_release: Option<String>,
    /// `[["shop@2", 1795426880000], …]`: releases in which it was seen, and when they were first seen at all.
    pub releases: String,
    /// As [`crate::activity::page`] reads it.
    pub activity: String,
}

/// The issue as [`super::issue`] reads it, and what stands around it; releases that were first seen after `since_ms`. Primary
/// keys of `issue`, `release` and `activity`; `event_group_by_issue`, `issue_by_last_hour`, `issue_by_merged`.
pub fn issue_page(project_id: u32, number: u32, since_hour: i64, since_ms: i64) -> Statement {
    const SQL: &str = concat!(
        "WITH named AS (SELECT CASE WHEN merged_into > 0 THEN merged_into ELSE number END AS number
            FROM issue WHERE project_id = ?1 AND number = ?2)
        SELECT ",
        issue_sums!("?3"),
        ", i.assignee, i.resolved_next, i.link,
        (SELECT count(*) FROM (SELECT 1 FROM issue o WHERE o.project_id = ?1 AND o.status = 0 LIMIT 501)) AS unresolved,
        (",
        newest_release!("i.number"),
        ") AS newest_release,
        (SELECT json_group_array(json_array(version, first_seen_ms)) FROM (
            SELECT DISTINCT r.version, r.first_seen_ms FROM (
                SELECT seen.facets FROM event_group seen INDEXED BY event_group_by_issue
                WHERE seen.project_id = ?1 AND seen.number = i.number ORDER BY seen.last_seen_ms DESC LIMIT 5) faceted
            CROSS JOIN json_each('[\"' || replace(replace(replace(faceted.facets, '\\', '\\\\'), '\"', '\\\"'), char(10), '\",\"') || '\"]') l
            CROSS JOIN release r ON r.project_id = ?1 AND r.version = substr(l.value, 9)
            WHERE l.value LIKE 'release=%' AND r.first_seen_ms >= ?4 ORDER BY r.first_seen_ms DESC LIMIT 12)) AS releases,
        ",
        activity_json!("i.number", "9007199254740991", "0"),
        " AS activity
        FROM named n JOIN issue i ON i.project_id = ?1 AND i.number = n.number
        JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = i.number
        WHERE i.status < 3 GROUP BY i.number"
    );
    Statement::new(SQL, [project_id.into(), number.into(), since_hour.into(), since_ms.into()])
}

/// One JSON text.
#[derive(Clone, Debug, Deserialize)]
pub struct TextRow {
    /// Whatever the statement says.
    pub text: Option<String>,
}

/// Events of groups by stretches of `bucket_hours` from `since_hour` on, as `[[stretch, events], …]`; primary keys of
/// `event_group` and `group_hour`.
pub fn trend(
    project_id: u32,
    groups: &[GroupRecord],
    since_hour: i64,
    bucket_hours: i64,
) -> Statement {
    Statement::new(
        "SELECT json_group_array(json_array(stretch, events)) AS text FROM (
            SELECT CAST(CAST(hour - ?3 AS INTEGER) / CAST(?4 AS INTEGER) AS INTEGER) AS stretch, CAST(sum(events) AS INTEGER) AS events FROM (
                SELECT h.hour, h.events FROM json_each(?2) g CROSS JOIN group_hour h ON h.project_id = ?1
                    AND h.group_hash = unhex(g.value) AND h.hour >= ?3
                UNION ALL
                SELECT e.hour, e.hour_events FROM json_each(?2) g CROSS JOIN event_group e ON e.project_id = ?1
                    AND e.hash = unhex(g.value) WHERE e.hour >= ?3)
            GROUP BY 1)",
        [project_id.into(), hashes(groups), since_hour.into(), bucket_hours.into()],
    )
}

fn hashes(groups: &[GroupRecord]) -> crate::sql::Arg {
    let hashes: Vec<String> = groups.iter().map(|group| hex(&group.hash)).collect();
    serde_json::to_string(&hashes).unwrap_or_default().into()
}

/// The newest events of a group, as `[[count, release, environment, browser, os, country, page, user, facts], …]`; or what
/// they did to visits.
#[derive(Clone, Debug, Deserialize)]
pub struct SeenRow {
    /// 1: of the issue itself; 0: of other issues; above: what `effect_rows!` says.
    pub own: u32,
    /// JSON, or what is compared.
    pub events: String,
}

macro_rules! events_of {
    ($group:literal, $limit:literal) => {
        concat!(
            "(SELECT json_group_array(json_array(count, release, environment, browser, os, country, page,
                lower(hex(user_hash)), facts)) FROM (
                SELECT * FROM event WHERE event.project_id = ?1 AND event.group_hash = ",
            $group,
            " ORDER BY claimed_ms DESC, event_id DESC LIMIT ",
            $limit,
            "))"
        )
    };
}

/// Groups of other issues that a baseline looks at.
pub const OTHER_GROUPS: u32 = 25;

/// The newest `each` events of groups of the issue, and the newest `others` of groups of other issues, those that were seen
/// last; and what the issue did to visits since a time, as [`compared`](crate::page_views::visits::compared) reads it. Primary key
/// of `event`; `issue_by_last_hour`, `event_group_by_issue`.
pub fn seen(
    (project_id, number): (u32, u32),
    groups: &[GroupRecord],
    each: u32,
    others: u32,
    since_ms: i64,
) -> Statement {
    Statement::new(
        concat!(
            "WITH ",
            effect_parts!("SELECT unhex(value) AS hash FROM json_each(?3)", "?7"),
            " SELECT 1 AS own, ",
            events_of!("unhex(g.value)", "?4"),
            " AS events FROM json_each(?3) g
            UNION ALL
            SELECT 0 AS own, ",
            events_of!("others.hash", "?5"),
            " AS events FROM (
                SELECT s.hash FROM (SELECT number FROM issue WHERE project_id = ?1 AND status = 0
                    ORDER BY last_hour DESC, number DESC LIMIT 21) recently
                CROSS JOIN event_group s INDEXED BY event_group_by_issue ON s.project_id = ?1 AND s.number = recently.number
                WHERE recently.number <> ?2 LIMIT ?6) others
            UNION ALL ",
            effect_rows!("?7")
        ),
        [
            project_id.into(),
            number.into(),
            hashes(groups),
            each.into(),
            others.into(),
            OTHER_GROUPS.into(),
            since_ms.into(),
        ],
    )
}
