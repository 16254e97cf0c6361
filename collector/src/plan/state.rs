//! What an event does to the state of its issue: moves it up in the list once an hour, opens it again, says that it
//! escalates.

use super::columns::{hour_of, level_number};
use super::guard::{committed, guarded};
use super::{Commit, Digested, HOUR_MS};
use crate::sql::Statement;

/// After the counters: what it asks for is counted with this event.
pub(super) fn issue_state(digested: &Digested, commit: &Commit) -> Statement {
    let event = &digested.event;
    let args = [
        hour_of(event).into(),
        event.at_ms().into(),
        level_number(event.level).into(),
        event.handled().into(),
        event.release.clone().unwrap_or_default().into(),
        (hour_of(event) * HOUR_MS).into(),
        commit.now_ms.into(),
        event.environment.clone().unwrap_or_default().into(),
    ];
    guarded(ISSUE, digested, commit, args)
}

/// Five times the mean of the last seven days' hours, of those in which the issue was there, and at least 20. Asked for
/// as an hour begins: `event_group_by_issue`, primary key of `group_hour`.
macro_rules! hour_limit {
    () => {
        "CASE WHEN i.last_hour >= ?6 THEN i.hour_limit ELSE (
            SELECT CASE WHEN min(s.first_seen_ms) / 3600000 >= ?6 THEN 0 ELSE CAST(max(20, 5 * (
                    total(CASE WHEN s.hour >= ?6 - 168 AND s.hour < ?6 THEN s.hour_events END)
                    + (SELECT total(h.events) FROM event_group hg INDEXED BY event_group_by_issue
                        CROSS JOIN group_hour h ON h.project_id = ?1
                        AND h.group_hash = hg.hash AND h.hour >= ?6 - 168 AND h.hour < ?6
                        WHERE hg.project_id = ?1 AND hg.number = i.number))
                / min(168, ?6 - min(s.first_seen_ms) / 3600000)) AS INTEGER) END
            FROM event_group s INDEXED BY event_group_by_issue
            WHERE s.project_id = ?1 AND s.number = i.number) END"
    };
}

/// Status 1, resolved: it happened afterwards, and if it was resolved in a release, then in a later one. Versions of one
/// package are compared as versions, others by when they were first seen; an event without a release by its time alone.
macro_rules! regresses {
    () => {
        "(i.status = 1 AND i.status_ms < ?7 AND (i.resolved_release = '' OR ?10 = '' OR EXISTS (
            SELECT 1 FROM release seen JOIN release fixed ON fixed.project_id = ?1
                AND fixed.version = i.resolved_release
            WHERE seen.project_id = ?1 AND seen.version = ?10
            AND CASE WHEN seen.package = fixed.package AND seen.sort_key <> ''
                    AND fixed.sort_key <> '' AND seen.sort_key <> fixed.sort_key
                THEN seen.sort_key > fixed.sort_key
                ELSE seen.first_seen_ms > fixed.first_seen_ms END)))"
    };
}

/// Status 2, ignored: until a time, a number of events, or of users. `event_group_by_issue`.
macro_rules! was_ignored_long_enough {
    () => {
        "(i.status = 2 AND ((i.ignore_until_ms > 0 AND ?7 >= i.ignore_until_ms)
            OR (i.ignore_events > 0 AND i.ignore_events <= (SELECT sum(s.events)
                FROM event_group s INDEXED BY event_group_by_issue
                WHERE s.project_id = ?1 AND s.number = i.number))
            OR (i.ignore_users > 0 AND i.ignore_users <= (SELECT sum(s.users)
                FROM event_group s INDEXED BY event_group_by_issue
                WHERE s.project_id = ?1 AND s.number = i.number))))"
    };
}

/// Over the limit, for the first time in this hour: `event_group_by_issue`.
macro_rules! escalates {
    () => {
        "(state.new_limit > 0 AND ?6 >= state.last_hour AND state.escalated_ms < ?11
            AND state.new_limit < (SELECT sum(s.hour_events)
                FROM event_group s INDEXED BY event_group_by_issue
                WHERE s.project_id = ?1 AND s.number = state.number AND s.hour = ?6))"
    };
}

