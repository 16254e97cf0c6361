//! Applying, a part at a time: groups go to the issues that their fingerprints get. An issue that loses its last own group
//! leads to where that went, and what somebody had merged into it follows. All of it is one batch, which does nothing the
//! second time; what was there before is kept beside the part, so that it can be undone.

use super::settle::is_movable;
use crate::sql::{Arg, Statement};

/// Applies the part at this place, the next one. Primary keys; `event_group_by_issue`, `issue_by_merged`.
pub(super) fn apply(project_id: u32, part: u32, now_ms: i64) -> Vec<Statement> {
    let two = |sql| Statement::new(sql, [project_id.into(), part.into()]);
    let timed = |sql| {
        let args: [Arg; 3] = [project_id.into(), part.into(), now_ms.into()];
        Statement::new(sql, args)
    };
    vec![
        two(NUMBER_NEW),
        timed(MAKE_NEW),
        two(MOVES),
        two(KNOW),
        two(STAMP),
        two(MOVE),
        two(FOLLOWERS),
        two(SNAPSHOT),
        two(MOVE), // The followers.
        timed(REVIVE),
        two(MOVE_UP),
        timed(CLOSE),
        two(FOLLOW),
        two(USERS),
        two(LAST_HOURS),
        two(ADVANCE),
    ]
}

/// The part is the next one to be applied.
macro_rules! is_next {
    () => {
        "EXISTS (SELECT 1 FROM regroup WHERE project_id = ?1 AND state = 2 AND applied = ?2)"
    };
}

/// Groups of the part, and where their fingerprint leads (`known`).
macro_rules! looked {
    () => {
        "looked AS MATERIALIZED (
            SELECT unhex(j.value ->> 0) AS hash, unhex(j.value ->> 1) AS print, j.value ->> 3 AS label, j.value ->> 4 AS kind,
                j.value ->> 5 AS value, j.value ->> 6 AS function, j.value ->> 7 AS place,
                (SELECT c.number FROM regroup_claim c WHERE c.project_id = ?1 AND c.hash = unhex(j.value ->> 1)) AS claim,
                (SELECT i.number FROM issue_fingerprint f CROSS JOIN issue i ON i.project_id = ?1 AND i.number = f.number
                    AND i.status < 4 WHERE f.project_id = ?1 AND f.hash = unhex(j.value ->> 1)) AS known,
                (SELECT i.number FROM issue_fingerprint f CROSS JOIN issue i ON i.project_id = ?1 AND i.number = f.number
                    AND i.status < 4 WHERE f.project_id = ?1 AND f.hash = unhex(j.value ->> 2)) AS earlier
            FROM regroup_part p CROSS JOIN json_each(p.looked) j
            WHERE p.project_id = ?1 AND p.part = ?2 AND EXISTS (
                SELECT 1 FROM regroup WHERE project_id = ?1 AND state = 2 AND applied = ?2))"
    };
}

/// The issue that a fingerprint of `looked l` gets. What was claimed counts, unless that was deleted meanwhile.
macro_rules! target {
    () => {
        "coalesce((SELECT i.number FROM issue i WHERE i.project_id = ?1 AND i.number = l.claim AND l.claim > 0
            AND i.status < 4), l.known, l.earlier)"
    };
}

/// Of the issues `concerned`.
macro_rules! firsts {
    () => {
        "firsts AS MATERIALIZED (
            SELECT group_hash, count(*) AS users FROM (
                SELECT min(u.group_hash) AS group_hash FROM concerned
                CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = concerned.number
                CROSS JOIN group_user u ON u.project_id = ?1 AND u.group_hash = g.hash
                GROUP BY g.number, u.user_hash) GROUP BY group_hash)"
    };
}

macro_rules! counted_users {
    () => {
        " UPDATE event_group INDEXED BY event_group_by_issue SET users = coalesce(
            (SELECT firsts.users FROM firsts WHERE firsts.group_hash = event_group.hash), 0)
        WHERE project_id = ?1 AND number IN (SELECT number FROM concerned)"
    };
}

macro_rules! hours {
    () => {
        "UPDATE issue SET hour_limit = 0, last_hour = coalesce((SELECT max(g.hour)
            FROM event_group g INDEXED BY event_group_by_issue WHERE g.project_id = ?1 AND g.number = issue.number), last_hour)
        WHERE project_id = ?1 AND number IN (SELECT number FROM concerned)"
    };
}

pub(super) use {counted_users, firsts, hours};

