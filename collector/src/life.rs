//! What a developer does with issues: resolve, ignore, reopen, merge, split, delete. Pure: the statements of one D1 batch
//! each, which do nothing the second time, so that they can be tried again.
//!
//! Merging and splitting only re-point groups: an issue's counts are the sums of its groups, and stay exact without any
//! event. Users are counted anew, because two groups of one issue may have seen the same ones.

mod delete;
mod merge;
mod repoint;

use crate::sql::Statement;

pub use delete::{Deleting, STEP_ROWS, begin_delete, delete_rows, finish_delete, next_deleting};
pub use merge::{merge, part, split};
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

/// Sets the status of an issue that lives; primary key of `issue`, `event_group_by_issue`.
pub fn decide(project_id: u32, number: u32, decision: &Decision, now_ms: i64) -> Vec<Statement> {
    let (status, until) = match decision {
        Decision::Reopen => (0_u32, Until::default()),
        Decision::Resolve | Decision::ResolveIn { .. } => (1, Until::default()),
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
    let args = [
        project_id.into(),
        number.into(),
        status.into(),
        now_ms.into(),
        release.into(),
        until.at_ms.unwrap_or(0).into(),
        until.events.unwrap_or(0).into(),
        until.users.unwrap_or(0).into(),
    ];
    statements.push(Statement::new(DECIDE, args));
    statements
}

const NOTE_RELEASE: &str = "
    INSERT INTO release (project_id, version, package, sort_key, first_seen_ms)
    VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";

/// Numbers of further events and users count from those that there are; a second try with the same time changes nothing.
const DECIDE: &str = "
    UPDATE issue SET status = ?3, status_ms = ?4, resolved_release = ?5, ignore_until_ms = ?6,
        ignore_events = CASE WHEN ?7 = 0 THEN 0 ELSE ?7 + (SELECT coalesce(sum(events), 0)
            FROM event_group g INDEXED BY event_group_by_issue WHERE g.project_id = ?1 AND g.number = ?2) END,
        ignore_users = CASE WHEN ?8 = 0 THEN 0 ELSE ?8 + (SELECT coalesce(sum(users), 0)
            FROM event_group g INDEXED BY event_group_by_issue WHERE g.project_id = ?1 AND g.number = ?2) END
    WHERE project_id = ?1 AND number = ?2 AND status < 3 AND NOT (status = ?3 AND status_ms = ?4)";

#[cfg(test)]
mod tests;