/// Events of the issue in the hours from `?6 - $hours` up to this one: `event_group_by_issue`, primary key of `group_hour`.
macro_rules! events_of_hours {
    ($hours:literal) => {
        concat!(
            "((SELECT total(CASE WHEN s.hour > ?6 - ",
            $hours,
            " THEN s.hour_events END) FROM event_group s INDEXED BY event_group_by_issue
                WHERE s.project_id = ?1 AND s.number = issue.number)
            + (SELECT total(h.events) FROM event_group hg INDEXED BY event_group_by_issue
                CROSS JOIN group_hour h ON h.project_id = ?1 AND h.group_hash = hg.hash AND h.hour > ?6 - ",
            $hours,
            " AND h.hour <= ?6 WHERE hg.project_id = ?1 AND hg.number = issue.number))"
        )
    };
}

/// Where an issue stands in lists by a sum of its groups, as `issue.events_key` says: `event_group_by_issue`.
macro_rules! step_of {
    ($sum:literal) => {
        concat!(
            "(SELECT CASE WHEN n < 100 THEN 0 ELSE 3 * length(n) + (substr(n, 1, 1) >= '2') + (substr(n, 1, 1) >= '5') END
                FROM (SELECT sum(s.",
            $sum,
            ") AS n FROM event_group s INDEXED BY event_group_by_issue
                WHERE s.project_id = ?1 AND s.number = issue.number))"
        )
    };
}

/// As `issue.trend_key` says. Asked for as an hour begins; most issues have too few events to ask for the week's.
macro_rules! trend {
    () => {
        concat!(
            "CASE WHEN ",
            events_of_hours!("24"),
            " < 20 THEN 0 ELSE (SELECT CASE WHEN t.twice < 3 THEN 0 ELSE CAST(?6 / 24 AS INTEGER) * 100 + t.twice END
                FROM (SELECT CAST(14 * ",
            events_of_hours!("24"),
            " / max(1, ",
            events_of_hours!("168"),
            ") AS INTEGER) AS twice) t) END"
        )
    };
}

/// Who is to be told of it is found by triggers, in the same batch. The last line but one leaves the row, and its index,
/// untouched where nothing changes.
const ISSUE: &str = concat!(
    "WITH state AS MATERIALIZED (
        SELECT i.number, i.last_hour, i.escalated_ms, ",
    hour_limit!(),
    " AS new_limit, ",
    regresses!(),
    " AS regresses, ",
    was_ignored_long_enough!(),
    " AS wakes
        FROM event_group g JOIN issue i ON i.project_id = ?1 AND i.number = g.number
        WHERE g.project_id = ?1 AND g.hash = ?2 AND ",
    committed!(),
    "), news AS MATERIALIZED (SELECT *, ",
    escalates!(),
    " AS escalates FROM state)
    UPDATE issue SET
        last_hour = max(issue.last_hour, ?6),
        level = max(level, ?8),
        handled = min(handled, ?9),
        hour_limit = news.new_limit,
        escalated_ms = CASE WHEN news.escalates THEN ?7 ELSE issue.escalated_ms END,
        regressed_ms = CASE WHEN news.regresses THEN ?7 ELSE regressed_ms END,
        news_ms = CASE WHEN news.regresses OR news.escalates THEN ?12 ELSE news_ms END,
        news_environment = CASE WHEN news.regresses OR news.escalates THEN ?13 ELSE news_environment END,
        status_ms = CASE WHEN news.regresses OR news.wakes THEN ?7 ELSE status_ms END,
        status = CASE WHEN news.regresses OR news.wakes THEN 0 ELSE status END,
        events_key = CASE WHEN issue.last_hour < ?6 THEN max(feedback_key > 0, ",
    step_of!("events"),
    ") ELSE events_key END,
        users_key = CASE WHEN issue.last_hour < ?6 THEN ",
    step_of!("users"),
    " ELSE users_key END,
        trend_key = CASE WHEN issue.last_hour < ?6 THEN max(feedback_key, ",
    trend!(),
    ") ELSE trend_key END
    FROM news
    WHERE issue.project_id = ?1 AND issue.number = news.number
    AND (issue.last_hour < ?6 OR level < ?8 OR handled > ?9
        OR news.escalates OR news.regresses OR news.wakes)"
);
