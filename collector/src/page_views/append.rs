//! A view as it came: appended to the row of its hour.

use trapline_core::page_view::PageView;

use super::DAY_MS;
use crate::plan::HOUR_MS;
use crate::sql::Statement;

/// Appends a view, unless the same is there. One row, two where a chunk begins; primary keys of `page_view_chunk` and
/// `page_view_fold`.
///
/// The hour is the sender's, so that the same view comes to the same place; only where its clock is days off it is ours.
pub fn append(project_id: u32, view: &PageView, now_ms: i64) -> Statement {
    let is_believable = (now_ms - view.started_ms).abs() < DAY_MS;
    let started_ms = if is_believable { view.started_ms } else { now_ms };
    let first = view.id.bytes().next().and_then(|digit| char::from(digit).to_digit(16));
    Statement::new(
        APPEND,
        [
            project_id.into(),
            (started_ms / HOUR_MS).into(),
            (first.unwrap_or(0) % SLOTS).into(),
            view.id.get(..16).unwrap_or_default().into(),
            PageView { started_ms, ..view.clone() }.line().into(),
        ],
    )
}

/// Rows that an hour's views are divided over: an ID is compared with those of one slot.
const SLOTS: u32 = 4;

const APPEND: &str = "
    INSERT INTO page_view_chunk (project_id, hour, slot, seq, generation, count, ids, views)
    SELECT ?1, ?2, ?3, coalesce((
            SELECT c.seq + (c.generation <> f.generation OR c.count >= 64 OR length(c.views) > 200000)
            FROM page_view_chunk c WHERE c.project_id = ?1 AND c.hour = ?2 AND c.slot = ?3
            ORDER BY c.seq DESC LIMIT 1), 0),
        f.generation, 1, ?4, ?5
    FROM (SELECT coalesce((SELECT generation FROM page_view_fold WHERE project_id = ?1), 1) AS generation) f
    WHERE NOT EXISTS (SELECT 1 FROM page_view_chunk d WHERE d.project_id = ?1 AND d.hour = ?2 AND d.slot = ?3
        AND instr(d.ids, ?4) > 0)
    ON CONFLICT DO UPDATE SET count = count + 1, ids = ids || ' ' || excluded.ids, views = views || ',' || excluded.views";
