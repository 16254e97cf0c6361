//! What waits to be sent, in SQL: taken, sent, and written back. Each statement may be repeated.

use serde::{Deserialize, Serialize};

use crate::sql::Statement;

/// How long whoever took a row has to say what became of it: longer than an attempt takes.
pub const LEASE_MS: i64 = 60_000;

/// Messages that are taken at once, and sent side by side: a Worker has six connections.
pub const AT_ONCE: u32 = 5;

/// Days for which is kept what was told.
const KEPT_DAYS: i64 = 30;

/// A message that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Taken {
    /// Whose.
    pub rule_id: i64,
    /// With the next two, which condition it is.
    pub kind: String,
    /// Issue's number; 0: of all.
    pub number: u32,
    /// When the condition came true.
    pub at_ms: i64,
    /// The project.
    pub project_id: u32,
    /// What every attempt says of itself.
    pub delivery: String,
    /// With this one.
    pub attempts: u32,
    /// Conditions told in it beside its own.
    pub more: u64,
    /// The rule's settings.
    pub settings: String,
    /// The rule's secret.
    pub secret: String,
    /// The dashboard's origin.
    pub origin: String,
    /// JSON: what is told, a list for each condition.
    pub conditions: String,
}

/// 1 if something is due: `alert_outbox_waiting`.
pub fn is_due(now_ms: i64) -> Statement {
    Statement::new(
        "SELECT 1 AS due FROM alert_outbox INDEXED BY alert_outbox_waiting WHERE state = 0 AND next_ms <= ?1 LIMIT 1",
        [now_ms.into()],
    )
}

/// Milliseconds in which a rule's messages are counted, and how many it may have in them.
macro_rules! span {
    () => {
        "(max(1, r.settings ->> 'every') * 60000)"
    };
}
macro_rules! most {
    () => {
        "(CASE WHEN r.settings ->> 'every' > 0 THEN 1 ELSE 5 END)"
    };
}

/// Waits, and was not tried yet.
macro_rules! is_fresh {
    ($of:literal) => {
        concat!($of, "state = 0 AND ", $of, "next_ms <= ?1 AND ", $of, "attempts = 0")
    };
}

/// Takes what is due for [`LEASE_MS`], as `claim`, which says who takes it and is the same on every try. The last one gives
/// back [`Taken`]. All walk `alert_outbox_waiting` and the primary key of `alert_rule`.
pub fn take(claim: i64, now_ms: i64) -> [Statement; 5] {
    let lease_ms = now_ms + LEASE_MS;
    [
        Statement::new(HOLD, [now_ms.into()]),
        Statement::new(JOIN, [now_ms.into()]),
        Statement::new(TAKE, [now_ms.into(), claim.into(), lease_ms.into(), AT_ONCE.into()]),
        Statement::new(COUNT, [now_ms.into(), claim.into()]),
        taken(claim),
    ]
}

/// A rule that has told enough for now tells the rest later.
const HOLD: &str = concat!(
    "UPDATE alert_outbox INDEXED BY alert_outbox_waiting SET next_ms = r.counted_ms + ",
    span!(),
    " FROM alert_rule r WHERE r.id = alert_outbox.rule_id AND ",
    is_fresh!("alert_outbox."),
    " AND r.counted_ms + ",
    span!(),
    " > ?1 AND r.counted >= ",
    most!()
);

