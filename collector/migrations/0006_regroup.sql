-- By which version of grouping a group was made, and what regrouping keeps until it is applied or undone. Only adds: the code
-- of 0005 goes on working on it.

-- Version of the grouping that its fingerprint is of, and the digest of the project's rules then.
ALTER TABLE event_group ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event_group ADD COLUMN rules TEXT NOT NULL DEFAULT '';

-- 1: somebody took it out of its issue. Regrouping leaves it where it is.
ALTER TABLE event_group ADD COLUMN parted INTEGER NOT NULL DEFAULT 0;

-- What was parted before has an issue of its own that no fingerprint leads to.
UPDATE event_group SET parted = 1
WHERE home > 0 AND (project_id, home) NOT IN (SELECT project_id, number FROM issue_fingerprint);

-- When regrouping made it, or, of status 3, made it part of another issue. 0: regrouping did not.
ALTER TABLE issue ADD COLUMN regrouped_ms INTEGER NOT NULL DEFAULT 0;

-- The newest regrouping of a project.
CREATE TABLE regroup (
  project_id INTEGER PRIMARY KEY,
  -- 0 looking at groups, 1 to be applied or discarded, 2 being applied, 3 applied, 4 being undone, 5 undone, 6 discarded
  state INTEGER NOT NULL,
  -- By which version and rules.
  version INTEGER NOT NULL,
  rules TEXT NOT NULL,
  -- The last group that was looked at; empty before the first.
  place BLOB NOT NULL,
  -- Parts that there are, and those that have been applied and not undone.
  parts INTEGER NOT NULL DEFAULT 0,
  applied INTEGER NOT NULL DEFAULT 0,
  groups INTEGER NOT NULL DEFAULT 0,
  -- Groups that stay where they are, for no event of theirs is kept.
  bodiless INTEGER NOT NULL DEFAULT 0,
  -- JSON: what becomes of the issues that change, a list of rows.
  result TEXT NOT NULL DEFAULT '',
  started_by TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  applied_by TEXT NOT NULL DEFAULT '',
  applied_ms INTEGER NOT NULL DEFAULT 0,
  undone_by TEXT NOT NULL DEFAULT '',
  undone_ms INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Groups that were looked at, those of a step in one row.
CREATE TABLE regroup_part (
  project_id INTEGER NOT NULL,
  part INTEGER NOT NULL,
  -- JSON: [[group, fingerprint, fingerprint of the version before, label, type, value, function, place], …]
  looked TEXT NOT NULL,
  -- JSON: [[group, number, home, number afterwards, home afterwards], …] of groups that were moved
  moved TEXT NOT NULL DEFAULT '[]',
  -- JSON: [[number, status, status_ms, merged_into, level, handled, regrouped_ms], …] of the issues concerned, as they were
  issues TEXT NOT NULL DEFAULT '[]',
  PRIMARY KEY (project_id, part)
) STRICT, WITHOUT ROWID;

-- Which issue a fingerprint gets, where that is not settled: none leads to it, several have its groups, or one has those of
-- several. 0: a new one.
CREATE TABLE regroup_claim (
  project_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX regroup_claim_by_issue ON regroup_claim (project_id, number);
