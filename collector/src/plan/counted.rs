//! What every event writes. The event's row comes first; all others act only if this try inserted it.

use trapline_core::inflate::deflate;

use super::columns::{event_id, facet, hour_of, level_number, page_of, user_hash};
use super::{Commit, Digested, SLOTS, first_slot};
use crate::sql::{Arg, Statement};

/// The event itself, if its group is known: a group that was deleted meanwhile has to be made first.
pub(super) fn event_row(digested: &Digested, commit: Commit) -> Statement {
    let event = &digested.event;
    Statement::new(
        EVENT,
        [
            commit.project_id.into(),
            digested.group.as_slice().into(),
            event.claimed_ms.into(),
            event_id(event).into(),
            commit.nonce.into(),
            event.at_ms().into(),
            event.count.into(),
            event.release.clone().unwrap_or_default().into(),
            event.environment.clone().unwrap_or_default().into(),
            facet(&event.browser).into(),
            facet(&event.os).into(),
            page_of(event).into(),
            user_hash(event, commit).map(|hash| hash.to_vec()).into(),
        ],
    )
}

const EVENT: &str = "
    INSERT INTO event (project_id, group_hash, claimed_ms, event_id, commit_nonce, at_ms, count,
        release, environment, browser, os, page, user_hash)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
    FROM event_group WHERE project_id = ?1 AND hash = ?2
    ON CONFLICT DO NOTHING";

/// Whether an event at `?7` is kept whole: while the group is small, when the last kept one is ten minutes old, and
/// else when the number of events has grown by a quarter. `stored` does not count the event yet.
/// The same rule as `may_be_due` of the plan.
macro_rules! body_is_due {
    () => {
        "(stored < 8 OR stored + 1 >= next_body OR ?7 >= body_ms + 600000)"
    };
}

/// Present exactly if this try inserted the event: primary key of `event`.
macro_rules! committed {
    () => {
        "EXISTS (SELECT 1 FROM event WHERE project_id = ?1 AND group_hash = ?2 AND claimed_ms = ?3
            AND event_id = ?4 AND commit_nonce = ?5)"
    };
}

/// `?1` to `?5` of every statement that is guarded by the event's row.
fn guard(digested: &Digested, commit: Commit) -> Vec<Arg> {
    vec![
        commit.project_id.into(),
        digested.group.as_slice().into(),
        digested.event.claimed_ms.into(),
        event_id(&digested.event).into(),
        commit.nonce.into(),
    ]
}

fn guarded<const N: usize>(
    sql: &'static str,
    digested: &Digested,
    commit: Commit,
    args: [Arg; N],
) -> Statement {
    let mut all = guard(digested, commit);
    all.extend(args);
    Statement { sql, args: all }
}

/// Up to 1,000 an issue: a counter beyond that is not worth a row a visitor.
pub(super) fn user_row(digested: &Digested, commit: Commit) -> Option<Statement> {
    let user = user_hash(&digested.event, commit)?;
    Some(guarded(USER, digested, commit, [user.to_vec().into()]))
}

const USER: &str = concat!(
    "INSERT INTO issue_user (project_id, number, user_hash, commit_nonce)
    SELECT ?1, number, ?6, ?5 FROM event_group
    WHERE project_id = ?1 AND hash = ?2 AND users < 1000 AND ",
    committed!(),
    " ON CONFLICT DO NOTHING"
);

/// Adds the hour that is over to its table; of an event that comes late, the event itself.
pub(super) fn group_hour(digested: &Digested, commit: Commit) -> Statement {
    let event = &digested.event;
    guarded(HOUR, digested, commit, [hour_of(event).into(), event.count.into()])
}

const HOUR: &str = concat!(
    "INSERT INTO group_hour (project_id, group_hash, hour, events)
    SELECT ?1, ?2, min(hour, ?6), CASE WHEN hour < ?6 THEN hour_events ELSE ?7 END
    FROM event_group WHERE project_id = ?1 AND hash = ?2 AND hour <> ?6
    AND (hour > ?6 OR hour_events > 0) AND ",
    committed!(),
    " ON CONFLICT DO UPDATE SET events = events + excluded.events"
);

