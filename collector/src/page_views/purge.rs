//! What is too old: views as they came after three days, sums when events go.

use super::{DAY_MS, RAW_DAYS};
use crate::plan::HOUR_MS;
use crate::purge::Keep;
use crate::sql::Statement;

/// Rows of each table that one step deletes at most.
const ROWS: u32 = 2_000;

/// One step. Primary keys; a view that was not added up stays.
pub fn step(kept: &[Keep], now_ms: i64) -> [Statement; 4] {
    let today = now_ms / DAY_MS;
    let projects: Vec<_> = kept
        .iter()
        .map(|keep| (keep.project_id, today - i64::from(keep.days), raw_from_hour(*keep, now_ms)))
        .collect();
    let projects = serde_json::to_string(&projects).unwrap_or_default();
    let statement = |sql| Statement::new(sql, [projects.as_str().into(), ROWS.into()]);
    [
        statement(
            "DELETE FROM page_view_chunk WHERE (project_id, hour, slot, seq) IN (
                SELECT c.project_id, c.hour, c.slot, c.seq FROM json_each(?1) k
                JOIN page_view_fold f ON f.project_id = k.value ->> 0
                CROSS JOIN page_view_chunk c ON c.project_id = k.value ->> 0 AND c.hour < k.value ->> 2
                WHERE c.generation <= f.folded LIMIT ?2)",
        ),
        statement(
            "DELETE FROM page_view_stat WHERE rowid IN (
                SELECT s.rowid FROM json_each(?1) k CROSS JOIN json_each('[0,1,2,3]') n
                CROSS JOIN page_view_stat s ON s.project_id = k.value ->> 0 AND s.kind = n.value AND s.day < k.value ->> 1
                LIMIT ?2)",
        ),
        statement(
            "DELETE FROM session_stat WHERE (project_id, hour, release, environment) IN (
                SELECT s.project_id, s.hour, s.release, s.environment FROM json_each(?1) k
                CROSS JOIN session_stat s ON s.project_id = k.value ->> 0 AND s.hour < 24 * (k.value ->> 1) LIMIT ?2)",
        ),
        statement(
            "DELETE FROM feedback WHERE (project_id, id) IN (
                SELECT f.project_id, f.id FROM json_each(?1) k CROSS JOIN json_each('[0,1,2]') n
                CROSS JOIN feedback f INDEXED BY feedback_by_status ON f.project_id = k.value ->> 0
                    AND f.status = n.value AND f.at_ms < 86400000 * (k.value ->> 1) LIMIT ?2)",
        ),
    ]
}

/// The first hour of which views stay as they came: where room is short and whole events go early, a day's.
fn raw_from_hour(keep: Keep, now_ms: i64) -> i64 {
    let days = if keep.body_days < keep.days { 1 } else { RAW_DAYS.min(i64::from(keep.days)) };
    (now_ms - days * DAY_MS) / HOUR_MS
}
