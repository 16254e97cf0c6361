//! A group's frames have been resolved after its events were stored: it counts for the issue that they make.

use trapline_core::fingerprint::{Fingerprint, VERSION};
use trapline_core::title::Title;

use super::merge::{last_hours, users_after_parting};
use crate::sql::{Arg, Statement};

/// What a group is known as now.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// Of its resolved frames.
    pub fingerprint: Fingerprint,
    /// Of its resolved frames.
    pub title: Title,
    /// Some frames are still as the engine said them.
    pub is_partial: bool,
}

/// Re-points a group that counts for issue `number`. If its fingerprint is new, the issue that its raw frames made is known by
/// that from now on: number, status, history and links stay. Only where another of its groups has taken it already, there is a
/// new issue. An issue that loses its last group leads to where that went. Does nothing the second time. Primary keys of
/// `event_group`, `issue`, `issue_fingerprint`, `group_user`; `event_group_by_issue`.
pub fn repoint(
    project_id: u32,
    group: &[u8],
    number: u32,
    resolved: &Resolved,
    now_ms: i64,
) -> Vec<Statement> {
    let Resolved { fingerprint, title, is_partial } = resolved;
    let key = || -> Vec<Arg> {
        vec![project_id.into(), group.into(), fingerprint.hash.as_slice().into()]
    };
    let titled = |sql| {
        let mut args = key();
        let title = title.clone();
        args.extend([title.kind, title.value, title.function, title.place].map(Arg::from));
        Statement { sql, args }
    };
    let mut moved = key();
    moved.extend([
        fingerprint.label.as_str().into(),
        (*is_partial).into(),
        u32::from(VERSION).into(),
        fingerprint.rules.as_str().into(),
    ]);
    let mut earlier = key();
    earlier.push(fingerprint.earlier.as_slice().into());
    let groups =
        serde_json::to_string(&[trapline_core::fingerprint::hex(group)]).unwrap_or_default();
    let closed: Vec<Arg> = vec![project_id.into(), group.into(), number.into(), now_ms.into()];
    vec![
        Statement { sql: FIND_EARLIER, args: earlier },
        titled(NEW_ISSUE),
        Statement { sql: NEW_FINGERPRINT, args: key() },
        titled(TAKE_ISSUE_ALONG),
        Statement { sql: MOVE, args: moved },
        Statement { sql: CLOSE_EMPTY, args: closed },
        users_after_parting(project_id, number, &groups),
        last_hours(project_id, number, &groups),
    ]
}

/// `home`: the issue that the group's own frames made.
macro_rules! home {
    () => {
        "event_group g JOIN issue h ON h.project_id = ?1 AND h.number = CASE WHEN g.home = 0 THEN g.number ELSE g.home END
            WHERE g.project_id = ?1 AND g.hash = ?2"
    };
}

/// A fingerprint has an issue that lives.
macro_rules! is_known {
    () => {
        "EXISTS (SELECT 1 FROM issue_fingerprint f JOIN issue i ON i.project_id = ?1 AND i.number = f.number
            AND i.status < 4 WHERE f.project_id = ?1 AND f.hash = ?3)"
    };
}

/// An issue that the version before made of the same frames is known by the new fingerprint too.
const FIND_EARLIER: &str = concat!(
    "INSERT INTO issue_fingerprint (project_id, hash, number)
    SELECT ?1, ?3, e.number FROM issue_fingerprint e JOIN issue n ON n.project_id = ?1 AND n.number = e.number AND n.status < 4
    WHERE e.project_id = ?1 AND e.hash = ?4 AND EXISTS (SELECT 1 FROM event_group WHERE project_id = ?1 AND hash = ?2)
    AND NOT ",
    is_known!(),
    " ON CONFLICT DO UPDATE SET number = excluded.number"
);

const NEW_ISSUE: &str = concat!(
    "INSERT INTO issue (project_id, number, kind, value, function, place, level, handled, first_release, last_hour,
        is_resolved_fingerprint)
    SELECT ?1, 1 + (SELECT max(number) FROM issue WHERE project_id = ?1), ?4, ?5, ?6, ?7, h.level, h.handled,
        h.first_release, g.hour, 1 FROM ",
    home!(),
    " AND (h.is_resolved_fingerprint = 1 OR h.status >= 4) AND NOT ",
    is_known!()
);

/// Of the issue that was just made, or of the one that is taken along.
const NEW_FINGERPRINT: &str = concat!(
    "INSERT INTO issue_fingerprint (project_id, hash, number)
    SELECT ?1, ?3, CASE WHEN h.is_resolved_fingerprint = 1 OR h.status >= 4
        THEN (SELECT max(number) FROM issue WHERE project_id = ?1) ELSE h.number END FROM ",
    home!(),
    " AND NOT ",
    is_known!(),
    " ON CONFLICT DO UPDATE SET number = excluded.number"
);

const TAKE_ISSUE_ALONG: &str = concat!(
    "UPDATE issue SET kind = ?4, value = ?5, function = ?6, place = ?7, is_resolved_fingerprint = 1
    WHERE project_id = ?1 AND is_resolved_fingerprint = 0
    AND number = (SELECT number FROM issue_fingerprint WHERE project_id = ?1 AND hash = ?3)
    AND number = (SELECT h.number FROM ",
    home!(),
    ")"
);

/// A merged issue's groups count for the one that it was merged into.
const MOVE: &str = "
    UPDATE event_group SET (number, home) = (
        SELECT CASE WHEN i.merged_into > 0 THEN i.merged_into ELSE i.number END, i.number
        FROM issue_fingerprint f JOIN issue i ON i.project_id = ?1 AND i.number = f.number
        WHERE f.project_id = ?1 AND f.hash = ?3), label = ?4, raw_frames = ?5, version = ?6, rules = ?7
    WHERE project_id = ?1 AND hash = ?2 AND EXISTS (
        SELECT 1 FROM issue_fingerprint f JOIN issue i ON i.project_id = ?1 AND i.number = f.number AND i.status < 4
        WHERE f.project_id = ?1 AND f.hash = ?3)";

const CLOSE_EMPTY: &str = "
    UPDATE issue SET status = 3, status_ms = ?4, merged_into = (
        SELECT number FROM event_group WHERE project_id = ?1 AND hash = ?2)
    WHERE project_id = ?1 AND number = ?3 AND status < 3
    AND NOT EXISTS (SELECT 1 FROM event_group g INDEXED BY event_group_by_issue
        WHERE g.project_id = ?1 AND g.number = ?3)
    AND EXISTS (SELECT 1 FROM event_group WHERE project_id = ?1 AND hash = ?2)";
