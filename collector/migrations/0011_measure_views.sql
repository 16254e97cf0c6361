-- How pages feel: page views, what is added up of them, sessions, and what users say. Only adds: the code of 0010 goes on working
-- on it.

-- Page views as they came, up to 64 in a row, so that a view costs one row. The key is of the sender's bytes: the hour in which the
-- view began and two bits of its ID, so that the same view again is found among few.
CREATE TABLE page_view_chunk (
  project_id INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  -- Of `page_view_fold` when it was begun: it takes no more views once that has gone on.
  generation INTEGER NOT NULL,
  count INTEGER NOT NULL,
  -- The first 16 digits of each view's ID, with spaces between.
  ids TEXT NOT NULL,
  -- Lines of `core/src/page_view.rs`, with commas between.
  views TEXT NOT NULL,
  PRIMARY KEY (project_id, hour, slot, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX page_view_chunk_by_generation ON page_view_chunk (project_id, generation);

-- How far a project's views are added up: everything up to `folded`, of the generation after it up to `place`. The nonce is that
-- of the step that went so far.
CREATE TABLE page_view_fold (
  project_id INTEGER PRIMARY KEY,
  generation INTEGER NOT NULL,
  folded INTEGER NOT NULL,
  place TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  -- When the generation was begun.
  begun_ms INTEGER NOT NULL
) STRICT;

-- What views of a day add up to. Texts of `core/src/histogram.rs`, which are appended to and joined now and then. With row IDs,
-- because a search in a table without them reads whole rows to compare their keys, and these are long.
CREATE TABLE page_view_stat (
  project_id INTEGER NOT NULL,
  -- 0 pages, 1 endpoints, 2 rare pages, 3 rare endpoints; these two by name in `totals`
  kind INTEGER NOT NULL,
  -- Days since 1970.
  day INTEGER NOT NULL,
  -- Of the page or endpoint; empty: all of them.
  name TEXT NOT NULL,
  -- Hundredths: what lists are ordered by.
  quantity INTEGER NOT NULL,
  -- Texts longer than this are joined.
  join_at INTEGER NOT NULL DEFAULT 16000,
  totals TEXT NOT NULL,
  hours TEXT NOT NULL,
  releases TEXT NOT NULL,
  environments TEXT NOT NULL,
  browsers TEXT NOT NULL,
  devices TEXT NOT NULL,
  countries TEXT NOT NULL,
  -- Elements, scripts and pages that it was because of.
  causes TEXT NOT NULL,
  -- The slowest loads: lines as above, with commas between.
  slowest TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX page_view_stat_by_name ON page_view_stat (project_id, kind, day, name);

-- Sessions by six hours in which they began, release and environment. `seen` and `failed` tell what was counted
-- before.
CREATE TABLE session_stat (
  project_id INTEGER NOT NULL,
  -- Hours since 1970 of the first of the six.
  hour INTEGER NOT NULL,
  release TEXT NOT NULL,
  environment TEXT NOT NULL,
  started INTEGER NOT NULL,
  errored INTEGER NOT NULL,
  crashed INTEGER NOT NULL,
  abnormal INTEGER NOT NULL,
  exited INTEGER NOT NULL,
  -- Sessions with what became of them, newest last, 12 characters each: the last that began or ended, the last that failed.
  seen TEXT NOT NULL,
  failed TEXT NOT NULL,
  -- The 256 least hashes of users, with commas between, and of those whose session crashed.
  users TEXT NOT NULL,
  crashed_users TEXT NOT NULL,
  PRIMARY KEY (project_id, hour, release, environment)
) STRICT, WITHOUT ROWID;

-- What users say.
CREATE TABLE feedback (
  project_id INTEGER NOT NULL,
  -- 32 hexadecimal digits.
  id TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  -- 0 new, 1 done, 2 spam
  status INTEGER NOT NULL,
  message TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  url TEXT NOT NULL,
  -- 32 hexadecimal digits; empty without one.
  event_id TEXT NOT NULL,
  -- Of that event, if it was found; its issue is that of the group.
  group_hash BLOB,
  page_view_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  release TEXT NOT NULL,
  environment TEXT NOT NULL,
  browser TEXT NOT NULL,
  os TEXT NOT NULL,
  locale TEXT NOT NULL,
  -- Stands for who sent it.
  sender BLOB,
  -- Why it was taken for spam; empty: it was not, or somebody said so.
  spam TEXT NOT NULL,
  PRIMARY KEY (project_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX feedback_by_status ON feedback (project_id, status, at_ms);

CREATE INDEX feedback_by_group ON feedback (project_id, group_hash) WHERE group_hash IS NOT NULL;

-- Rows that were written for what is no error, by day: errors have the rest for themselves.
CREATE TABLE day_rows (
  -- Days since 1970.
  day INTEGER PRIMARY KEY,
  views INTEGER NOT NULL,
  feedback INTEGER NOT NULL
) STRICT;

-- 32 hexadecimal digits; empty if the sender did not say.
ALTER TABLE event ADD COLUMN page_view_id TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN session_id TEXT NOT NULL DEFAULT '';

-- Where feedback puts the issue in the order by trend: the day of the last message * 100 + two for each, 14 at most. 0: nobody wrote.
ALTER TABLE issue ADD COLUMN feedback_key INTEGER NOT NULL DEFAULT 0;

-- Whoever takes the time to write counts like many who do not.
CREATE TRIGGER feedback_raises_issue AFTER INSERT ON feedback WHEN NEW.status = 0 AND NEW.group_hash IS NOT NULL
BEGIN UPDATE issue SET events_key = max(events_key, 1), (feedback_key, trend_key) = (
    SELECT f.key, max(issue.trend_key, f.key) FROM (
      SELECT CAST(NEW.at_ms / 86400000 AS INTEGER) * 100 + min(14, 2 * count(*)) AS key FROM (
        SELECT 1 FROM event_group g INDEXED BY event_group_by_issue
        CROSS JOIN feedback o INDEXED BY feedback_by_group ON o.project_id = NEW.project_id AND o.group_hash = g.hash AND o.status = 0
        WHERE g.project_id = NEW.project_id AND g.number = issue.number LIMIT 7)) f)
  WHERE project_id = NEW.project_id AND number = (SELECT number FROM event_group
    WHERE project_id = NEW.project_id AND hash = NEW.group_hash); END;