/// Unless an event has made it meanwhile.
const NUMBER_NEW: &str = concat!(
    "WITH ",
    looked!(),
    ", fresh AS MATERIALIZED (
        SELECT DISTINCT l.print FROM looked l CROSS JOIN event_group g ON g.project_id = ?1 AND g.hash = l.hash
        WHERE l.claim = 0 AND l.known IS NULL AND ",
    is_movable!(),
    "),
    counted AS MATERIALIZED (
        SELECT print, (SELECT max(number) FROM issue WHERE project_id = ?1) + row_number() OVER (ORDER BY print) AS number
        FROM fresh)
    UPDATE regroup_claim SET number = (SELECT counted.number FROM counted WHERE counted.print = hash)
    WHERE project_id = ?1 AND hash IN (SELECT print FROM counted)"
);

/// As open, resolved or ignored as the issue that they leave.
const MAKE_NEW: &str = concat!(
    "WITH ",
    looked!(),
    ", fresh AS MATERIALIZED (
        SELECT l.*, g.number, row_number() OVER (PARTITION BY l.claim ORDER BY g.first_seen_ms, l.hash) AS rank
        FROM looked l CROSS JOIN event_group g ON g.project_id = ?1 AND g.hash = l.hash
        WHERE l.claim > (SELECT max(number) FROM issue WHERE project_id = ?1) AND ",
    is_movable!(),
    ")
    INSERT INTO issue (project_id, number, kind, value, function, place, level, handled, first_release, last_hour, status,
        status_ms, resolved_release, ignore_until_ms, ignore_events, ignore_users, is_resolved_fingerprint, regrouped_ms,
        assignee, resolved_next, link)
    SELECT ?1, l.claim, l.kind, l.value, l.function, l.place, i.level, i.handled, i.first_release, i.last_hour, i.status,
        i.status_ms, i.resolved_release, i.ignore_until_ms, i.ignore_events, i.ignore_users, i.is_resolved_fingerprint, ?3,
        i.assignee, i.resolved_next, i.link
    FROM fresh l CROSS JOIN issue i ON i.project_id = ?1 AND i.number = l.number WHERE l.rank = 1"
);

/// Also groups that have come since the fingerprint was looked at, to an issue that it leads to and does not get.
const MOVES: &str = concat!(
    "WITH ",
    looked!(),
    ", aimed AS MATERIALIZED (SELECT l.*, ",
    target!(),
    " AS target FROM looked l),
    late AS MATERIALIZED (
        SELECT DISTINCT s.hash, l.target FROM aimed l
        CROSS JOIN event_group s INDEXED BY event_group_by_issue ON s.project_id = ?1 AND s.number = l.known
            AND s.home IN (0, s.number) AND s.label = l.label
        JOIN regroup r ON r.project_id = ?1 AND r.version = s.version AND r.rules = s.rules
        WHERE l.known <> l.target AND s.hash NOT IN (SELECT hash FROM looked)),
    moved AS MATERIALIZED (
        SELECT g.hash, g.number, g.home, CASE WHEN i.merged_into > 0 AND i.regrouped_ms = 0 THEN i.merged_into ELSE i.number END
            AS to_number,
            i.number AS to_home
        FROM (SELECT hash, target FROM aimed UNION ALL SELECT hash, target FROM late) a
        CROSS JOIN event_group g ON g.project_id = ?1 AND g.hash = a.hash
        CROSS JOIN issue i ON i.project_id = ?1 AND i.number = a.target
        WHERE ",
    is_movable!(),
    ")
    UPDATE regroup_part SET moved = (
        SELECT json_group_array(json_array(lower(hex(hash)), number, home, to_number, to_home)) FROM moved
        WHERE number <> to_number OR to_home <> CASE WHEN home = 0 THEN number ELSE home END)
    WHERE project_id = ?1 AND part = ?2 AND ",
    is_next!()
);

const KNOW: &str = concat!(
    "WITH ",
    looked!(),
    " INSERT INTO issue_fingerprint (project_id, hash, number)
    SELECT ?1, l.print, max(",
    target!(),
    ") AS number FROM looked l GROUP BY l.print HAVING number IS NOT NULL
    ON CONFLICT DO UPDATE SET number = excluded.number WHERE number <> excluded.number"
);

const STAMP: &str = concat!(
    "WITH ",
    looked!(),
    " UPDATE event_group SET (version, rules) = (SELECT version, rules FROM regroup WHERE project_id = ?1),
        label = (SELECT l.label FROM looked l WHERE l.hash = event_group.hash)
    WHERE project_id = ?1 AND hash IN (SELECT hash FROM looked)"
);

/// Rows of `moved`.
macro_rules! moved {
    () => {
        "moved AS MATERIALIZED (
            SELECT unhex(j.value ->> 0) AS hash, j.value ->> 1 AS number, j.value ->> 3 AS to_number, j.value ->> 4 AS to_home
            FROM regroup_part p CROSS JOIN json_each(p.moved) j
            WHERE p.project_id = ?1 AND p.part = ?2 AND EXISTS (
                SELECT 1 FROM regroup WHERE project_id = ?1 AND state = 2 AND applied = ?2))"
    };
}

const MOVE: &str = concat!(
    "WITH ",
    moved!(),
    " UPDATE event_group SET (number, home) = (
        SELECT m.to_number, m.to_home FROM moved m WHERE m.hash = event_group.hash)
    WHERE project_id = ?1 AND hash IN (SELECT hash FROM moved)"
);

