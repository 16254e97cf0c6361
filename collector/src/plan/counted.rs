//! What an event writes once its group is there. The event's row comes first; all others act only if this try
//! inserted it.

use super::columns::{country_of, event_id, facet, hour_of, level_number, page_of, user_hash};
use super::guard::{body_is_due, committed, guarded};
use super::{Commit, Digested, HOUR_MS, Kept, bodies, facets, facts, tags};
use crate::sql::{Arg, Statement};

/// Columns of `event`, and `?1` to `?18` for them.
macro_rules! insert_event {
    () => {
        "INSERT INTO event (project_id, group_hash, claimed_ms, event_id, commit_nonce, at_ms, count,
            release, environment, browser, os, page, user_hash, country, stored_ms, facts, page_view_id, session_id)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18 FROM event_group g"
    };
}

/// The event itself, if its group is known: a group that was deleted meanwhile has to be made first.
pub(super) fn event_row(digested: &Digested, commit: &Commit) -> Statement {
    Statement { sql: EVENT, args: event_args(digested, commit) }
}

const EVENT: &str =
    concat!(insert_event!(), " WHERE g.project_id = ?1 AND g.hash = ?2 ON CONFLICT DO NOTHING");

/// The event itself, if nothing but counters has to change: its hour is the group's newest and the issue's, no body is
/// due, the issue is open and stays as it is.
pub(super) fn expected_event_row(digested: &Digested, commit: &Commit, kept: Kept) -> Statement {
    let event = &digested.event;
    let mut args = event_args(digested, commit);
    args.extend([
        kept.number.into(),
        hour_of(event).into(),
        level_number(event.level).into(),
        event.handled().into(),
        digested.is_repeat().into(),
        (hour_of(event) * HOUR_MS).into(),
    ]);
    Statement { sql: EXPECTED_EVENT, args }
}

/// Primary keys of `event_group` and `issue`, `event_group_by_issue`. `body_is_due` with the time in `?6`.
const EXPECTED_EVENT: &str = concat!(
    insert_event!(),
    " JOIN issue i ON i.project_id = ?1 AND i.number = g.number
    WHERE g.project_id = ?1 AND g.hash = ?2 AND g.number = ?19 AND g.hour = ?20
    AND (?23 = 1 OR NOT (g.stored < 4 OR g.stored + 1 >= g.next_body OR ?6 >= g.body_ms + 3600000))
    AND i.status = 0 AND i.last_hour = ?20 AND i.level >= ?21 AND i.handled <= ?22
    AND (i.hour_limit = 0 OR i.escalated_ms >= ?24 OR i.hour_limit >= ?7 + (
        SELECT sum(s.hour_events) FROM event_group s INDEXED BY event_group_by_issue
        WHERE s.project_id = ?1 AND s.number = g.number AND s.hour = ?20))
    ON CONFLICT DO NOTHING"
);

fn event_args(digested: &Digested, commit: &Commit) -> Vec<Arg> {
    let event = &digested.event;
    vec![
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
        user_hash(event, &commit.sender).map(|hash| hash.to_vec()).into(),
        country_of(commit).into(),
        commit.now_ms.into(),
        facts::facts_of(event).into(),
        event.page_view_id.as_str().into(),
        event.session_id.as_str().into(),
    ]
}

/// Up to 1,000 a group: a counter beyond that is not worth a row a visitor.
pub(super) fn user_row(digested: &Digested, commit: &Commit) -> Option<Statement> {
    let user = user_hash(&digested.event, &commit.sender)?;
    Some(guarded(USER, digested, commit, [user.to_vec().into()]))
}

const USER: &str = concat!(
    "INSERT INTO group_user (project_id, group_hash, user_hash, commit_nonce)
    SELECT ?1, ?2, ?6, ?5 FROM event_group
    WHERE project_id = ?1 AND hash = ?2 AND own_users < 1000 AND ",
    committed!(),
    " ON CONFLICT DO NOTHING"
);

/// Adds the hour that is over to its table; of an event that comes late, the event itself.
pub(super) fn group_hour(digested: &Digested, commit: &Commit) -> Statement {
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

/// Counts the event; gives back [`Kept`], or nothing if it was counted before or its group is unknown.
pub(super) fn group_counters(digested: &Digested, commit: &Commit, has_body: bool) -> Statement {
    let event = &digested.event;
    let lines = serde_json::to_string(&facets::lines(event, commit)).unwrap_or_default();
    let args = [
        event.count.into(),
        event.at_ms().into(),
        event.release.clone().unwrap_or_default().into(),
        (!digested.is_repeat()).into(),
        user_hash(event, &commit.sender).map(|hash| hash.to_vec()).into(),
        hour_of(event).into(),
        has_body.into(),
        bodies::slot(commit.project_id, &event_id(event)).to_string().into(),
        lines.into(),
        serde_json::to_string(&tags::lines(event)).unwrap_or_default().into(),
    ];
    guarded(COUNTERS, digested, commit, args)
}

/// 1 if this commit first showed the user `?10` to the group.
macro_rules! is_new_user {
    () => {
        "(SELECT count(*) FROM group_user u WHERE u.project_id = ?1 AND u.group_hash = ?2
            AND u.user_hash = ?10 AND u.commit_nonce = ?5)"
    };
}

