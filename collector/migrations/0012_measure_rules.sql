-- Rules that tell of what is measured: web vitals, requests, sessions. Only adds: the code of 0011 goes on working on it, and looks
-- at none of these, because they have a time of their own.

-- When what a rule measures is looked at again; 0: it measures nothing, or is paused.
ALTER TABLE alert_rule ADD COLUMN measure_due_ms INTEGER NOT NULL DEFAULT 0;
-- What was found when it was last looked at, a JSON list of `alert/measure.rs`, and since when that is beyond the limit; 0: it is not.
ALTER TABLE alert_rule ADD COLUMN measured TEXT NOT NULL DEFAULT '';
ALTER TABLE alert_rule ADD COLUMN beyond_ms INTEGER NOT NULL DEFAULT 0;

CREATE INDEX alert_rule_measure_due ON alert_rule (measure_due_ms) WHERE measure_due_ms > 0;

-- Of a row whose kind is `measure`: what was found, so that every attempt says the same.
ALTER TABLE alert_outbox ADD COLUMN measured TEXT NOT NULL DEFAULT '';

CREATE TRIGGER alert_measured AFTER UPDATE OF beyond_ms ON alert_rule WHEN NEW.beyond_ms > OLD.beyond_ms
BEGIN INSERT INTO alert_outbox (rule_id, kind, number, at_ms, project_id, made_ms, delivery, next_ms, measured)
SELECT NEW.id, 'measure', 0, NEW.beyond_ms, NEW.project_id, NEW.beyond_ms, lower(hex(randomblob(16))), NEW.beyond_ms, NEW.measured
WHERE true ON CONFLICT DO NOTHING; END;
