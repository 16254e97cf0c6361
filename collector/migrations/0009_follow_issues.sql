-- What people do with issues and say about them. Only adds: the code of 0008 goes on working on it.

-- The person who sees to it; 0: nobody.
ALTER TABLE issue ADD COLUMN assignee INTEGER NOT NULL DEFAULT 0;

CREATE INDEX issue_by_assignee ON issue (project_id, assignee, number) WHERE assignee > 0;

-- Who did what with an issue and when, comments among it; newest last. `detail` is JSON, by `kind`.
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
