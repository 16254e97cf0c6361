//! What a developer does with issues: resolve, ignore, reopen, merge, split, delete. Pure: the statements of one D1 batch
//! each, which do nothing the second time, so that they can be tried again.
//!
//! Merging and splitting only re-point groups: an issue's counts are the sums of its groups, and stay exact without any
//! event. Users are counted anew, because two groups of one issue may have seen the same ones.

mod delete;
mod merge;
mod repoint;

use crate::activity::Note;
use crate::read::newest_release;
use crate::sql::{Arg, Statement};

pub use delete::{
    Deleting, STEP_ROWS, begin_delete, begin_delete_all, delete_rows, finish_delete, next_deleting,
};
pub use merge::{merge, merge_noted, part, part_noted, split, split_noted};
pub use repoint::{Resolved, repoint};

/// What an issue is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Open again.
    Reopen,
    /// Over. Seen again, it is a regression.
    Resolve,
    /// Over in this release: only a later one regresses.
    ResolveIn {
        /// As events name it.
        release: String,
    },
    /// Over in what comes after the newest release of now, of the package of its newest event.
    ResolveInNext,
    /// Not to be shown.
    Ignore(Until),
}

/// How long an issue is ignored. Whatever comes first; forever if nothing is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Until {
    /// This time.
    pub at_ms: Option<i64>,
    /// This number of further events.
    pub events: Option<u32>,
    /// This number of further users.
    pub users: Option<u32>,
}

/// Sets the status of an issue that lives; as [`decide_all`].
pub fn decide(project_id: u32, number: u32, decision: &Decision, now_ms: i64) -> Vec<Statement> {
    decide_all(project_id, &[number], decision, now_ms, None)
}

/// Sets the status of those issues of a list that live, and notes it where that changes something; primary key of `issue`,
/// `event_group_by_issue`; "in the next release", primary key of `release` for each release of its package.
pub fn decide_all(
    project_id: u32,
    numbers: &[u32],
    decision: &Decision,
    now_ms: i64,
    note: Option<&Note>,
) -> Vec<Statement> {
    let (status, until) = match decision {
        Decision::Reopen => (0_u32, Until::default()),
        Decision::Resolve | Decision::ResolveIn { .. } | Decision::ResolveInNext => {
            (1, Until::default())
        }
        Decision::Ignore(until) => (2, *until),
    };
    let release = match decision {
        Decision::ResolveIn { release } => release.as_str(),
        _ => "",
    };
    let mut statements = Vec::new();
    if !release.is_empty() {
        // Its order among others is known from its events, if it had any since releases are noted.
        let version = trapline_core::release::version(release);
        let args = [
            project_id.into(),
            release.into(),
            version.package.into(),
            version.sort_key.into(),
            now_ms.into(),
        ];
        statements.push(Statement::new(NOTE_RELEASE, args));
    }
    let mut args: Vec<Arg> = vec![
        project_id.into(),
        serde_json::to_string(numbers).unwrap_or_default().into(),
        status.into(),
        now_ms.into(),
        release.into(),
        until.at_ms.unwrap_or(0).into(),
        until.events.unwrap_or(0).into(),
        until.users.unwrap_or(0).into(),
        (*decision == Decision::ResolveInNext).into(),
    ];
    let decided = Statement { sql: DECIDE, args: args.clone() };
    if let Some(note) = note {
        args.extend(note.args());
        statements.push(Statement { sql: NOTE_DECISION, args });
    }
    statements.push(decided);
    statements
}

const NOTE_RELEASE: &str = "
    INSERT INTO release (project_id, version, package, sort_key, first_seen_ms)
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

/// Whether the decision makes another issue of it; a second try with the same time does not.
macro_rules! changes {
    () => {
        "issue.status < 3 AND NOT (issue.status = ?3 AND issue.status_ms = ?4)
         AND (issue.status <> ?3 OR issue.resolved_release <> ?5 OR issue.resolved_next <> ?9 OR ?6 + ?7 + ?8 > 0
            OR issue.ignore_until_ms + issue.ignore_events + issue.ignore_users > 0)"
    };
}

/// Numbers of further events and users count from those that there are.
const DECIDE: &str = concat!(
    "UPDATE issue SET status = ?3, status_ms = ?4, resolved_next = ?9,
        resolved_release = CASE WHEN ?9 = 1 THEN coalesce((",
    newest_release!("issue.number"),
    "), '') ELSE ?5 END, ignore_until_ms = ?6,
        ignore_events = CASE WHEN ?7 = 0 THEN 0 ELSE ?7 + (SELECT coalesce(sum(events), 0)
            FROM event_group g INDEXED BY event_group_by_issue WHERE g.project_id = ?1 AND g.number = issue.number) END,
        ignore_users = CASE WHEN ?8 = 0 THEN 0 ELSE ?8 + (SELECT coalesce(sum(users), 0)
            FROM event_group g INDEXED BY event_group_by_issue WHERE g.project_id = ?1 AND g.number = issue.number) END
    WHERE project_id = ?1 AND number IN (SELECT value FROM json_each(?2)) AND ",
    changes!()
);

/// What it was before stands beside it, so that it can be undone.
const NOTE_DECISION: &str = concat!(
    "INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
    SELECT ?1, issue.number, ?10, ?11, ?12, ?13, ?14, json_patch(?15, json_object(
        'release', CASE WHEN ?9 = 1 THEN (",
    newest_release!("issue.number"),
    ") ELSE nullif(?5, '') END,
        'before', json_object('status', status, 'status_ms', status_ms, 'release', resolved_release, 'next', resolved_next,
        'until', ignore_until_ms, 'events', ignore_events, 'users', ignore_users)))
    FROM json_each(?2) j CROSS JOIN issue ON issue.project_id = ?1 AND issue.number = j.value WHERE ",
    changes!(),
    " ON CONFLICT DO NOTHING"
);

#[cfg(test)]
mod tests;
