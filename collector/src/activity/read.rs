//! An issue's activity, newest first: its own, and that of issues which were merged into it.

use serde::Deserialize;
use serde_json::Value;
use trapline_core::json;

use super::Key;
use crate::sql::Statement;

/// Rows of one page.
pub const PAGE: usize = 30;

/// One thing that happened.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Row {
    /// Its name.
    #[serde(flatten)]
    pub key: Key,
    /// Number of the issue to which it happened: another one's after a merge.
    pub number: u32,
    /// 0: a program, or the collector itself.
    pub person_id: u32,
    /// Empty: the collector itself.
    pub person: String,
    /// [`Kind`](super::Kind) by its name.
    pub kind: String,
    /// By the kind.
    #[serde(default)]
    pub detail: Value,
    /// 1 while it can be undone: what it changed has not changed since.
    pub is_last: u32,
}

/// Whether `a` is the last that changed what it changed, of issue `issue`.
macro_rules! is_last {
    () => {
        "CASE a.kind
            WHEN 'resolved' THEN issue.status = 1 AND issue.status_ms = a.at_ms
            WHEN 'ignored' THEN issue.status = 2 AND issue.status_ms = a.at_ms
            WHEN 'reopened' THEN issue.status = 0 AND issue.status_ms = a.at_ms
            WHEN 'assigned' THEN issue.assignee = a.detail ->> '$.to' AND NOT EXISTS (SELECT 1 FROM activity later
                WHERE later.project_id = a.project_id AND later.number = a.number AND later.kind = 'assigned'
                AND (later.at_ms, later.id) > (a.at_ms, a.id))
            WHEN 'linked' THEN issue.link = a.detail ->> '$.url' AND NOT EXISTS (SELECT 1 FROM activity later
                WHERE later.project_id = a.project_id AND later.number = a.number AND later.kind = 'linked'
                AND (later.at_ms, later.id) > (a.at_ms, a.id))
            WHEN 'merged' THEN EXISTS (SELECT 1 FROM json_each(a.detail, '$.with') w CROSS JOIN issue m
                ON m.project_id = a.project_id AND m.number = w.value AND m.status = 3 AND m.merged_into = a.number)
            ELSE 0 END"
    };
}

pub(crate) use is_last;

/// A page of activity as one JSON text, for a statement whose `?1` is the project and `$number` the issue: 31 rows of each
/// of its issues are read at most. Primary keys of `activity` and `issue`, `issue_by_merged`.
macro_rules! activity_json {
    ($number:literal, $before_ms:literal, $before_id:literal) => {
        concat!(
            "(SELECT json_group_array(json_object('at_ms', at_ms, 'id', id, 'number', number, 'person_id', person_id,
                'person', person, 'kind', kind, 'detail', CASE WHEN json_valid(detail) THEN json(detail) END,
                'is_last', is_last)) FROM (
            SELECT a.*, ",
            $crate::activity::is_last!(),
            " AS is_last FROM (SELECT ",
            $number,
            " AS number UNION ALL SELECT m.number FROM issue m INDEXED BY issue_by_merged
                WHERE m.project_id = ?1 AND m.merged_into = ",
            $number,
            " AND m.merged_into > 0) whose
            CROSS JOIN activity a ON a.project_id = ?1 AND a.number = whose.number
                AND (a.at_ms, a.id) < (",
            $before_ms,
            ", ",
            $before_id,
            ") AND a.at_ms >= coalesce((SELECT x.at_ms FROM activity x
                    WHERE x.project_id = ?1 AND x.number = whose.number AND (x.at_ms, x.id) < (",
            $before_ms,
            ", ",
            $before_id,
            ") ORDER BY x.at_ms DESC, x.id DESC LIMIT 1 OFFSET 30), 0)
            JOIN issue ON issue.project_id = ?1 AND issue.number = a.number
            ORDER BY a.at_ms DESC, a.id DESC LIMIT 31))"
        )
    };
}

pub(crate) use activity_json;

/// Reads `activity_json`.
pub fn page(json: &str) -> Vec<Row> {
    json::from_slice(json.as_bytes()).unwrap_or_default()
}

/// The page before a row, as `text`; without one, the newest.
pub fn activity(project_id: u32, number: u32, before: Option<Key>) -> Statement {
    const LATER: Key = Key { at_ms: 9_007_199_254_740_991, id: 0 };
    let Key { at_ms, id } = before.unwrap_or(LATER);
    Statement::new(
        concat!("SELECT ", activity_json!("?2", "?3", "?4"), " AS text"),
        [project_id.into(), number.into(), at_ms.into(), id.into()],
    )
}