/// Counts the event; gives back [`Kept`](super::Kept), or nothing if it was counted before or its group is unknown.
pub(super) fn group_counters(digested: &Digested, commit: Commit, bodies: u32) -> Statement {
    let event = &digested.event;
    let args = [
        event.count.into(),
        event.at_ms().into(),
        event.release.clone().unwrap_or_default().into(),
        i64::from(event.repeat_of.is_none()).into(),
        user_hash(event, commit).map(|hash| hash.to_vec()).into(),
        hour_of(event).into(),
        bodies.into(),
    ];
    guarded(COUNTERS, digested, commit, args)
}

/// A user counts for the group whose event first showed it to the issue: the sum over groups is exact.
const COUNTERS: &str = concat!(
    "UPDATE event_group SET
        events = events + ?6,
        stored = stored + ?9,
        users = users + (SELECT count(*) FROM issue_user u WHERE u.project_id = ?1
            AND u.number = event_group.number AND u.user_hash = ?10 AND u.commit_nonce = ?5),
        hour_events = CASE WHEN hour = ?11 THEN hour_events + ?6 WHEN hour < ?11 THEN ?6
            ELSE hour_events END,
        hour = max(hour, ?11),
        bodies = bodies + (?12 = 1 AND ",
    body_is_due!(),
    "),
        body_ms = CASE WHEN ?12 = 1 AND ",
    body_is_due!(),
    " THEN ?7 ELSE body_ms END,
        next_body = CASE WHEN ?12 = 1 AND ",
    body_is_due!(),
    " THEN max(stored + 2, (stored + 1) * 5 / 4) ELSE next_body END,
        first_seen_ms = min(first_seen_ms, ?7),
        last_release = CASE WHEN ?7 >= last_seen_ms THEN ?8 ELSE last_release END,
        last_seen_ms = max(last_seen_ms, ?7)
    WHERE project_id = ?1 AND hash = ?2 AND ",
    committed!(),
    " RETURNING stored, next_body, body_ms"
);

/// Moves the issue up in the list once an hour, and opens it again if it happened after it was resolved.
pub(super) fn issue_state(digested: &Digested, commit: Commit) -> Statement {
    let event = &digested.event;
    let args = [
        hour_of(event).into(),
        event.at_ms().into(),
        level_number(event.level).into(),
        event.handled().into(),
    ];
    guarded(ISSUE, digested, commit, args)
}

/// Status 1 is resolved. The guard leaves the row, and its index, untouched where nothing changes.
const ISSUE: &str = concat!(
    "UPDATE issue SET
        last_hour = max(last_hour, ?6),
        level = max(level, ?8),
        handled = min(handled, ?9),
        regressed_ms = CASE WHEN status = 1 AND status_ms < ?7 THEN ?7 ELSE regressed_ms END,
        status_ms = CASE WHEN status = 1 AND status_ms < ?7 THEN ?7 ELSE status_ms END,
        status = CASE WHEN status = 1 AND status_ms < ?7 THEN 0 ELSE status END
    WHERE project_id = ?1
    AND number = (SELECT number FROM event_group WHERE project_id = ?1 AND hash = ?2)
    AND (last_hour < ?6 OR level < ?8 OR handled > ?9 OR (status = 1 AND status_ms < ?7)) AND ",
    committed!()
);

/// The whole event, if one of its group is due to be kept.
pub(super) fn body_row(digested: &Digested, commit: Commit) -> Statement {
    let event = &digested.event;
    let body = deflate(&serde_json::to_vec(event).unwrap_or_default());
    let args =
        [first_slot(&digested.group).into(), event.at_ms().into(), body.into(), SLOTS.into()];
    guarded(BODY, digested, commit, args)
}

/// The first event stays, the others share a ring.
const BODY: &str = concat!(
    "INSERT INTO body (slot, project_id, group_hash, event_id, at_ms, bytes)
    SELECT ?6 + CASE WHEN bodies = 0 THEN 0 ELSE 1 + (bodies - 1) % CAST(?9 - 1 AS INTEGER) END,
        ?1, ?2, ?4, ?7, ?8
    FROM event_group WHERE project_id = ?1 AND hash = ?2 AND ",
    body_is_due!(),
    " AND ",
    committed!(),
    " ON CONFLICT (slot) DO UPDATE SET project_id = excluded.project_id,
        group_hash = excluded.group_hash, event_id = excluded.event_id,
        at_ms = excluded.at_ms, bytes = excluded.bytes"
);