/// Whether another group of the issue has seen the user `?10`, or the code of 0001 counted it.
macro_rules! is_issues_user {
    () => {
        "(EXISTS (SELECT 1 FROM event_group s INDEXED BY event_group_by_issue
            CROSS JOIN group_user u ON u.project_id = ?1 AND u.group_hash = s.hash AND u.user_hash = ?10
            WHERE s.project_id = ?1 AND s.number = event_group.number AND s.hash <> ?2)
        OR EXISTS (SELECT 1 FROM issue_user u WHERE u.project_id = ?1
            AND u.number IN (event_group.number, event_group.home) AND u.user_hash = ?10))"
    };
}

/// How many values the group has of the tag of a line `f.value`.
macro_rules! values_of {
    () => {
        "(length(tags) + 1 - length(replace(char(10) || tags, char(10) || substr(f.value, 1, instr(f.value, '=')), '')))
            / (1 + instr(f.value, '='))"
    };
}

/// A user counts for the group whose event first showed it to the issue: the sum over groups is exact. Facets stop at
/// 16,000 characters: readers take a group that is so full as seen everywhere. A day is written down as the next one begins; its last
/// hour was, just before.
const COUNTERS: &str = concat!(
    "UPDATE event_group SET
        events = events + ?6,
        stored = stored + ?9,
        users = users + CASE WHEN ",
    is_new_user!(),
    " = 1 AND NOT ",
    is_issues_user!(),
    " THEN 1 ELSE 0 END,
        own_users = own_users + ",
    is_new_user!(),
    ",
        hour_events = CASE WHEN hour = ?11 THEN hour_events + ?6 WHEN hour < ?11 THEN ?6
            ELSE hour_events END,
        recent = CASE WHEN hour = ?11 THEN recent ELSE coalesce((
            SELECT group_concat(printf('%06d%08d ', last.hour, last.events), '') FROM (
                SELECT hour, events FROM group_hour WHERE project_id = ?1 AND group_hash = ?2
                ORDER BY hour DESC LIMIT 24) last), '') END,
        days = CASE WHEN CAST(?11 / 24 AS INTEGER) <= hour / 24 OR hour_events = 0 THEN days
            ELSE substr(days, -1246) || printf('%05d%08d ', hour / 24, (
                SELECT total(h.events) FROM group_hour h WHERE h.project_id = ?1 AND h.group_hash = ?2
                AND h.hour >= event_group.hour / 24 * 24 AND h.hour <= event_group.hour)) END,
        hour = max(hour, ?11),
        kept = CASE WHEN ?12 = 1 AND ",
    body_is_due!(),
    " THEN CASE WHEN length(kept) >= 544 THEN substr(kept, 1, 17) || substr(kept, 35) ELSE kept END
            || ?13 || ',' ELSE kept END,
        body_ms = CASE WHEN ?12 = 1 AND ",
    body_is_due!(),
    " THEN ?7 ELSE body_ms END,
        next_body = CASE WHEN ?12 = 1 AND ",
    body_is_due!(),
    " THEN max(stored + 2, (stored + 1) * 2) ELSE next_body END,
        facets = facets || CASE WHEN length(facets) < 16000 THEN coalesce((
            SELECT group_concat(f.value || char(10), '') FROM json_each(?14) f
            WHERE instr(facets, char(10) || f.value || char(10)) = 0), '') ELSE '' END,
        tags = tags || CASE WHEN length(tags) < 16000 THEN coalesce((
            SELECT group_concat(f.value || char(10), '') FROM json_each(?15) f
            WHERE instr(char(10) || tags, char(10) || f.value || char(10)) = 0 AND ",
    values_of!(),
    " < 40), '') ELSE '' END,
        first_seen_ms = min(first_seen_ms, ?7),
        last_release = CASE WHEN ?7 >= last_seen_ms THEN ?8 ELSE last_release END,
        last_seen_ms = max(last_seen_ms, ?7)
    WHERE project_id = ?1 AND hash = ?2 AND ",
    committed!(),
    " RETURNING stored, next_body, body_ms, number, hour, own_users"
);
