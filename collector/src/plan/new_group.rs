//! Number, issue, fingerprint and group of an event that says something new.
//!
//! Each statement does nothing where the group is known, so that two first events at once make one group.

use trapline_core::title::title;

use super::columns::{hour_of, level_number};
use super::{Commit, Digested};
use crate::sql::{Arg, Statement};

/// Makes what is missing, in this order.
pub(super) fn new_group(digested: &Digested, commit: Commit) -> Vec<Statement> {
    let Digested { event, group, fingerprint, .. } = digested;
    let (project, group): (Arg, Arg) = (commit.project_id.into(), group.as_slice().into());
    let print: Arg = fingerprint.hash.as_slice().into();
    let title = title(event);
    vec![
        Statement::new(NEXT_NUMBER, [project.clone(), group.clone(), print.clone()]),
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
            ],
        ),
        Statement::new(NEW_FINGERPRINT, [project.clone(), group.clone(), print.clone()]),
        Statement::new(
            NEW_GROUP,
            [
                project,
                group,
                print,
                fingerprint.label.as_str().into(),
                event.at_ms().into(),
                hour_of(event).into(),
            ],
        ),
    ]
}

/// A number for the issue that will be made, only if neither the group nor the fingerprint is known.
const NEXT_NUMBER: &str = "
    UPDATE project SET last_issue = last_issue + 1 WHERE id = ?1
    AND NOT EXISTS (SELECT 1 FROM event_group WHERE project_id = ?1 AND hash = ?2)
    AND NOT EXISTS (SELECT 1 FROM issue_fingerprint WHERE project_id = ?1 AND hash = ?3)";

const NEW_ISSUE: &str = "
    INSERT INTO issue
        (project_id, number, kind, value, function, place, level, handled, first_release, last_hour)
    SELECT ?1, last_issue, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11 FROM project WHERE id = ?1
    AND NOT EXISTS (SELECT 1 FROM event_group WHERE project_id = ?1 AND hash = ?2)
    AND NOT EXISTS (SELECT 1 FROM issue_fingerprint WHERE project_id = ?1 AND hash = ?3)";

const NEW_FINGERPRINT: &str = "
    INSERT INTO issue_fingerprint (project_id, hash, number)
    SELECT ?1, ?3, last_issue FROM project WHERE id = ?1
    AND NOT EXISTS (SELECT 1 FROM event_group WHERE project_id = ?1 AND hash = ?2)
    ON CONFLICT DO NOTHING";

const NEW_GROUP: &str = "
    INSERT INTO event_group
        (project_id, hash, number, label, events, stored, users, hour, hour_events, bodies, next_body,
        body_ms, first_seen_ms, last_seen_ms, last_release)
    SELECT ?1, ?2, number, ?4, 0, 0, 0, ?6, 0, 0, 0, 0, ?5, ?5, '' FROM issue_fingerprint
    WHERE project_id = ?1 AND hash = ?3
    ON CONFLICT DO NOTHING";
