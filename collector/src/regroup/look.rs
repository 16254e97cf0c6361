//! The first walk: every group of the project is fingerprinted anew from a body that is kept of it.

use serde::Deserialize;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::fingerprint::{hex, v1_by};
use trapline_core::title::title;

use super::Regroup;
use crate::plan::{bytes_of_hex, event_of_bytes};
use crate::sql::{Arg, Statement};

/// Groups of one step, as far as an invocation of the free plan has time for: 10 ms.
const GROUPS: u32 = 25;

/// Compressed bytes after which a step looks at no further body.
const BYTES: u32 = 200_000;

/// A group that is looked at.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Looked {
    /// 32 hexadecimal digits.
    pub(super) hash: String,
    /// A kept body in hexadecimal digits; `None` if there is none.
    bytes: Option<String>,
}

/// Group, fingerprint, that of the version before, label, and the title's four parts.
type Found = (String, String, String, String, String, String, String, String);

/// The next groups with one of their bodies each. Primary keys of `event_group` and `body`.
pub(super) fn next(project_id: u32, after: &str) -> Statement {
    Statement::new(
        "WITH ahead AS MATERIALIZED (
            SELECT hash, kept FROM event_group WHERE project_id = ?1 AND hash > ?2 ORDER BY hash LIMIT ?3),
        held AS MATERIALIZED (
            SELECT ahead.hash, (SELECT b.slot FROM json_each('[' || rtrim(ahead.kept, ',') || ']') j
                CROSS JOIN body b ON b.slot = j.value AND b.project_id = ?1 AND b.group_hash = ahead.hash LIMIT 1) AS slot
            FROM ahead),
        sized AS MATERIALIZED (
            SELECT held.hash, held.slot, sum(coalesce(length(b.bytes), 0)) OVER (ORDER BY held.hash)
                - coalesce(length(b.bytes), 0) AS before FROM held LEFT JOIN body b ON b.slot = held.slot)
        SELECT lower(hex(sized.hash)) AS hash, hex(b.bytes) AS bytes FROM sized LEFT JOIN body b ON b.slot = sized.slot
        WHERE sized.before < ?4 ORDER BY sized.hash",
        [project_id.into(), Arg::Blob(bytes_of_hex(after)), GROUPS.into(), BYTES.into()],
    )
}

/// Keeps what a step has found, unless another one was faster. Primary keys of `regroup`, `regroup_part`.
pub(super) fn keep(around: &Regroup, rows: &[Looked], rules: &Rules) -> [Statement; 2] {
    let found: Vec<Found> = rows.iter().filter_map(|row| found(row, rules)).collect();
    let place = rows.last().map(|row| row.hash.as_str()).unwrap_or_default();
    let looked = serde_json::to_string(&found).unwrap_or_default();
    let (count, bodiless) = (count(rows.len()), count(rows.len() - found.len()));
    let id = || -> Arg { around.project_id.into() };
    let before = || Arg::Blob(bytes_of_hex(&around.place));
    [
        Statement::new(
            "INSERT INTO regroup_part (project_id, part, looked)
             SELECT project_id, parts, ?3 FROM regroup WHERE project_id = ?1 AND state = 0 AND place = ?2
             ON CONFLICT DO NOTHING",
            [id(), before(), looked.into()],
        ),
        Statement::new(
            "UPDATE regroup SET place = ?3, parts = parts + 1, groups = groups + ?4, bodiless = bodiless + ?5
             WHERE project_id = ?1 AND state = 0 AND place = ?2",
            [id(), before(), Arg::Blob(bytes_of_hex(place)), count.into(), bodiless.into()],
        ),
    ]
}

fn found(row: &Looked, rules: &Rules) -> Option<Found> {
    let event = event_of_bytes(&bytes_of_hex(row.bytes.as_deref()?))?;
    let print = v1_by(&event, rules);
    let title = title(&event);
    Some((
        row.hash.clone(),
        hex(&print.hash),
        hex(&print.earlier),
        print.label,
        title.kind,
        title.value,
        title.function,
        title.place,
    ))
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