/// What is more than a rule may tell, or was held, becomes one message: that of the least ID.
const JOIN: &str = concat!(
    "WITH fresh AS MATERIALIZED (
        SELECT o.rule_id, min(o.delivery) AS delivery, count(*) AS conditions, max(o.next_ms > o.made_ms) AS was_held
        FROM alert_outbox o INDEXED BY alert_outbox_waiting WHERE ",
    is_fresh!("o."),
    " AND o.kind <> 'test' GROUP BY o.rule_id HAVING count(*) > 1),
    storm AS MATERIALIZED (
        SELECT fresh.* FROM fresh JOIN alert_rule r ON r.id = fresh.rule_id
        WHERE was_held OR conditions + CASE WHEN r.counted_ms + ",
    span!(),
    " > ?1 THEN r.counted ELSE 0 END > ",
    most!(),
    ")
    UPDATE alert_outbox INDEXED BY alert_outbox_waiting SET
        state = CASE WHEN alert_outbox.delivery = storm.delivery THEN 0 ELSE 3 END,
        more = CASE WHEN alert_outbox.delivery = storm.delivery THEN storm.conditions - 1 ELSE 0 END,
        delivery = storm.delivery
    FROM storm WHERE storm.rule_id = alert_outbox.rule_id AND alert_outbox.kind <> 'test' AND ",
    is_fresh!("alert_outbox.")
);

const TAKE: &str = "
    UPDATE alert_outbox SET claim = ?2, next_ms = ?3, attempts = attempts + 1, tried_ms = ?1
    WHERE (rule_id, kind, number, at_ms) IN (
        SELECT rule_id, kind, number, at_ms FROM alert_outbox INDEXED BY alert_outbox_waiting
        WHERE state = 0 AND next_ms <= ?1 ORDER BY next_ms LIMIT ?4)";

const COUNT: &str = concat!(
    "WITH first AS MATERIALIZED (
        SELECT rule_id, count(*) AS messages FROM alert_outbox INDEXED BY alert_outbox_waiting
        WHERE state = 0 AND next_ms > ?1 AND claim = ?2 AND attempts = 1 AND tried_ms = ?1 GROUP BY rule_id)
    UPDATE alert_rule AS r SET
        counted = first.messages + CASE WHEN r.counted_ms + ",
    span!(),
    " > ?1 THEN r.counted ELSE 0 END,
        counted_ms = CASE WHEN r.counted_ms + ",
    span!(),
    " > ?1 THEN r.counted_ms ELSE ?1 END
    FROM first WHERE first.rule_id = r.id"
);

/// What a claim holds: up to 20 conditions a message, with their issues. `alert_outbox_waiting`, `alert_outbox_by_project` over the day
/// in which a message's conditions lie, primary key of `issue`, `event_group_by_issue`.
pub fn taken(claim: i64) -> Statement {
    Statement::new(
        "SELECT o.rule_id, o.kind, o.number, o.at_ms, o.project_id, o.delivery, o.attempts, o.more, r.settings, r.secret,
            r.origin, (SELECT json_group_array(json_array(c.kind, c.number, c.made_ms, c.quantity, coalesce(i.kind, ''),
                coalesce(i.value, ''), coalesce(i.function, ''), coalesce(i.place, ''), coalesce(i.level, 3),
                coalesce(i.news_environment, ''), coalesce(i.first_release, ''),
                (SELECT coalesce(sum(g.events), 0) FROM event_group g INDEXED BY event_group_by_issue
                    WHERE g.project_id = o.project_id AND g.number = c.number),
                (SELECT coalesce(sum(g.users), 0) FROM event_group g INDEXED BY event_group_by_issue
                    WHERE g.project_id = o.project_id AND g.number = c.number), json(nullif(c.measured, ''))))
            FROM (SELECT * FROM alert_outbox p INDEXED BY alert_outbox_by_project
                WHERE p.project_id = o.project_id AND p.made_ms >= o.made_ms - 90000000 AND p.delivery = o.delivery
                ORDER BY p.made_ms LIMIT 20) c
            LEFT JOIN issue i ON i.project_id = o.project_id AND i.number = c.number) AS conditions
        FROM alert_outbox o INDEXED BY alert_outbox_waiting CROSS JOIN alert_rule r ON r.id = o.rule_id
        WHERE o.state = 0 AND o.claim = ?1",
        [claim.into()],
    )
}

/// A message that is sent at once, whatever the rule says; primary keys.
pub fn test(rule_id: i64, project_id: u32, claim: i64, now_ms: i64) -> Statement {
    Statement::new(
        "INSERT INTO alert_outbox (rule_id, kind, number, at_ms, project_id, made_ms, delivery, next_ms, claim, attempts,
            tried_ms)
         SELECT id, 'test', 0, ?3, project_id, ?4, lower(hex(randomblob(16))), ?4 + 60000, ?3, 1, ?4
         FROM alert_rule WHERE id = ?1 AND project_id = ?2 ON CONFLICT DO NOTHING",
        [rule_id.into(), project_id.into(), claim.into(), now_ms.into()],
    )
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Whose.
    pub rule_id: i64,
    /// With the next two, which condition it was.
    pub kind: String,
    /// Issue's number.
    pub number: u32,
    /// When the condition came true.
    pub at_ms: i64,
    /// 0 tried again, 1 delivered, 2 given up.
    pub state: u32,
    /// When it is tried again.
    pub next_ms: i64,
    /// Of the answer; 0: there was none.
    pub status: u16,
    /// In words.
    pub answer: String,
}

