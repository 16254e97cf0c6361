-- What people may do, who was invited, and what was changed by whom. In the first database only. Only adds: the code of 0006
-- goes on working on it.

-- 0 viewer, 1 member, 2 administrator: those who were there before may do everything.
ALTER TABLE person ADD COLUMN role INTEGER NOT NULL DEFAULT 2;

-- JSON list of project IDs; empty text: every project.
ALTER TABLE person ADD COLUMN projects TEXT NOT NULL DEFAULT '';
