//! Several issues are one bug, or one is several: groups are re-pointed.

use trapline_core::title::Title;

use crate::activity::Note;
use crate::sql::{Arg, Statement};

/// Makes the groups of `sources` count for `target`. Issues that are merged already, deleted or unknown are left out,
/// and if the target is, nothing happens. Their short IDs lead to the target from then on, and so do events whose
/// fingerprint made one of them. `event_group_by_issue`, primary keys of `issue`, `group_user`.
pub fn merge(project_id: u32, target: u32, sources: &[u32], now_ms: i64) -> Vec<Statement> {
    merge_noted(project_id, target, sources, now_ms, None)
}

/// As [`merge`], noted with the issue where something is merged.
pub fn merge_noted(
    project_id: u32,
    target: u32,
    sources: &[u32],
    now_ms: i64,
    note: Option<&Note>,
) -> Vec<Statement> {
    let sources = serde_json::to_string(sources).unwrap_or_default();
    let args = || -> Vec<Arg> {
        vec![project_id.into(), target.into(), sources.as_str().into(), now_ms.into()]
    };
    // D1 refuses an argument that its statement does not name.
    let merging = |sql| Statement { sql, args: args() };
    let three = |sql| Statement { sql, args: args().into_iter().take(3).collect() };
    let mut statements = Vec::new();
    if let Some(note) = note {
        let mut noted = args();
        noted.truncate(3);
        noted.extend(note.args());
        statements.push(Statement { sql: NOTE_MERGE, args: noted });
    }
    statements.extend([three(MOVE_UP), three(REPOINT), three(FOLLOW), merging(CLOSE)]);
    statements.extend(count_users(project_id, &[target]));
    statements
}

/// Issues of `?3` that can be merged into `?2`.
macro_rules! merged {
    () => {
        "(SELECT m.number FROM json_each(?3) j CROSS JOIN issue m ON m.project_id = ?1 AND m.number = j.value
            JOIN issue t ON t.project_id = ?1 AND t.number = ?2 AND t.status < 3
            WHERE m.status < 3 AND m.number <> ?2)"
    };
}

const NOTE_MERGE: &str = concat!(
    "INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
    SELECT ?1, ?2, ?4, ?5, ?6, ?7, ?8, json_patch(?9, json_object('with', json_group_array(number))) FROM ",
    merged!(),
    " WHERE true HAVING count(*) > 0 ON CONFLICT DO NOTHING"
);