/// Writes back what became of a claim's messages; primary key of `alert_outbox`.
pub fn finish(claim: i64, tried: &[Tried]) -> Statement {
    let rows = serde_json::to_string(tried).unwrap_or_default();
    Statement::new(
        "UPDATE alert_outbox SET state = j.value ->> 'state', next_ms = j.value ->> 'next_ms',
            status = j.value ->> 'status', answer = j.value ->> 'answer'
         FROM json_each(?2) j WHERE rule_id = j.value ->> 'rule_id' AND kind = j.value ->> 'kind'
         AND number = j.value ->> 'number' AND at_ms = j.value ->> 'at_ms' AND claim = ?1 AND state = 0",
        [claim.into(), rows.into()],
    )
}

/// A message, for whoever looks what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct DeliveryRow {
    /// Its ID.
    pub delivery: String,
    /// Whose.
    pub rule_id: i64,
    /// `new`, `regressed`, `escalating`, `threshold`, `measure`, `test`
    pub kind: String,
    /// Issue's number; 0: of all.
    pub number: u32,
    /// When the condition came true, by the collector's clock.
    pub made_ms: i64,
    /// Conditions told in it beside its own.
    pub more: u64,
    /// 0 waits, 1 delivered, 2 given up.
    pub state: u32,
    /// How often it was sent.
    pub attempts: u32,
    /// When it is sent, or sent again.
    pub next_ms: i64,
    /// Of the last answer; 0: there was none.
    pub status: u16,
    /// In words.
    pub answer: String,
    /// What was found, if that was the condition: [`Found::row`](super::measure::Found::row).
    pub measured: String,
}

impl DeliveryRow {
    /// `waiting`, `delivered`, `failed`
    pub fn state(&self) -> &'static str {
        match self.state {
            1 => "delivered",
            2 => "failed",
            _ => "waiting",
        }
    }
}

/// Messages of a project, newest first, of the newest 1,000 conditions: `alert_outbox_by_project`.
pub fn deliveries(project_id: u32, most: u32) -> Statement {
    Statement::new(
        "SELECT delivery, rule_id, kind, number, made_ms, more, state, attempts, next_ms, status, answer, measured
         FROM (SELECT * FROM alert_outbox INDEXED BY alert_outbox_by_project WHERE project_id = ?1
            ORDER BY made_ms DESC LIMIT 1000)
         WHERE state <> 3 ORDER BY made_ms DESC LIMIT ?2",
        [project_id.into(), most.into()],
    )
}

/// The message that a test has sent; primary key.
pub fn tested(rule_id: i64, claim: i64) -> Statement {
    Statement::new(
        "SELECT delivery, rule_id, kind, number, made_ms, more, state, attempts, next_ms, status, answer, measured
         FROM alert_outbox WHERE rule_id = ?1 AND kind = 'test' AND number = 0 AND at_ms = ?2",
        [rule_id.into(), claim.into()],
    )
}

/// What was told long ago, of the projects that have rules: SCAN of `alert_rule`, a row a rule; `alert_outbox_by_project`.
pub fn expired(now_ms: i64) -> Statement {
    Statement::new(
        "DELETE FROM alert_outbox WHERE (rule_id, kind, number, at_ms) IN (
            SELECT o.rule_id, o.kind, o.number, o.at_ms FROM (SELECT DISTINCT project_id FROM alert_rule) r
            CROSS JOIN alert_outbox o INDEXED BY alert_outbox_by_project
                ON o.project_id = r.project_id AND o.made_ms < ?1 LIMIT 500)",
        [(now_ms - KEPT_DAYS * 24 * 3_600_000).into()],
    )
}

#[cfg(test)]
mod tests;
