//! Undoing, a part at a time, the last one first. What somebody has done since counts more: groups that were merged or split
//! since stay, and so do issues that were opened again. Events that have come since stay in the issue that has their group.

use super::apply::{counted_users, firsts, hours};
use crate::sql::{Arg, Statement};

/// Undoes the part at this place, the last one that is applied. Primary keys; `event_group_by_issue`.
pub(super) fn undo(project_id: u32, part: u32, now_ms: i64) -> Vec<Statement> {
    let two = |sql| Statement::new(sql, [project_id.into(), part.into()]);
    let timed = |sql| {
        let args: [Arg; 3] = [project_id.into(), part.into(), now_ms.into()];
        Statement::new(sql, args)
    };
    let mut statements = vec![two(MOVE_BACK), two(RESTORE)];
    if part == 0 {
        statements.extend([two(LATECOMERS), timed(CLOSE_MADE)]);
    }
    statements.extend([two(USERS), two(LAST_HOURS), two(STEP_BACK)]);
    statements
}

/// Rows of the part's `moved`.
macro_rules! moved {
    () => {
        "moved AS MATERIALIZED (
            SELECT unhex(j.value ->> 0) AS hash, j.value ->> 1 AS number, j.value ->> 2 AS home, j.value ->> 3 AS to_number,
                j.value ->> 4 AS to_home
            FROM regroup_part p CROSS JOIN json_each(p.moved) j
            WHERE p.project_id = ?1 AND p.part = ?2 AND EXISTS (
                SELECT 1 FROM regroup WHERE project_id = ?1 AND state = 4 AND applied = ?2 + 1))"
    };
}

const MOVE_BACK: &str = concat!(
    "WITH ",
    moved!(),
    " UPDATE event_group SET (number, home) = (SELECT m.number, m.home FROM moved m WHERE m.hash = event_group.hash)
    WHERE project_id = ?1 AND hash IN (SELECT m.hash FROM moved m CROSS JOIN event_group g ON g.project_id = ?1
        AND g.hash = m.hash AND g.number = m.to_number AND g.home = m.to_home)"
);

/// Status of those that were closed; where those lead that had followed; level and handled of all.
const RESTORE: &str = "
    WITH was AS MATERIALIZED (
        SELECT j.value ->> 0 AS number, j.value ->> 1 AS status, j.value ->> 2 AS status_ms, j.value ->> 3 AS merged_into,
            j.value ->> 4 AS level, j.value ->> 5 AS handled, j.value ->> 6 AS regrouped_ms
        FROM regroup_part p CROSS JOIN json_each(p.issues) j
        WHERE p.project_id = ?1 AND p.part = ?2 AND EXISTS (
            SELECT 1 FROM regroup WHERE project_id = ?1 AND state = 4 AND applied = ?2 + 1))
    UPDATE issue SET
        (level, handled) = (SELECT w.level, w.handled FROM was w WHERE w.number = issue.number),
        (status, status_ms, merged_into, regrouped_ms) = (
            SELECT CASE WHEN closed OR revived THEN w.status ELSE issue.status END,
                CASE WHEN closed OR revived THEN w.status_ms ELSE issue.status_ms END,
                CASE WHEN closed OR revived OR followed THEN w.merged_into ELSE issue.merged_into END,
                CASE WHEN closed OR revived THEN w.regrouped_ms ELSE issue.regrouped_ms END
            FROM (SELECT was.*, was.status < 3 AND issue.status = 3 AND issue.regrouped_ms > 0 AS closed,
                    was.regrouped_ms > 0 AND was.status = 3 AND issue.status < 3 AND NOT EXISTS (
                        SELECT 1 FROM event_group g INDEXED BY event_group_by_issue
                        WHERE g.project_id = ?1 AND g.number = was.number) AS revived,
                    was.status = 3 AND issue.status = 3 AS followed
                FROM was WHERE was.number = issue.number) w)
    WHERE project_id = ?1 AND number IN (SELECT number FROM was)";

/// Issues that applying made, with the least that they took groups of; once all parts are undone.
macro_rules! made {
    () => {
        "made AS MATERIALIZED (
            SELECT i.number, min(j.value ->> 1) AS origin
            FROM regroup_part p CROSS JOIN json_each(p.moved) j
            CROSS JOIN issue i ON i.project_id = ?1 AND i.number = j.value ->> 3 AND i.regrouped_ms > 0 AND i.status < 3
            JOIN regroup r ON r.project_id = ?1 AND r.state = 4 AND r.applied = ?2 + 1 AND i.regrouped_ms >= r.applied_ms
            WHERE p.project_id = ?1 GROUP BY i.number)"
    };
}

/// Groups that have come to them since.
const LATECOMERS: &str = concat!(
    "WITH ",
    made!(),
    " UPDATE event_group SET number = (SELECT m.origin FROM made m WHERE m.number = event_group.number)
    WHERE project_id = ?1 AND hash IN (SELECT g.hash FROM made m
        CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = m.number)"
);

const CLOSE_MADE: &str = concat!(
    "WITH ",
    made!(),
    " UPDATE issue SET status = 3, status_ms = ?3, regrouped_ms = ?3,
        merged_into = (SELECT m.origin FROM made m WHERE m.number = issue.number)
    WHERE project_id = ?1 AND number IN (SELECT number FROM made)"
);

/// Of all parts, once all are undone: groups that came since may concern any of them.
macro_rules! concerned {
    () => {
        "concerned AS MATERIALIZED (
            SELECT j.value ->> 1 AS number FROM regroup_part p CROSS JOIN json_each(p.moved) j
            WHERE p.project_id = ?1 AND (p.part = ?2 OR ?2 = 0)
            UNION SELECT j.value ->> 3 FROM regroup_part p CROSS JOIN json_each(p.moved) j
            WHERE p.project_id = ?1 AND (p.part = ?2 OR ?2 = 0))"
    };
}

const USERS: &str = concat!("WITH ", concerned!(), ", ", firsts!(), counted_users!());

const LAST_HOURS: &str = concat!("WITH ", concerned!(), " ", hours!());

const STEP_BACK: &str = "
    UPDATE regroup SET applied = applied - 1, state = CASE WHEN applied <= 1 THEN 5 ELSE 4 END
    WHERE project_id = ?1 AND state = 4 AND applied = ?2 + 1";
