//! What one event writes: a pure list of statements, for one D1 batch, which is one transaction.
//!
//! The event's row is inserted `ON CONFLICT DO NOTHING` with this try's nonce; every later statement acts only if a
//! row with that nonce stands there. So the same envelope twice, and a retry after an answer that was lost, write
//! nothing more. Rows written, indexes included: 2 for a known group (event, group), plus 1 for a new user, 1 for a
//! body that is kept (2 once the ring is full), and once an hour 1 for the group's last hour and 2 for the issue. The
//! first event of an issue writes 5 more, that of a release 1.
//!
//! How many statements that takes depends on what the isolate remembers of the group ([`Hints`]): it never has to be
//! right, because each shorter plan asks the database whether it is, and counts nothing where it is not.

mod bodies;
mod columns;
mod counted;
mod facets;
mod facts;
mod guard;
mod new_group;
mod state;
mod tags;

use std::hash::{DefaultHasher, Hasher as _};

use serde::{Deserialize, Serialize};
use trapline_core::event::Event;
use trapline_core::fingerprint::rules::Rules;
use trapline_core::fingerprint::{self, Fingerprint, Hash};

use crate::sql::Statement;

pub use bodies::{event_of_bytes, slot};
pub use columns::{bytes_of_hex, level_of, owner_hash};
pub use facets::line as facet_line;

/// Bodies that a group keeps: the first, and a ring of newer ones.
pub const SLOTS: usize = 32;

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// Users that a group keeps. From there on an issue shows "1,000+".
pub const MAX_USERS: u32 = 1_000;

/// What the plan needs beside the event.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The project that the key names.
    pub project_id: u32,
    /// Fresh on every try, below 2^53.
    pub nonce: i64,
    /// The collector's clock.
    pub now_ms: i64,
    /// Who sent it.
    pub sender: Sender,
}

/// What the connection says of who sent an event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Sender {
    /// Stands for a visitor without a user; `None` if nothing is known of the sender.
    pub visitor: Option<[u8; 8]>,
    /// ISO 3166-1, two capital letters; empty if unknown.
    pub country: String,
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

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Its raw fingerprint.
    pub fn group(&self) -> Hash {
        self.group
    }

    /// Stands for the group with this event's facets: an isolate that has seen them stored need not send them again.
    pub fn facets_hash(&self, commit: &Commit) -> u64 {
        hash_of(&(self.group, facets::lines(&self.event, commit)))
    }

    /// Stands for the group with this event's user; `None` without a user.
    pub fn user_hash(&self, commit: &Commit) -> Option<u64> {
        columns::user_hash(&self.event, &commit.sender).map(|user| hash_of(&(self.group, user)))
    }

    /// The same event with its frames read with what was uploaded: it stays in its group, and has the fingerprint that
    /// these make by the project's rules.
    pub fn resolved(&self, event: Event, rules: &Rules) -> Self {
        let fingerprint = fingerprint::v1_by(&event, rules);
        Self { fingerprint, group: self.group, event }
    }

    /// Whether the event may be kept whole, as far as these hints tell.
    pub fn may_be_kept(&self, hints: &Hints) -> bool {
        let is_due = |kept| may_be_due(kept, self.event.at_ms());
        !self.is_repeat() && hints.kept.is_none_or(is_due)
    }

    /// Whether it only counts further occurrences of an event that was sent whole.
    fn is_repeat(&self) -> bool {
        self.event.repeat_of.is_some()
    }
}

fn hash_of(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Computes the fingerprints of an event, without rules of a project.
pub fn digest(project_id: u32, event: Event) -> Digested {
    digest_by(project_id, event, &Rules::default())
}

/// Computes the fingerprints of an event by the rules of its project.
pub fn digest_by(project_id: u32, event: Event, rules: &Rules) -> Digested {
    let group = fingerprint::raw_by(project_id, &event, rules);
    let fingerprint = fingerprint::v1_by(&event, rules);
    Digested { event, group, fingerprint }
}

/// What a group's row says after an event was counted: the row of the statement at [`Plan::counted_at`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Kept {
    /// Events of the group that are no repeats.
    pub stored: u32,
    /// The number of events at which the next body is kept in any case.
    pub next_body: u32,
    /// When the last kept event happened.
    pub body_ms: i64,
    /// The issue that it counts for.
    pub number: u32,
    /// Hours since 1970 of its newest hour.
    pub hour: i64,
    /// Users that it has seen.
    pub own_users: u32,
}

