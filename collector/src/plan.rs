//! What one event writes: a pure list of statements, for one D1 batch, which is one transaction.
//!
//! The event's row is inserted `ON CONFLICT DO NOTHING` with this try's nonce; every later statement acts only if a
//! row with that nonce stands there. So the same envelope twice, and a retry after an answer that was lost, write
//! nothing more. Rows written, indexes included: 2 for a known group (event, group), plus 1 for a new user, 2 to 3 for
//! a body that is kept, and once an hour 1 for the group's last hour and 2 for the issue.

mod columns;
mod counted;
mod new_group;

use serde::Deserialize;
use trapline_core::event::Event;
use trapline_core::fingerprint::{self, Fingerprint, Hash};

use crate::sql::Statement;

pub use columns::{bytes_of_hex, level_of, short_hash};

/// Bodies that a group keeps: the first, and a ring of newer ones.
pub const SLOTS: i64 = 32;

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// What the plan needs beside the event.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    /// The project that the key names.
    pub project_id: u32,
    /// Fresh on every try, below 2^53.
    pub nonce: i64,
    /// Stands for a visitor without a user; `None` if nothing is known of the sender.
    pub visitor: Option<[u8; 8]>,
}

/// An event with all that is derived from it, ready to be planned again with another nonce.
#[derive(Clone, Debug)]
pub struct Digested {
    event: Event,
    group: Hash,
    fingerprint: Fingerprint,
}

impl Digested {
    /// The event's ID, 32 hexadecimal digits.
    pub fn event_id(&self) -> &str {
        &self.event.event_id
    }

    /// Its raw fingerprint.
    pub fn group(&self) -> Hash {
        self.group
    }
}

/// Computes the fingerprints of an event.
pub fn digest(project_id: u32, event: Event) -> Digested {
    let group = fingerprint::raw(project_id, &event);
    let fingerprint = fingerprint::v0(&event);
    Digested { event, group, fingerprint }
}

/// What a group's row says after an event was counted. The row of the plan's [`counted_at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Kept {
    /// Events of the group that are no repeats.
    pub stored: u32,
    /// The number of events at which the next body is kept in any case.
    pub next_body: u32,
    /// When the last kept event happened.
    pub body_ms: i64,
}

/// The statements of an event whose group may be new.
pub fn plan(digested: &Digested, commit: Commit) -> Vec<Statement> {
    let mut statements = new_group::new_group(digested, commit);
    let has_body = digested.event.repeat_of.is_none();
    let body = has_body.then(|| counted::body_row(digested, commit));
    statements.extend(counted_statements(digested, commit, body));
    statements
}

/// The statements of an event whose group was seen before. If it was deleted since, they do nothing.
pub fn plan_known(digested: &Digested, commit: Commit, kept: Kept) -> Vec<Statement> {
    let is_due = digested.event.repeat_of.is_none() && may_be_due(kept, digested.event.at_ms());
    let body = is_due.then(|| counted::body_row(digested, commit));
    counted_statements(digested, commit, body)
}

/// Index of the statement that gives back [`Kept`], if it counted the event.
pub fn counted_at(statements: usize) -> usize {
    statements.saturating_sub(2)
}

fn counted_statements(
    digested: &Digested,
    commit: Commit,
    body: Option<Statement>,
) -> Vec<Statement> {
    let bodies = u32::from(body.is_some());
    let mut statements = vec![counted::event_row(digested, commit)];
    statements.extend(counted::user_row(digested, commit));
    // Before the counters move on to the new hour, and past the body that is due.
    statements.push(counted::group_hour(digested, commit));
    statements.extend(body);
    statements.push(counted::group_counters(digested, commit, bodies));
    statements.push(counted::issue_state(digested, commit));
    statements
}

/// Whether the database may find a body due, as far as an isolate can know: others count the same group. Compressing
/// and sending a body that is not kept would cost more than all else. The same rule as `body_is_due` in `counted`.
fn may_be_due(kept: Kept, at_ms: i64) -> bool {
    kept.stored < 8 || kept.stored + 1 >= kept.next_body || at_ms >= kept.body_ms + 600_000
}

/// Number of the first of a group's slots in `body`: 47 bits of its hash, times 32, is below 2^52. Two groups that
/// fall on the same slots overwrite each other's bodies, never counts; readers compare the group.
pub fn first_slot(group: &Hash) -> i64 {
    let bits = group.iter().take(6).fold(0_i64, |bits, byte| (bits << 8) | i64::from(*byte));
    (bits >> 1) * SLOTS
}

#[cfg(test)]
mod tests;
