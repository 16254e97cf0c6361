//! Which issue each fingerprint gets. Where a fingerprint leads to the only issue that has its groups, and that has no
//! others, nothing has to be settled. Else, of the issues that have its groups and the one that it leads to, it gets one
//! that somebody has decided about, or the oldest. An issue that is left by several is kept by the one with the most events,
//! unless one of them leads to it. Who gets none gets a new one.

use crate::sql::{Arg, Statement};

/// Claims that depend on others: each round settles those that the one before has left.
const ROUNDS: usize = 3;

/// The statements of one batch. Primary keys of `regroup_part`, `regroup_claim`, `event_group`, `issue_fingerprint`, `issue`.
pub(super) fn settle(project_id: u32) -> Vec<Statement> {
    let one = || -> [Arg; 1] { [project_id.into()] };
    let mut statements =
        vec![Statement::new("DELETE FROM regroup_claim WHERE project_id = ?1", one())];
    statements.extend((0..ROUNDS).map(|_| Statement::new(CLAIM, one())));
    statements.push(Statement::new(NEW, one()));
    statements
}

/// `looked`: fingerprints of groups that may be moved, with the issue that the group's old fingerprint made (`home`).
/// `print`: where each leads now (`known`).
macro_rules! pairs {
    () => {
        "looked AS MATERIALIZED (
            SELECT unhex(j.value ->> 1) AS print, unhex(j.value ->> 2) AS earlier,
                CASE WHEN g.home = 0 THEN g.number ELSE g.home END AS home, sum(g.events) AS events
            FROM regroup_part p CROSS JOIN json_each(p.looked) j
            CROSS JOIN event_group g ON g.project_id = ?1 AND g.hash = unhex(j.value ->> 0) AND g.parted = 0
            WHERE p.project_id = ?1 GROUP BY 1, 2, 3),
        print AS MATERIALIZED (
            SELECT d.print, coalesce(
                (SELECT i.number FROM issue_fingerprint f CROSS JOIN issue i ON i.project_id = ?1 AND i.number = f.number
                    AND i.status < 4 WHERE f.project_id = ?1 AND f.hash = d.print),
                (SELECT i.number FROM issue_fingerprint f CROSS JOIN issue i ON i.project_id = ?1 AND i.number = f.number
                    AND i.status < 4 WHERE f.project_id = ?1 AND f.hash = d.earlier)) AS known
            FROM (SELECT DISTINCT print, earlier FROM looked) d),
        pair AS MATERIALIZED (
            SELECT a.print, a.home, sum(a.events) AS events, max(a.known) AS known FROM (
                SELECT l.print, l.home, l.events, k.known FROM looked l JOIN print k ON k.print = l.print
                UNION ALL SELECT k.print, k.known, 0, k.known FROM print k WHERE k.known > 0) a
            GROUP BY a.print, a.home)"
    };
}

/// Fingerprints that are not settled, and not claimed for.
macro_rules! open {
    () => {
        "open AS MATERIALIZED (
            SELECT q.print FROM pair q WHERE NOT EXISTS (
                SELECT 1 FROM regroup_claim c WHERE c.project_id = ?1 AND c.hash = q.print)
            AND (q.known IS NOT q.home OR q.home IN (SELECT home FROM pair WHERE known IS NOT home))
            GROUP BY q.print)"
    };
}

const CLAIM: &str = concat!(
    "WITH ",
    pairs!(),
    ", ",
    open!(),
    ", free AS MATERIALIZED (
        SELECT q.print, q.home, q.known, (i.status > 0 OR i.status_ms > 0) AND (i.status < 3 OR i.regrouped_ms = 0) AS decided,
            row_number() OVER (PARTITION BY q.home, q.known IS q.home ORDER BY q.events DESC, q.print) AS rank
        FROM pair q JOIN open ON open.print = q.print
        CROSS JOIN issue i ON i.project_id = ?1 AND i.number = q.home AND i.status < 4
        WHERE q.known IS q.home OR (
            q.home NOT IN (SELECT home FROM pair WHERE known = home AND events > 0)
            AND NOT EXISTS (SELECT 1 FROM regroup_claim c INDEXED BY regroup_claim_by_issue
                WHERE c.project_id = ?1 AND c.number = q.home)))
    INSERT INTO regroup_claim (project_id, hash, number)
    SELECT ?1, print, home FROM (
        SELECT print, home, row_number() OVER (PARTITION BY print ORDER BY decided DESC, home) AS pick
        FROM free WHERE rank = 1 OR known IS home)
    WHERE pick = 1"
);

