-- Who may send what: settings of projects, names of keys, events counted by hour for quotas, users to be erased. Only
-- adds: the code of 0002 goes on working on it.

-- JSON object: what differs from the defaults of `settings.rs`.
ALTER TABLE project ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

-- What its owner calls a key.
ALTER TABLE project_key ADD COLUMN label TEXT NOT NULL DEFAULT '';

-- Events taken in by the hour in which they came; isolates add theirs now and then, so at least so many. What the hour may
-- hold is made as it begins.
CREATE TABLE project_hour (
  project_id INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  events INTEGER NOT NULL,
  -- Of the same day, UTC, before this hour.
  day_before INTEGER NOT NULL,
  -- More than this in the hour is a spike. 0: the project has no past to compare with.
  spike_limit INTEGER NOT NULL,
  PRIMARY KEY (project_id, hour)
) STRICT, WITHOUT ROWID;

-- Users whose data go: `place` is the last group that was looked at. Gone itself once all groups were.
CREATE TABLE erasure (
  project_id INTEGER NOT NULL,
  user TEXT NOT NULL,
  place BLOB NOT NULL,
  asked_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, user)
) STRICT, WITHOUT ROWID;
