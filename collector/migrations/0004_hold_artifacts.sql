-- What was uploaded to read minified and wasm stacks: look-up tables, the packs that hold them in KV, and the files that they
-- are for; tokens that upload; releases as their makers tell of them. Only adds: the code of 0003 goes on working on it.

-- What programs sign in with. Asked for in the first database only. The hash is that of the token's secret part.
CREATE TABLE api_token (
  hash BLOB PRIMARY KEY,
  -- 0: every project.
  project_id INTEGER NOT NULL,
  -- `artifacts:write project:read`
  scopes TEXT NOT NULL,
  label TEXT NOT NULL,
  made_by TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  revoked_ms INTEGER
) STRICT, WITHOUT ROWID;

-- Chunks of bundles that sentry-cli uploads, by SHA-1, in the first database: they belong to no project. KV has the bytes, and
-- forgets them by itself.
CREATE TABLE upload_chunk (
  hash BLOB PRIMARY KEY,
  bytes INTEGER NOT NULL,
  stored_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX upload_chunk_by_time ON upload_chunk (stored_ms);

-- A look-up table, by SHA-256 of its bytes, and where it lies in a pack.
CREATE TABLE artifact (
  project_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  pack BLOB NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

-- One value in KV, by SHA-256 of its bytes. It goes as a whole once no file needs any of its tables.
CREATE TABLE artifact_pack (
  project_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  -- Since when no file needs it. 0: it is kept. -1: KV is being asked to forget it.
  going_ms INTEGER NOT NULL DEFAULT 0,
  -- JSON: hashes of the tables in it.
  tables TEXT NOT NULL,
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_pack_going ON artifact_pack (going_ms) WHERE going_ms <> 0;

-- A file of a release that a table is for: `~/assets/main.js`, or a whole URL. What was uploaded without a release has the
-- checksum of its bundle as `dist`, so that it is kept as long as it is used itself.
CREATE TABLE artifact_file (
  project_id INTEGER NOT NULL,
  release TEXT NOT NULL,
  dist TEXT NOT NULL,
  url TEXT NOT NULL,
  -- Lower-case hexadecimal digits; empty if it has none.
  debug_id TEXT NOT NULL,
  -- Of the table; NULL while there is none.
  hash BLOB,
  -- SHA-1 of the bundle that a table is to be made from.
  bundle BLOB,
  -- Why there can be no table, in words; else empty.
  refused TEXT NOT NULL DEFAULT '',
  -- `source_map`, `wasm`
  kind TEXT NOT NULL DEFAULT '',
  -- Functions that have a name, and sources.
  names INTEGER NOT NULL DEFAULT 0,
  sources INTEGER NOT NULL DEFAULT 0,
  uploaded_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, release, dist, url, debug_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_file_by_debug_id ON artifact_file (project_id, debug_id, uploaded_ms) WHERE debug_id <> '';

CREATE INDEX artifact_file_by_hash ON artifact_file (project_id, hash) WHERE hash IS NOT NULL;

-- A release, or one dist of it, that something was uploaded for.
CREATE TABLE artifact_release (
  project_id INTEGER NOT NULL,
  release TEXT NOT NULL,
  dist TEXT NOT NULL,
  files INTEGER NOT NULL,
  uploaded_ms INTEGER NOT NULL,
  -- When an event last needed one of its files; moved once a day.
  used_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, release, dist)
) STRICT, WITHOUT ROWID;

-- A zip of sources and maps that sentry-cli uploaded, from which tables are made file by file.
CREATE TABLE artifact_bundle (
  project_id INTEGER NOT NULL,
  hash BLOB NOT NULL,
  release TEXT NOT NULL,
  dist TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  -- JSON: SHA-1 of its chunks, in order.
  chunks TEXT NOT NULL,
  files INTEGER NOT NULL,
  -- JSON: what is still to be done; each file with where its parts lie in the bundle.
  pending TEXT NOT NULL,
  pending_files INTEGER NOT NULL,
  -- JSON: what cannot be done, and why.
  refused TEXT NOT NULL DEFAULT '[]',
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, hash, release, dist)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifact_bundle_pending ON artifact_bundle (created_ms) WHERE pending_files > 0;

-- What a deployment's scripts say of a release: JSON, one object. In the first database.
CREATE TABLE release_detail (
  version TEXT NOT NULL,
  project_id INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  released_ms INTEGER NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (version, project_id)
) STRICT, WITHOUT ROWID;