const NEW: &str = concat!(
    "WITH ",
    pairs!(),
    ", ",
    open!(),
    " INSERT INTO regroup_claim (project_id, hash, number) SELECT ?1, print, 0 FROM open"
);

/// Most changes that are listed.
const CHANGES: u32 = 500;

/// What would change is known: what would become of each issue that changes, a row a part of it.
pub(super) fn ready(project_id: u32) -> Statement {
    Statement::new(READY, [project_id.into(), CHANGES.into()])
}

/// What a group may be moved by: nobody has taken it out of its issue, or merged it into the one that it counts for.
macro_rules! is_movable {
    () => {
        "g.parted = 0 AND (g.home = 0 OR g.home = g.number OR EXISTS (SELECT 1 FROM issue h WHERE h.project_id = ?1
            AND h.number = g.home AND h.regrouped_ms > 0))
        AND EXISTS (SELECT 1 FROM issue n WHERE n.project_id = ?1 AND n.number = g.number AND n.status < 3)"
    };
}

pub(super) use is_movable;

/// `TypeError: x is not a function`
macro_rules! title {
    ($issue:literal) => {
        concat!(
            $issue,
            ".kind || iif(",
            $issue,
            ".kind <> '' AND ",
            $issue,
            ".value <> '', ': ', '') || ",
            $issue,
            ".value"
        )
    };
}

pub(super) const READY: &str = concat!(
    "WITH looked AS MATERIALIZED (
        SELECT g.number AS issue, unhex(j.value ->> 1) AS print, unhex(j.value ->> 2) AS earlier, j.value ->> 3 AS label,
            g.events, CASE WHEN g.home = 0 THEN g.number ELSE g.home END AS home
        FROM regroup_part p CROSS JOIN json_each(p.looked) j
        CROSS JOIN event_group g ON g.project_id = ?1 AND g.hash = unhex(j.value ->> 0)
        WHERE p.project_id = ?1 AND ",
    is_movable!(),
    "),
    went AS MATERIALIZED (
        SELECT l.issue, CASE WHEN c.number IS NULL THEN l.issue WHEN c.number = 0 THEN 0
                WHEN i.merged_into > 0 AND i.regrouped_ms = 0 THEN i.merged_into ELSE i.number END AS part,
            CASE WHEN c.number = 0 THEN l.print END AS fresh, min(l.label) AS label, count(*) AS groups, sum(l.events) AS events
        FROM looked l LEFT JOIN regroup_claim c ON c.project_id = ?1 AND c.hash = l.print
        LEFT JOIN issue i ON i.project_id = ?1 AND i.number = c.number
        GROUP BY 1, 2, 3),
    changed AS MATERIALIZED (
        SELECT w.*, count(*) OVER () AS all_rows FROM went w
        WHERE w.issue IN (SELECT issue FROM went WHERE part <> issue)
        ORDER BY w.issue, w.events DESC, w.part LIMIT ?2),
    own AS MATERIALIZED (
        SELECT o.number, count(*) AS groups, sum(o.events) AS events FROM (SELECT DISTINCT issue FROM changed) d
        CROSS JOIN event_group o INDEXED BY event_group_by_issue ON o.project_id = ?1 AND o.number = d.issue
            AND o.home IN (0, d.issue)
        GROUP BY o.number)
    UPDATE regroup SET state = 1, result = (
        SELECT json_group_array(json_array(w.issue, w.part, w.label, w.groups, w.events, ",
    title!("i"),
    ", ",
    title!("t"),
    ", t.status, own.groups, own.events, w.all_rows))
        FROM changed w JOIN own ON own.number = w.issue JOIN issue i ON i.project_id = ?1 AND i.number = w.issue
        LEFT JOIN issue t ON t.project_id = ?1 AND t.number = w.part)
    WHERE project_id = ?1 AND state = 0"
);
