//! Issue, fingerprint and group of an event that says something new.
//!
//! Each statement does nothing where the group is known, so that two first events at once make one group. A new issue's
//! number is one more than the greatest: issues that were deleted leave their row, so none is given out twice.

use trapline_core::fingerprint::VERSION;
use trapline_core::title::title;

use super::columns::{hour_of, level_number};
use super::{Commit, Digested};
use crate::sql::{Arg, Statement};
use crate::symbolicate::resolve::wanted;

/// Makes what is missing, in this order.
pub(super) fn new_group(digested: &Digested, commit: &Commit) -> [Statement; 3] {
    let Digested { event, group, fingerprint, .. } = digested;
    let (project, group): (Arg, Arg) = (commit.project_id.into(), group.as_slice().into());
    let print: Arg = fingerprint.hash.as_slice().into();
    let earlier: Arg = fingerprint.earlier.as_slice().into();
    let title = title(event);
    let is_raw = !wanted(event).is_empty();
    [
        Statement::new(
            NEW_ISSUE,
            [
                project.clone(),
                group.clone(),
                print.clone(),
                title.kind.into(),
                title.value.into(),
                title.function.into(),
                title.place.into(),
                level_number(event.level).into(),
                event.handled().into(),
                event.release.clone().unwrap_or_default().into(),
                hour_of(event).into(),
                (!is_raw).into(),
                earlier.clone(),
                commit.now_ms.into(),
                event.environment.clone().unwrap_or_default().into(),
            ],
        ),
        Statement::new(NEW_FINGERPRINT, [project.clone(), group.clone(), print.clone(), earlier]),
        Statement::new(
            NEW_GROUP,
            [
                project,
                group,
                print,
                fingerprint.label.as_str().into(),
                event.at_ms().into(),
                hour_of(event).into(),
                is_raw.into(),
                u32::from(VERSION).into(),
                fingerprint.rules.as_str().into(),
            ],
        ),
    ]
}

/// Status 4 and 5: a deleted issue's fingerprint makes a new one. What the version before made of the event (`?13`) has an issue
/// that goes on.
const NEW_ISSUE: &str = "
    INSERT INTO issue
        (project_id, number, kind, value, function, place, level, handled, first_release, last_hour,
        is_resolved_fingerprint, news_ms, news_environment)
    SELECT ?1, 1 + coalesce((SELECT max(number) FROM issue WHERE project_id = ?1), 0),
        ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?14, ?15
    WHERE NOT EXISTS (SELECT 1 FROM event_group WHERE project_id = ?1 AND hash = ?2)
    AND NOT EXISTS (SELECT 1 FROM issue_fingerprint f JOIN issue i ON i.project_id = ?1
        AND i.number = f.number AND i.status < 4 WHERE f.project_id = ?1 AND f.hash IN (?3, ?13))";

/// Points at the issue of the version before, else at the one that was just made, unless the fingerprint had one that lives.
const NEW_FINGERPRINT: &str = "
    INSERT INTO issue_fingerprint (project_id, hash, number)
    SELECT ?1, ?3, coalesce(
        (SELECT i.number FROM issue_fingerprint f JOIN issue i ON i.project_id = ?1
            AND i.number = f.number AND i.status < 4 WHERE f.project_id = ?1 AND f.hash = ?4),
        (SELECT max(number) FROM issue WHERE project_id = ?1))
    WHERE NOT EXISTS (SELECT 1 FROM event_group WHERE project_id = ?1 AND hash = ?2)
    ON CONFLICT DO UPDATE SET number = excluded.number
    WHERE EXISTS (SELECT 1 FROM issue i WHERE i.project_id = ?1
        AND i.number = issue_fingerprint.number AND i.status >= 4)";

/// A merged issue's groups count for the one that it was merged into.
const NEW_GROUP: &str = "
    INSERT INTO event_group
        (project_id, hash, number, home, label, events, stored, users, hour, hour_events, bodies,
        next_body, body_ms, first_seen_ms, last_seen_ms, last_release, raw_frames, version, rules)
    SELECT ?1, ?2, CASE WHEN i.merged_into > 0 THEN i.merged_into ELSE i.number END, i.number, ?4,
        0, 0, 0, ?6, 0, 0, 0, 0, ?5, ?5, '', ?7, ?8, ?9
    FROM issue_fingerprint f JOIN issue i ON i.project_id = ?1 AND i.number = f.number
    WHERE f.project_id = ?1 AND f.hash = ?3
    ON CONFLICT DO NOTHING";
