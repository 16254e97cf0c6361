//! What a project has been seen with lately: what people choose from, and what is suggested where they type.

use serde::Deserialize;

use crate::sql::Statement;

/// One value.
#[derive(Clone, Debug, Deserialize)]
pub struct KnownRow {
    /// A release, or a line as groups have it: `environment=production`.
    pub value: String,
}

/// The 50 newest releases whose name holds a text, of the newest 500; `release_by_time`.
pub fn releases(project_id: u32, part: &str) -> Statement {
    Statement::new(
        "SELECT version AS value FROM (SELECT version, first_seen_ms FROM release INDEXED BY release_by_time
            WHERE project_id = ?1 ORDER BY first_seen_ms DESC LIMIT ?3)
         WHERE instr(lower(version), ?2) > 0 ORDER BY first_seen_ms DESC LIMIT 50",
        [
            project_id.into(),
            part.to_ascii_lowercase().into(),
            if part.is_empty() { 50_u32 } else { 500 }.into(),
        ],
    )
}

/// Lines that begin with `start` and hold `part` behind it, the most frequent first, of the groups of the 100 open issues that
/// were seen last, at most 200; `issue_by_last_hour`, `event_group_by_issue`.
pub fn lines(project_id: u32, start: &str, part: &str) -> Statement {
    Statement::new(
        "WITH newest AS MATERIALIZED (SELECT number FROM issue INDEXED BY issue_by_last_hour
            WHERE project_id = ?1 AND status = 0 ORDER BY last_hour DESC, number DESC LIMIT 100),
        found AS MATERIALIZED (SELECT g.facets || g.tags AS facts FROM newest
            CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = newest.number
            WHERE instr(lower(g.facets || g.tags), char(10) || ?2) > 0 LIMIT 200)
        SELECT j.value FROM found CROSS JOIN json_each('[' || replace(json_quote(
            replace(trim(found.facts, char(10)), '\\', '/')), '\\n', '\",\"') || ']') j
        WHERE substr(lower(j.value), 1, length(?2)) = ?2 AND instr(lower(substr(j.value, length(?2) + 1)), ?3) > 0
        GROUP BY j.value ORDER BY count(*) DESC, j.value LIMIT 50",
        [
            project_id.into(),
            start.to_ascii_lowercase().into(),
            part.to_ascii_lowercase().into(),
        ],
    )
}
