-- What people do with issues and say about them. Only adds: the code of 0008 goes on working on it.

-- The person who sees to it; 0: nobody.
ALTER TABLE issue ADD COLUMN assignee INTEGER NOT NULL DEFAULT 0;

CREATE INDEX issue_by_assignee ON issue (project_id, assignee, number) WHERE assignee > 0;

-- 1: `resolved_release` was the newest one when the issue was resolved "in the next release".
ALTER TABLE issue ADD COLUMN resolved_next INTEGER NOT NULL DEFAULT 0;

-- A ticket elsewhere: https://…; empty without one.
ALTER TABLE issue ADD COLUMN link TEXT NOT NULL DEFAULT '';

-- A line for each flag, tag and failed request of the event: `flag.new-pay=true`. The row is written anyway.
ALTER TABLE event ADD COLUMN facts TEXT NOT NULL DEFAULT '';

-- How much a kept event says: more is better.
ALTER TABLE body ADD COLUMN context INTEGER NOT NULL DEFAULT 0;

-- Who did what with an issue and when, comments among it; newest last. `detail` is JSON, by `kind`. What the collector
-- noticed by itself has nobody's name.
CREATE TABLE activity (
  project_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  -- Tells two things of one moment apart; chosen once for all tries of a write.
  id INTEGER NOT NULL,
  person_id INTEGER NOT NULL,
  person TEXT NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (project_id, number, at_ms, id)
) STRICT, WITHOUT ROWID;

-- Triggers, because an event that changes nothing must not cost a statement.
CREATE TRIGGER issue_regressed AFTER UPDATE OF regressed_ms ON issue
WHEN NEW.regressed_ms > OLD.regressed_ms
BEGIN INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
  VALUES (NEW.project_id, NEW.number, NEW.regressed_ms, 1 + abs(random() % 9007199254740990), 0, '', 'regressed',
    json_object('release', (SELECT last_release FROM event_group INDEXED BY event_group_by_issue
      WHERE project_id = NEW.project_id AND number = NEW.number ORDER BY last_seen_ms DESC LIMIT 1))); END;

CREATE TRIGGER issue_escalated AFTER UPDATE OF escalated_ms ON issue
WHEN NEW.escalated_ms > OLD.escalated_ms
BEGIN INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
  VALUES (NEW.project_id, NEW.number, NEW.escalated_ms, 1 + abs(random() % 9007199254740990), 0, '', 'escalated',
    json_object('limit', NEW.hour_limit)); END;

-- Ignored until something that has come: whoever opens an issue by hand takes its conditions away.
CREATE TRIGGER issue_woke AFTER UPDATE OF status ON issue
WHEN OLD.status = 2 AND NEW.status = 0 AND NEW.ignore_until_ms + NEW.ignore_events + NEW.ignore_users > 0
BEGIN INSERT INTO activity (project_id, number, at_ms, id, person_id, person, kind, detail)
  VALUES (NEW.project_id, NEW.number, NEW.status_ms, 1 + abs(random() % 9007199254740990), 0, '', 'woke', '{}'); END;
