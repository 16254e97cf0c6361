-- What people may do, who was invited, and what was changed by whom. In the first database only. Only adds: the code of 0006
-- goes on working on it.

-- 0 viewer, 1 member, 2 administrator: those who were there before may do everything.
ALTER TABLE person ADD COLUMN role INTEGER NOT NULL DEFAULT 2;

-- JSON list of project IDs; empty text: every project.
ALTER TABLE person ADD COLUMN projects TEXT NOT NULL DEFAULT '';

-- Lower case: whom Cloudflare Access signs in as this person. Empty: nobody.
ALTER TABLE person ADD COLUMN email TEXT NOT NULL DEFAULT '';

-- `Firefox 133 on Windows`, so that people know their sessions again.
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT '';

ALTER TABLE session ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- Who was removed: their names stay where they did something, and nobody gets their ID.
CREATE TABLE former_person (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  -- Cloudflare Access makes nobody of it again.
  email TEXT NOT NULL,
  removed_ms INTEGER NOT NULL
) STRICT;

-- A link that makes a person, once.
CREATE TABLE invitation (
  hash BLOB PRIMARY KEY,
  -- Whom it is meant for; may be empty.
  name TEXT NOT NULL,
  role INTEGER NOT NULL,
  projects TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who changed what, from where. Kept for a year.
CREATE TABLE audit (
  at_ms INTEGER NOT NULL,
  -- Tells two of one moment apart; chosen once for all tries of a write.
  id INTEGER NOT NULL,
  -- 0: a program, by the name of its token.
  person_id INTEGER NOT NULL,
  person TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (at_ms, id)
) STRICT, WITHOUT ROWID;