/// The target was last seen when the last of them was, and is as bad as the worst. Its limit for an hour was made of
/// other groups: the next hour makes a new one.
const MOVE_UP: &str = concat!(
    "UPDATE issue SET
        last_hour = max(last_hour, (SELECT max(last_hour) FROM issue m WHERE m.project_id = ?1 AND m.number IN ",
    merged!(),
    ")),
        level = max(level, (SELECT max(level) FROM issue m WHERE m.project_id = ?1 AND m.number IN ",
    merged!(),
    ")),
        handled = min(handled, (SELECT min(handled) FROM issue m WHERE m.project_id = ?1 AND m.number IN ",
    merged!(),
    ")),
        hour_limit = 0
    WHERE project_id = ?1 AND number = ?2 AND EXISTS ",
    merged!()
);

const REPOINT: &str = concat!(
    "UPDATE event_group INDEXED BY event_group_by_issue SET home = CASE WHEN home = 0 THEN number ELSE home END, number = ?2
    WHERE project_id = ?1 AND number IN ",
    merged!()
);

/// What was merged into them before; `issue_by_merged`.
const FOLLOW: &str = concat!(
    "UPDATE issue SET merged_into = ?2 WHERE project_id = ?1 AND merged_into > 0 AND merged_into IN ",
    merged!()
);

const CLOSE: &str = concat!(
    "UPDATE issue SET status = 3, status_ms = ?4, merged_into = ?2 WHERE project_id = ?1 AND number IN ",
    merged!()
);

/// Takes groups out of an issue. Those that a merge brought go back to the issue that they came from, which is open
/// again; the issue's own become a new issue, unless it had no others. `groups` are raw fingerprints in hexadecimal
/// digits. Primary keys of `event_group`, `issue`, `group_user`; `event_group_by_issue`.
pub fn split(project_id: u32, number: u32, groups: &[String], now_ms: i64) -> Vec<Statement> {
    split_noted(project_id, number, groups, now_ms, None)
}

/// As [`split`], noted with the issue and with a new one.
pub fn split_noted(
    project_id: u32,
    number: u32,
    groups: &[String],
    now_ms: i64,
    note: Option<&Note>,
) -> Vec<Statement> {
    let groups = serde_json::to_string(groups).unwrap_or_default();
    let args = || -> Vec<Arg> {
        vec![project_id.into(), number.into(), groups.as_str().into(), now_ms.into()]
    };
    let three = |sql| Statement { sql, args: args().into_iter().take(3).collect() };
    let mut statements = vec![
        Statement { sql: REVIVE, args: args() },
        three(GO_HOME),
        three(NEW_ISSUE),
        three(MOVE_TO_NEW),
    ];
    statements.extend(note.map(|note| note_parting(project_id, number, &groups, note)));
    statements.push(users_after_parting(project_id, number, &groups));
    statements.push(last_hours(project_id, number, &groups));
    statements
}

/// Takes groups out of an issue into a new one, all of them, wherever they came from, unless it has no others. `title` is
/// of an event of theirs. Their later events follow; other events of the same fingerprint stay with the issue. Merging the
/// new issue into the old one undoes it. Walks the same as [`split`].
pub fn part(project_id: u32, number: u32, groups: &[String], title: Title) -> Vec<Statement> {
    part_noted(project_id, number, groups, title, None)
}

/// As [`part`], noted with the issue and with the new one.
pub fn part_noted(
    project_id: u32,
    number: u32,
    groups: &[String],
    title: Title,
    note: Option<&Note>,
) -> Vec<Statement> {
    let list = serde_json::to_string(groups).unwrap_or_default();
    let three = |sql| Statement::new(sql, [project_id.into(), number.into(), list.as_str().into()]);
    let titled = [
        project_id.into(),
        number.into(),
        list.as_str().into(),
        title.kind.into(),
        title.value.into(),
        title.function.into(),
        title.place.into(),
    ];
    let mut statements = vec![Statement::new(NEW_TITLED_ISSUE, titled), three(MOVE_TO_NEW)];
    statements.extend(note.map(|note| note_parting(project_id, number, &list, note)));
    statements.push(users_after_parting(project_id, number, &list));
    statements.push(last_hours(project_id, number, &list));
    statements
}

/// After the groups have gone: with the issue that they left, and with each that they went to.
fn note_parting(project_id: u32, number: u32, groups: &str, note: &Note) -> Statement {
    let mut args: Vec<Arg> = vec![project_id.into(), number.into(), groups.into()];
    args.extend(note.args());
    Statement { sql: NOTE_PARTING, args }
}

const NOTE_PARTING: &str = "
    INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
    SELECT ?1, CASE side.value WHEN 0 THEN ?2 ELSE went.number END, ?4, ?5, ?6, ?7, ?8, json_patch(?9, json_object(
        'groups', went.groups, 'from', CAST(?2 AS INTEGER), 'to', went.number))
    FROM (SELECT g.number, count(*) AS groups FROM json_each(?3) j CROSS JOIN event_group g ON g.project_id = ?1
            AND g.hash = unhex(j.value) WHERE g.number <> ?2 GROUP BY g.number) went
    CROSS JOIN json_each('[0, 1]') side WHERE true ON CONFLICT DO NOTHING";

/// Counts the users of an issue anew, and of all that its `groups`, hexadecimal digits in a JSON list, may have gone to.
pub(super) fn users_after_parting(project_id: u32, number: u32, groups: &str) -> Statement {
    Statement::new(SPLIT_USERS, [project_id.into(), number.into(), groups.into()])
}

/// When the same issues were last seen.
pub(super) fn last_hours(project_id: u32, number: u32, groups: &str) -> Statement {
    Statement::new(SPLIT_LAST_HOUR, [project_id.into(), number.into(), groups.into()])
}

/// Groups of `?3` that count for `?2`.
macro_rules! chosen {
    () => {
        "FROM json_each(?3) j CROSS JOIN event_group g ON g.project_id = ?1 AND g.hash = unhex(j.value)
            AND g.number = ?2"
    };
}

const REVIVE: &str = concat!(
    "UPDATE issue SET status = 0, status_ms = ?4, merged_into = 0
    WHERE project_id = ?1 AND merged_into = ?2 AND number IN (SELECT g.home ",
    chosen!(),
    ")"
);

const GO_HOME: &str = concat!(
    "UPDATE event_group SET number = home WHERE project_id = ?1 AND number = ?2
    AND home <> 0 AND home <> ?2 AND hash IN (SELECT g.hash ",
    chosen!(),
    ")
    AND EXISTS (SELECT 1 FROM issue i WHERE i.project_id = ?1 AND i.number = event_group.home AND i.status < 3)"
);

/// Makes the next issue out of `?2`, as open and as much somebody's as that, only if some group stays behind.
macro_rules! new_issue {
    ($title:literal) => {
        concat!(
            "INSERT INTO issue (project_id, number, kind, value, function, place, level, handled, first_release, last_hour,
                status, status_ms, resolved_release, resolved_next, ignore_until_ms, ignore_events, ignore_users, assignee)
            SELECT ?1, 1 + (SELECT max(number) FROM issue WHERE project_id = ?1), ",
            $title,
            ", level, handled, first_release, last_hour, status, status_ms, resolved_release, resolved_next,
                ignore_until_ms, ignore_events, ignore_users, assignee
            FROM issue WHERE project_id = ?1 AND number = ?2 AND status < 3
            AND EXISTS (SELECT 1 ",
            chosen!(),
            ")
            AND EXISTS (SELECT 1 FROM event_group s INDEXED BY event_group_by_issue WHERE s.project_id = ?1
                AND s.number = ?2 AND s.hash NOT IN (SELECT g.hash ",
            chosen!(),
            "))"
        )
    };
}

const NEW_ISSUE: &str = new_issue!("kind, value, function, place");

const NEW_TITLED_ISSUE: &str = new_issue!("?4, ?5, ?6, ?7");

/// The issue that was just made has no groups yet.
const MOVE_TO_NEW: &str = concat!(
    "UPDATE event_group SET
        number = (SELECT max(number) FROM issue WHERE project_id = ?1),
        home = (SELECT max(number) FROM issue WHERE project_id = ?1), parted = 1
    WHERE project_id = ?1 AND number = ?2 AND hash IN (SELECT g.hash ",
    chosen!(),
    ")
    AND NOT EXISTS (SELECT 1 FROM event_group s INDEXED BY event_group_by_issue WHERE s.project_id = ?1
        AND s.number = (SELECT max(number) FROM issue WHERE project_id = ?1))"
);

/// Issues that `?2` and the groups of `?3` count for now.
macro_rules! parted {
    () => {
        "(SELECT ?2 UNION SELECT p.number FROM json_each(?3) j CROSS JOIN event_group p ON p.project_id = ?1
            AND p.hash = unhex(j.value))"
    };
}

const SPLIT_USERS: &str = concat!(
    "WITH firsts AS MATERIALIZED (
        SELECT number, group_hash, count(*) AS users FROM (
            SELECT g.number, min(u.group_hash) AS group_hash FROM event_group g INDEXED BY event_group_by_issue
            CROSS JOIN group_user u ON u.project_id = ?1 AND u.group_hash = g.hash
            WHERE g.project_id = ?1 AND g.number IN ",
    parted!(),
    "
            GROUP BY g.number, u.user_hash) GROUP BY group_hash)
    UPDATE event_group INDEXED BY event_group_by_issue SET users = coalesce((SELECT firsts.users FROM firsts WHERE firsts.group_hash = event_group.hash), 0)
    WHERE project_id = ?1 AND number IN ",
    parted!()
);

const SPLIT_LAST_HOUR: &str = concat!(
    "UPDATE issue SET hour_limit = 0, last_hour = coalesce((SELECT max(g.hour) FROM event_group g INDEXED BY event_group_by_issue
        WHERE g.project_id = ?1 AND g.number = issue.number), last_hour)
    WHERE project_id = ?1 AND number IN ",
    parted!()
);

/// Counts the users of issues anew, each once: for the least of the groups that have seen it. Those that the code of
/// 0001 counted are taken over first.
fn count_users(project_id: u32, numbers: &[u32]) -> [Statement; 2] {
    let numbers = serde_json::to_string(numbers).unwrap_or_default();
    let args = || [project_id.into(), numbers.as_str().into()];
    [Statement::new(TAKE_OVER, args()), Statement::new(USERS, args())]
}

const TAKE_OVER: &str = "
    INSERT INTO group_user (project_id, group_hash, user_hash, commit_nonce)
    SELECT ?1, g.hash, u.user_hash, u.commit_nonce FROM json_each(?2) j
    CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = j.value
    CROSS JOIN issue_user u ON u.project_id = ?1
        AND u.number = CASE WHEN g.home = 0 THEN g.number ELSE g.home END
    WHERE g.hash = (SELECT min(f.hash) FROM event_group f INDEXED BY event_group_by_issue WHERE f.project_id = ?1
        AND f.number = g.number AND f.home = g.home)
    AND NOT EXISTS (SELECT 1 FROM event_group s INDEXED BY event_group_by_issue
        CROSS JOIN group_user o ON o.project_id = ?1
        AND o.group_hash = s.hash AND o.user_hash = u.user_hash
        WHERE s.project_id = ?1 AND s.number = g.number)
    ON CONFLICT DO NOTHING";

const USERS: &str = "
    WITH firsts AS MATERIALIZED (
        SELECT group_hash, count(*) AS users FROM (
            SELECT min(u.group_hash) AS group_hash FROM json_each(?2) j
            CROSS JOIN event_group g INDEXED BY event_group_by_issue ON g.project_id = ?1 AND g.number = j.value
            CROSS JOIN group_user u ON u.project_id = ?1 AND u.group_hash = g.hash
            GROUP BY g.number, u.user_hash) GROUP BY group_hash)
    UPDATE event_group INDEXED BY event_group_by_issue SET users = coalesce((SELECT firsts.users FROM firsts WHERE firsts.group_hash = event_group.hash), 0)
    WHERE project_id = ?1 AND number IN (SELECT value FROM json_each(?2))";