/// Issues that the part has left without a group of their own, and that no fingerprint gets: with where the part's groups went.
macro_rules! emptied {
    () => {
        "emptied AS MATERIALIZED (
            SELECT m.number, min(m.to_number) AS to_number FROM moved m WHERE m.number <> m.to_number
            AND NOT EXISTS (SELECT 1 FROM event_group g INDEXED BY event_group_by_issue
                WHERE g.project_id = ?1 AND g.number = m.number AND g.home IN (0, g.number))
            AND NOT EXISTS (SELECT 1 FROM regroup_claim c INDEXED BY regroup_claim_by_issue
                WHERE c.project_id = ?1 AND c.number = m.number)
            GROUP BY m.number)"
    };
}

const FOLLOWERS: &str = concat!(
    "WITH ",
    moved!(),
    ", ",
    emptied!(),
    " UPDATE regroup_part SET moved = (SELECT json_group_array(json(row)) FROM (
        SELECT j.value AS row FROM json_each(moved) j
        UNION ALL SELECT json_array(lower(hex(g.hash)), g.number, g.home, e.to_number, g.home) FROM emptied e
            CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = e.number))
    WHERE project_id = ?1 AND part = ?2 AND EXISTS (SELECT 1 FROM emptied)"
);

const SNAPSHOT: &str = concat!(
    "WITH ",
    moved!(),
    " UPDATE regroup_part SET issues = (
        SELECT json_group_array(json_array(i.number, i.status, i.status_ms, i.merged_into, i.level, i.handled, i.regrouped_ms)) FROM issue i
        WHERE i.project_id = ?1 AND i.number IN (
            SELECT number FROM moved UNION SELECT to_number FROM moved
            UNION SELECT a.number FROM moved m CROSS JOIN issue a INDEXED BY issue_by_merged
                ON a.project_id = ?1 AND a.merged_into = m.number AND a.merged_into > 0))
    WHERE project_id = ?1 AND part = ?2 AND ",
    is_next!()
);

/// What an earlier regrouping had made part of another issue is one of its own again.
const REVIVE: &str = concat!(
    "WITH ",
    moved!(),
    " UPDATE issue SET status = 0, status_ms = ?3, merged_into = 0, regrouped_ms = 0
    WHERE project_id = ?1 AND status = 3 AND regrouped_ms > 0 AND number IN (SELECT to_number FROM moved)"
);

/// As bad as the worst of what it takes in, and its limit for an hour was made of other groups.
const MOVE_UP: &str = concat!(
    "WITH ",
    moved!(),
    " UPDATE issue SET
        level = max(level, (SELECT max(o.level) FROM moved m CROSS JOIN issue o ON o.project_id = ?1 AND o.number = m.number
            WHERE m.to_number = issue.number)),
        handled = min(handled, (SELECT min(o.handled) FROM moved m CROSS JOIN issue o ON o.project_id = ?1
            AND o.number = m.number WHERE m.to_number = issue.number))
    WHERE project_id = ?1 AND number IN (SELECT to_number FROM moved)"
);

const CLOSE: &str = concat!(
    "WITH ",
    moved!(),
    ", ",
    emptied!(),
    " UPDATE issue SET status = 3, status_ms = ?3, regrouped_ms = ?3,
        merged_into = (SELECT e.to_number FROM emptied e WHERE e.number = issue.number)
    WHERE project_id = ?1 AND status < 3 AND number IN (SELECT number FROM emptied)"
);

/// What was merged into them before.
const FOLLOW: &str = concat!(
    "WITH ",
    moved!(),
    ", ",
    emptied!(),
    " UPDATE issue SET merged_into = (SELECT e.to_number FROM emptied e WHERE e.number = issue.merged_into)
    WHERE project_id = ?1 AND merged_into > 0 AND merged_into IN (SELECT number FROM emptied)"
);

/// Users of the issues concerned, each counted once: for the least of the groups that have seen it.
const USERS: &str = concat!(
    "WITH ",
    moved!(),
    ", concerned AS MATERIALIZED (SELECT number FROM moved UNION SELECT to_number FROM moved), ",
    firsts!(),
    counted_users!()
);

const LAST_HOURS: &str = concat!(
    "WITH ",
    moved!(),
    ", concerned AS MATERIALIZED (SELECT number FROM moved UNION SELECT to_number FROM moved) ",
    hours!()
);

const ADVANCE: &str = "
    UPDATE regroup SET applied = applied + 1, state = CASE WHEN applied + 1 >= parts THEN 3 ELSE 2 END
    WHERE project_id = ?1 AND state = 2 AND applied = ?2";
