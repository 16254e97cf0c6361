-- What is told to whom: rules, and what waits to be sent. Only adds: the code of 0009 goes on working on it.

-- When the event came that made the issue, made it come back, or made it escalate; 0: no event made it, it was split off or
-- made by regrouping. And that event's environment.
ALTER TABLE issue ADD COLUMN news_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN news_environment TEXT NOT NULL DEFAULT '';

-- Whom to tell, and when. The ID is random: a rule that is deleted leaves it to no other.
CREATE TABLE alert_rule (
  id INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL,
  -- JSON object: what `alert/rule.rs` knows of it.
  settings TEXT NOT NULL,
  -- What messages are signed with.
  secret TEXT NOT NULL,
  -- Of the dashboard, as whoever saved the rule saw it.
  origin TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  -- Since when messages are counted, and how many there were.
  counted_ms INTEGER NOT NULL DEFAULT 0,
  counted INTEGER NOT NULL DEFAULT 0,
  -- When its threshold is looked at again; 0: it has none, or is paused.
  due_ms INTEGER NOT NULL DEFAULT 0,
  -- What was found when it was last looked at, and since when that is too much; 0: it is not.
  seen INTEGER NOT NULL DEFAULT 0,
  over_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX alert_rule_by_project ON alert_rule (project_id);

CREATE INDEX alert_rule_due ON alert_rule (due_ms) WHERE due_ms > 0;

-- A row for each rule and condition: made in the batch that makes the condition true.
CREATE TABLE alert_outbox (
  rule_id INTEGER NOT NULL,
  -- `new`, `regressed`, `escalating`, `threshold`, `test`
  kind TEXT NOT NULL,
  -- Of the issue; 0: of all.
  number INTEGER NOT NULL,
  -- When the condition came true, by the clock that says so: of a new issue 0, it is new once.
  at_ms INTEGER NOT NULL,
  project_id INTEGER NOT NULL,
  made_ms INTEGER NOT NULL,
  -- What each attempt says of itself. What is told in one message has one.
  delivery TEXT NOT NULL,
  -- 0 waits, 1 delivered, 2 given up, 3 told in the message of another condition
  state INTEGER NOT NULL DEFAULT 0,
  -- Conditions that are told in this one's message beside it.
  more INTEGER NOT NULL DEFAULT 0,
  -- What was counted, of a threshold.
  quantity INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Not before; while it is being sent, when somebody else may try.
  next_ms INTEGER NOT NULL,
  -- Who is sending it.
  claim INTEGER NOT NULL DEFAULT 0,
  tried_ms INTEGER NOT NULL DEFAULT 0,
  -- Of the last answer; 0: there was none.
  status INTEGER NOT NULL DEFAULT 0,
  -- In words.
  answer TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (rule_id, kind, number, at_ms)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_outbox_waiting ON alert_outbox (next_ms) WHERE state = 0;

CREATE INDEX alert_outbox_by_project ON alert_outbox (project_id, made_ms);

-- Where a project has no rules, these write nothing: `alert_rule_by_project`.
CREATE TRIGGER alert_new AFTER INSERT ON issue WHEN NEW.news_ms > 0 AND NEW.status = 0
BEGIN INSERT INTO alert_outbox (rule_id, kind, number, at_ms, project_id, made_ms, delivery, next_ms)
SELECT r.id, 'new', NEW.number, 0, NEW.project_id, NEW.news_ms, lower(hex(randomblob(16))), NEW.news_ms FROM alert_rule r
WHERE r.project_id = NEW.project_id AND r.settings ->> 'paused' = 0 AND r.settings ->> 'new' = 1
AND r.settings ->> 'least' <= NEW.level AND r.settings ->> 'environment' IN ('', NEW.news_environment)
ON CONFLICT DO NOTHING; END;

CREATE TRIGGER alert_regressed AFTER UPDATE OF regressed_ms ON issue
WHEN NEW.regressed_ms > OLD.regressed_ms
BEGIN INSERT INTO alert_outbox (rule_id, kind, number, at_ms, project_id, made_ms, delivery, next_ms)
SELECT r.id, 'regressed', NEW.number, NEW.regressed_ms, NEW.project_id, NEW.news_ms, lower(hex(randomblob(16))), NEW.news_ms
FROM alert_rule r
WHERE r.project_id = NEW.project_id AND r.settings ->> 'paused' = 0 AND r.settings ->> 'regressed' = 1
AND r.settings ->> 'least' <= NEW.level AND r.settings ->> 'environment' IN ('', NEW.news_environment)
ON CONFLICT DO NOTHING; END;

CREATE TRIGGER alert_escalating AFTER UPDATE OF escalated_ms ON issue
WHEN NEW.escalated_ms > OLD.escalated_ms AND NEW.status = 0
BEGIN INSERT INTO alert_outbox (rule_id, kind, number, at_ms, project_id, made_ms, delivery, next_ms)
SELECT r.id, 'escalating', NEW.number, NEW.escalated_ms, NEW.project_id, NEW.news_ms, lower(hex(randomblob(16))), NEW.news_ms
FROM alert_rule r
WHERE r.project_id = NEW.project_id AND r.settings ->> 'paused' = 0 AND r.settings ->> 'escalating' = 1
AND r.settings ->> 'least' <= NEW.level AND r.settings ->> 'environment' IN ('', NEW.news_environment)
ON CONFLICT DO NOTHING; END;

CREATE TRIGGER alert_threshold AFTER UPDATE OF over_ms ON alert_rule WHEN NEW.over_ms > 0 AND OLD.over_ms = 0
BEGIN INSERT INTO alert_outbox (rule_id, kind, number, at_ms, project_id, made_ms, delivery, next_ms, quantity)
SELECT NEW.id, 'threshold', 0, NEW.over_ms, NEW.project_id, NEW.over_ms, lower(hex(randomblob(16))), NEW.over_ms, NEW.seen
WHERE true ON CONFLICT DO NOTHING; END;
