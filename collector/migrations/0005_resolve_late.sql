-- Groups that an upload may tell more of. Only adds: the code of 0004 goes on working on it.

-- 1: frames of its events are as the engine said them, and an upload may change that.
ALTER TABLE event_group ADD COLUMN raw_frames INTEGER NOT NULL DEFAULT 0;

-- 1: its fingerprint is made of frames that are as good as they get. 0: the first group of it that is resolved later takes
-- the issue along, with its number, status and history.
ALTER TABLE issue ADD COLUMN is_resolved_fingerprint INTEGER NOT NULL DEFAULT 0;