/// What an isolate remembers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// The group's row, if it was seen.
    pub kept: Option<Kept>,
    /// The event's release, browser and so on were stored with the group.
    pub knows_facets: bool,
    /// The event's user was stored with the group.
    pub knows_user: bool,
}

/// Statements for one batch.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In their order.
    pub statements: Vec<Statement>,
    /// Index of the statement that gives back [`Kept`], if it counted the event.
    pub counted_at: usize,
}

/// The statements of an event. With hints they may count nothing: the group may be gone, or not be as it was. Then the
/// plan without hints does what is left to do.
pub fn plan(digested: &Digested, commit: &Commit, hints: Hints) -> Plan {
    match hints.kept {
        Some(kept) if is_expected(digested, kept, hints) => expected(digested, commit, kept, hints),
        Some(kept) => {
            let is_due = may_be_due(kept, digested.event.at_ms());
            counted_plan(Vec::new(), digested, commit, is_due, hints.knows_facets)
        }
        None => counted_plan(
            new_group::new_group(digested, commit).into(),
            digested,
            commit,
            true,
            false,
        ),
    }
}

/// Positions of the events that are stored; primary key of `event`.
pub fn stored(project_id: u32, events: &[&Digested]) -> Statement {
    let keys: Vec<_> = events
        .iter()
        .map(|digested| {
            let Digested { event, group, .. } = digested;
            (fingerprint::hex(group), event.claimed_ms, &event.event_id)
        })
        .collect();
    Statement::new(
        "SELECT j.key AS position FROM json_each(?2) j CROSS JOIN event e ON e.project_id = ?1
            AND e.group_hash = unhex(j.value ->> 0) AND e.claimed_ms = j.value ->> 1
            AND e.event_id = unhex(j.value ->> 2)",
        [project_id.into(), serde_json::to_string(&keys).unwrap_or_default().into()],
    )
}

/// Whether nothing but counters should have to change.
fn is_expected(digested: &Digested, kept: Kept, hints: Hints) -> bool {
    hints.knows_facets
        && kept.hour == columns::hour_of(&digested.event)
        && (digested.is_repeat() || !may_be_due(kept, digested.event.at_ms()))
}

fn expected(digested: &Digested, commit: &Commit, kept: Kept, hints: Hints) -> Plan {
    let mut statements = vec![counted::expected_event_row(digested, commit, kept)];
    if !hints.knows_user && kept.own_users < MAX_USERS {
        statements.extend(counted::user_row(digested, commit));
    }
    statements.push(counted::group_counters(digested, commit, false));
    let counted_at = statements.len() - 1;
    Plan { statements, counted_at }
}

fn counted_plan(
    mut statements: Vec<Statement>,
    digested: &Digested,
    commit: &Commit,
    may_be_due: bool,
    knows_facets: bool,
) -> Plan {
    let has_body = may_be_due && !digested.is_repeat();
    statements.push(counted::event_row(digested, commit));
    statements.extend(counted::user_row(digested, commit));
    if !knows_facets {
        statements.extend(facets::release_row(digested, commit));
    }
    // Before the counters move on to the new hour, and past the body that is due.
    statements.push(counted::group_hour(digested, commit));
    if has_body {
        statements.extend(bodies::bodies(digested, commit));
    }
    let counted_at = statements.len();
    statements.push(counted::group_counters(digested, commit, has_body));
    statements.push(state::issue_state(digested, commit));
    Plan { statements, counted_at }
}

/// Whether the database may find a body due, as far as an isolate can know: others count the same group. Compressing
/// and sending a body that is not kept would cost more than all else. The same rule as `body_is_due` in `guard`.
fn may_be_due(kept: Kept, at_ms: i64) -> bool {
    kept.stored < 4 || kept.stored + 1 >= kept.next_body || at_ms >= kept.body_ms + HOUR_MS
}

#[cfg(test)]
mod tests;
