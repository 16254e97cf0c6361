-- The life of an issue, users and facets by group, what was refused, and where a project's data lie. Only adds: the code
-- of 0001 goes on working on it, and a later release takes away what only that code used.

-- Which of the databases DB, DB_1, DB_2, … holds the project's events. Only the first database's row is asked.
ALTER TABLE project ADD COLUMN database INTEGER NOT NULL DEFAULT 0;

-- JSON: ["https://shop.test", "https://*.shop.test"]; empty allows every origin.
ALTER TABLE project ADD COLUMN allowed_origins TEXT NOT NULL DEFAULT '[]';

-- Status: 0 open, 1 resolved, 2 ignored, 3 merged into another issue, 4 being deleted, 5 deleted. A deleted issue's row
-- stays, so that its number is never given out again.
-- Resolved: seen in a later release than this, it is a regression. Empty: seen at all.
ALTER TABLE issue ADD COLUMN resolved_release TEXT NOT NULL DEFAULT '';

-- Ignored: until this time, this number of events, or of users. 0: not until then.
ALTER TABLE issue ADD COLUMN ignore_until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN ignore_events INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN ignore_users INTEGER NOT NULL DEFAULT 0;

-- More events than this in `last_hour` is an escalation; set as the hour begins. 0: no limit, in an issue's first hour.
ALTER TABLE issue ADD COLUMN hour_limit INTEGER NOT NULL DEFAULT 0;

-- When it last went over its limit.
ALTER TABLE issue ADD COLUMN escalated_ms INTEGER NOT NULL DEFAULT 0;

-- Merged: into this issue, which itself is merged into none. Its short ID leads there.
ALTER TABLE issue ADD COLUMN merged_into INTEGER NOT NULL DEFAULT 0;

CREATE INDEX issue_by_merged ON issue (project_id, merged_into) WHERE merged_into > 0;

-- Every event writes its group's row anyway, and the size of a row costs nothing, so what else would be rows of their
-- own is kept here as text.
-- `home` is the issue that the group's fingerprint made, `number` the one that it counts for: they differ after a merge.
-- 0 stands for `number`.
ALTER TABLE event_group ADD COLUMN home INTEGER NOT NULL DEFAULT 0;

-- `users` counts those that the issue first saw in this group, so that sums are exact; this, all of the group's.
ALTER TABLE event_group ADD COLUMN own_users INTEGER NOT NULL DEFAULT 0;

-- A line for each release, environment, browser, system and country that the group was seen in: `release=shop@1`.
ALTER TABLE event_group ADD COLUMN facets TEXT NOT NULL DEFAULT '
';

-- Slots of the kept bodies, oldest first, 17 characters each: `1234567890123456,`.
ALTER TABLE event_group ADD COLUMN kept TEXT NOT NULL DEFAULT '';

-- Hours before the newest one, 15 characters each: hour in 6 digits, events in 8, a space. The last 24 that have events.
ALTER TABLE event_group ADD COLUMN recent TEXT NOT NULL DEFAULT '';

ALTER TABLE event ADD COLUMN country TEXT NOT NULL DEFAULT '';

-- When the collector stored it. 0: before this column was there.
ALTER TABLE event ADD COLUMN stored_ms INTEGER NOT NULL DEFAULT 0;

-- Who saw a group; up to 1,000. The nonce tells the commit that first saw the user.
CREATE TABLE group_user (
  project_id INTEGER NOT NULL,
  group_hash BLOB NOT NULL,
  user_hash BLOB NOT NULL,
  commit_nonce INTEGER NOT NULL,
  PRIMARY KEY (project_id, group_hash, user_hash)
) STRICT, WITHOUT ROWID;

-- Users were kept by issue: of an issue's groups, any one may have them, the sums stay right.
INSERT INTO group_user (project_id, group_hash, user_hash, commit_nonce)
SELECT u.project_id, (SELECT min(g.hash) FROM event_group g WHERE g.project_id = u.project_id AND g.number = u.number),
  u.user_hash, u.commit_nonce
FROM issue_user u WHERE EXISTS (SELECT 1 FROM event_group g WHERE g.project_id = u.project_id AND g.number = u.number);

UPDATE event_group SET own_users = (SELECT count(*) FROM group_user u
  WHERE u.project_id = event_group.project_id AND u.group_hash = event_group.hash);

-- The code of 0001 counts a user whom it adds to `issue_user`: not one whom we have counted.
CREATE TRIGGER issue_user_once BEFORE INSERT ON issue_user
WHEN EXISTS (SELECT 1 FROM event_group g JOIN group_user u ON u.project_id = g.project_id AND u.group_hash = g.hash
    AND u.user_hash = NEW.user_hash WHERE g.project_id = NEW.project_id AND g.number = NEW.number)
BEGIN SELECT RAISE(IGNORE); END;

-- The code of 0001 counts issues up in `project`: past those that we have numbered.
CREATE TRIGGER issue_number_is_free AFTER UPDATE OF last_issue ON project
WHEN EXISTS (SELECT 1 FROM issue WHERE project_id = NEW.id AND number >= NEW.last_issue)
BEGIN UPDATE project SET last_issue = (SELECT max(number) + 1 FROM issue WHERE project_id = NEW.id) WHERE id = NEW.id; END;

-- A body's slot is a hash of its event's ID now. Those of 0001 lie in 32 slots of their group until they are too old.
DROP INDEX body_by_event;

-- Versions of the page's code. `sort_key` orders versions of one package that follow semantic versioning; others are
-- ordered by when they were first seen.
CREATE TABLE release (
  project_id INTEGER NOT NULL,
  version TEXT NOT NULL,
  package TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, version)
) STRICT, WITHOUT ROWID;

-- What was not stored, and why: added up before it gets here, so that it is no attack on the bill.
CREATE TABLE outcome (
  project_id INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, hour, outcome, reason, detail)
) STRICT, WITHOUT ROWID;

-- Groups of deleted issues: their events go in steps. An event stored afterwards is another issue's.
CREATE TABLE deleted_group (
  project_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  deleted_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, hash, deleted_ms)
) STRICT, WITHOUT ROWID;
