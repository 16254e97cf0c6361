//! Thresholds: more events, or users, within a window than a rule allows. Looked at by cron, each five minutes' window once a
//! minute and longer ones twelve times a window, three rules a run. It is told once as it goes over, and again only after it
//! was below.

use crate::sql::Statement;

/// Counts, and remembers since when it is too much; a trigger makes the row in the outbox. At most the 2,000 issues that were
/// seen last and 10,000 of their events are looked at: what is filtered out of more is counted as less.
///
/// `alert_rule_due`, `issue_by_last_hour`, `event_group_by_issue`, primary key of `event`, whose times are the senders': clocks that
/// are up to five minutes slow are counted, and so are events that have none, which have 0 there.
pub fn look(now_ms: i64) -> Statement {
    Statement::new(LOOK, [now_ms.into()])
}

const LOOK: &str = "
    WITH due AS MATERIALIZED (
        SELECT id, project_id, settings, settings ->> 'sought' AS sought, ?1 - (settings ->> 'window') * 60000 AS since
        FROM alert_rule INDEXED BY alert_rule_due WHERE due_ms > 0 AND due_ms <= ?1 ORDER BY due_ms LIMIT 3),
    found AS MATERIALIZED (
        SELECT r.id, r.settings, (
            SELECT CASE WHEN r.settings ->> 'count_users' THEN count(DISTINCT a.user_hash) ELSE CAST(total(a.count) AS INTEGER) END
            FROM (SELECT e.* FROM (
                SELECT number FROM issue INDEXED BY issue_by_last_hour
                WHERE project_id = r.project_id AND status = 0 AND last_hour >= CAST(r.since / 3600000 AS INTEGER)
                AND level >= r.settings ->> 'least' AND level = coalesce(r.sought ->> 'level', level)
                AND (r.sought ->> 'text' = ''
                    OR instr(lower(kind || ' ' || value || ' ' || function || ' ' || place), r.sought ->> 'text') > 0)
                ORDER BY last_hour DESC LIMIT 2000) newest
                CROSS JOIN event_group g INDEXED BY event_group_by_issue
                    ON g.project_id = r.project_id AND g.number = newest.number
                CROSS JOIN (SELECT 1 AS is_timed UNION ALL SELECT 0) t
                CROSS JOIN event e ON e.project_id = r.project_id AND e.group_hash = g.hash
                    AND e.claimed_ms BETWEEN t.is_timed * (r.since - 300000) AND t.is_timed << 52
                LIMIT 10000) a
            WHERE a.at_ms > r.since AND r.settings ->> 'environment' IN ('', a.environment)
            AND NOT EXISTS (SELECT 1 FROM json_each(r.sought) f WHERE f.key NOT IN ('text', 'level')
                AND f.value <> CASE f.key WHEN 'release' THEN a.release WHEN 'environment' THEN a.environment
                    WHEN 'os' THEN a.os WHEN 'country' THEN a.country ELSE a.browser END)
        ) AS seen FROM due r)
    UPDATE alert_rule SET
        due_ms = ?1 + max(60000, (found.settings ->> 'window') * 5000),
        seen = found.seen,
        over_ms = CASE WHEN found.seen < found.settings ->> 'threshold' THEN 0
            WHEN alert_rule.over_ms > 0 THEN alert_rule.over_ms ELSE ?1 END
    FROM found WHERE alert_rule.id = found.id";
