-- Times end in _ms (since 1970) or _hour (hours since 1970). Hashes and event IDs are 16 bytes.
-- A row written is billed, and so is each index that it touches: keys do the work of indexes.

CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys the hash that stands for a visitor without a user.
INSERT INTO setting (name, value) VALUES ('visitor_salt', lower(hex(randomblob(20))));

CREATE TABLE project (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  short_prefix TEXT NOT NULL,
  last_issue INTEGER NOT NULL DEFAULT 0,
  retention_days INTEGER NOT NULL DEFAULT 90,
  created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE project_key (
  public_key TEXT PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES project (id),
  created_ms INTEGER NOT NULL,
  revoked_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;

-- A key signs in until it is revoked; a link signs in once and expires.
CREATE TABLE sign_in (
  hash BLOB PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  is_link INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  hash BLOB PRIMARY KEY,
  person_id INTEGER NOT NULL REFERENCES person (id),
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One bug. The number is what the short ID shows.
CREATE TABLE issue (
  project_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  status INTEGER NOT NULL DEFAULT 0,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  function TEXT NOT NULL,
  place TEXT NOT NULL,
  level INTEGER NOT NULL,
  handled INTEGER NOT NULL,
  first_release TEXT NOT NULL,
  last_hour INTEGER NOT NULL,
  status_ms INTEGER NOT NULL DEFAULT 0,
  regressed_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (project_id, number)
) STRICT, WITHOUT ROWID;

-- The list, newest first; moves once an hour and issue.
CREATE INDEX issue_by_last_hour ON issue (project_id, status, last_hour, number);

-- Where an event with a new raw fingerprint belongs.
CREATE TABLE issue_fingerprint (
  project_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

-- Events that say the same. An issue is a set of these; its counts are their sums. The newest hour is counted in the
-- row itself, which every event writes anyway; `group_hour` gets an hour when the next one begins.
CREATE TABLE event_group (
  project_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  number INTEGER NOT NULL,
  label TEXT NOT NULL,
  events INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  users INTEGER NOT NULL,
  hour INTEGER NOT NULL,
  hour_events INTEGER NOT NULL,
  bodies INTEGER NOT NULL,
  next_body INTEGER NOT NULL,
  body_ms INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_seen_ms INTEGER NOT NULL,
  last_release TEXT NOT NULL,
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_group_by_issue ON event_group (project_id, number);

-- One row an occurrence, keyed by what the sender sent: the same envelope again is the same row.
CREATE TABLE event (
  project_id INTEGER NOT NULL,
  group_hash BLOB NOT NULL,
  claimed_ms INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  commit_nonce INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  count INTEGER NOT NULL,
  release TEXT NOT NULL,
  environment TEXT NOT NULL,
  browser TEXT NOT NULL,
  os TEXT NOT NULL,
  page TEXT NOT NULL,
  user_hash BLOB,
  PRIMARY KEY (project_id, group_hash, claimed_ms, event_id)
) STRICT, WITHOUT ROWID;

-- Whole events, compressed. A group has 32 slots: the first event, and a ring of newer ones.
CREATE TABLE body (
  slot INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL,
  group_hash BLOB NOT NULL,
  event_id BLOB NOT NULL,
  at_ms INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE INDEX body_by_event ON body (project_id, event_id);

-- Hours that are over.
CREATE TABLE group_hour (
  project_id INTEGER NOT NULL,
  group_hash BLOB NOT NULL,
  hour INTEGER NOT NULL,
  events INTEGER NOT NULL,
  PRIMARY KEY (project_id, group_hash, hour)
) STRICT, WITHOUT ROWID;

-- Who saw an issue, up to 1,000. The nonce tells the commit that first saw the user.
CREATE TABLE issue_user (
  project_id INTEGER NOT NULL,
  number INTEGER NOT NULL,
  user_hash BLOB NOT NULL,
  commit_nonce INTEGER NOT NULL,
  PRIMARY KEY (project_id, number, user_hash)
) STRICT, WITHOUT ROWID;
