-- What lists of issues are sorted and searched by, and searches that were kept. Only adds: the code of 0007 goes on working on it.

-- How many events and users, in steps 1, 2, 5, 10, …: 3 for each digit and one each from 2 and 5 on; 0 below 100. Refreshed as an
-- hour of the issue begins, so that no event pays for it, and by the trigger below.
ALTER TABLE issue ADD COLUMN events_key INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN users_key INTEGER NOT NULL DEFAULT 0;

-- Day * 100 + twice the events of a day over the mean day of a week, 14 at most. 0: below 1.5, or less than 20 events in the day.
ALTER TABLE issue ADD COLUMN trend_key INTEGER NOT NULL DEFAULT 0;

CREATE INDEX issue_by_events ON issue (project_id, status, events_key, number) WHERE events_key > 0;

CREATE INDEX issue_by_users ON issue (project_id, status, users_key, number) WHERE users_key > 0;

CREATE INDEX issue_by_trend ON issue (project_id, status, trend_key, number) WHERE trend_key > 0 AND events_key > 0;

CREATE INDEX issue_by_regressed ON issue (project_id, regressed_ms, number) WHERE regressed_ms > 0;

CREATE INDEX issue_by_escalated ON issue (project_id, escalated_ms, number) WHERE escalated_ms > 0;

-- The newest releases, for those who choose one.
CREATE INDEX release_by_time ON release (project_id, first_seen_ms);

-- A line for each tag, flag and page that the group was seen with: `tag.plan=pro`, 40 values each at most.
ALTER TABLE event_group ADD COLUMN tags TEXT NOT NULL DEFAULT '';

-- Days that are over, 14 characters each: day in 5 digits, events in 8, a space. The last 90 that have events.
ALTER TABLE event_group ADD COLUMN days TEXT NOT NULL DEFAULT '';

-- Whoever has hundreds of events before its first hour is over is found at once.
CREATE TRIGGER issue_events_grow AFTER UPDATE OF events ON event_group
WHEN NEW.events >= 500 AND 3 * length(NEW.events) + (substr(NEW.events, 1, 1) >= '2') + (substr(NEW.events, 1, 1) >= '5') > 3 * length(OLD.events) + (substr(OLD.events, 1, 1) >= '2') + (substr(OLD.events, 1, 1) >= '5')
BEGIN UPDATE issue SET events_key = max(events_key, 3 * length(NEW.events) + (substr(NEW.events, 1, 1) >= '2') + (substr(NEW.events, 1, 1) >= '5')) WHERE project_id = NEW.project_id AND number = NEW.number; END;

-- The issues that were there before, as many as one step can take: the others follow as they are seen again.
UPDATE issue SET
  events_key = (SELECT CASE WHEN sum(g.events) < 100 THEN 0 ELSE 3 * length(sum(g.events)) + (substr(sum(g.events), 1, 1) >= '2') + (substr(sum(g.events), 1, 1) >= '5') END FROM event_group g WHERE g.project_id = issue.project_id AND g.number = issue.number),
  users_key = (SELECT CASE WHEN sum(g.users) < 100 THEN 0 ELSE 3 * length(sum(g.users)) + (substr(sum(g.users), 1, 1) >= '2') + (substr(sum(g.users), 1, 1) >= '5') END FROM event_group g WHERE g.project_id = issue.project_id AND g.number = issue.number)
WHERE status < 3 AND (project_id, number) IN (SELECT i.project_id, i.number FROM issue i WHERE i.status < 3 AND EXISTS (SELECT 1 FROM event_group g WHERE g.project_id = i.project_id AND g.number = i.number AND g.events >= 100) ORDER BY i.last_hour DESC LIMIT 1000);

-- Searches that somebody kept. `search` is the query of the list's URL.
CREATE TABLE saved_view (
  project_id INTEGER NOT NULL,
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL,
  -- Who made it.
  person_id INTEGER NOT NULL,
  -- 1: everybody sees it.
  is_shared INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;
