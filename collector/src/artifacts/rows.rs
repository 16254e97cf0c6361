//! What an upload writes into the database. Lists travel as JSON, one argument each.

use serde::{Deserialize, Serialize};

use crate::plan::{HOUR_MS, bytes_of_hex};
use crate::sql::Statement;

/// Files of one statement: an argument has at most 2 MB.
pub(super) const FILES_A_STATEMENT: usize = 2_000;

/// A table in a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// SHA-256, hexadecimal digits.
    pub hash: String,
    /// Where it begins in the pack.
    pub offset: u32,
    /// Its bytes.
    pub length: u32,
}

/// A file of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// `~/assets/main.js`, or a whole URL.
    pub url: String,
    /// Lower-case hexadecimal digits; empty if it has none.
    pub debug_id: String,
    /// SHA-256 of its table; empty while there is none.
    pub hash: String,
    /// `source_map`, `wasm`
    pub kind: String,
    /// Functions that have a name.
    pub names: u32,
    /// Sources.
    pub sources: u32,
}

/// Which of these tables are not there. Primary key of `artifact`.
pub fn missing(project_id: u32, hashes: &[&str]) -> Statement {
    let hashes = serde_json::to_string(hashes).unwrap_or_default();
    Statement::new(
        "SELECT value AS hash FROM json_each(?2) WHERE NOT EXISTS (
            SELECT 1 FROM artifact WHERE project_id = ?1 AND hash = unhex(value))",
        [project_id.into(), hashes.into()],
    )
}

/// Announces a pack before KV gets it, so that nothing lies there that nobody knows of. Gives back a row unless it is being
/// taken away at this moment. Primary key of `artifact_pack`.
pub fn announce_pack(
    project_id: u32,
    hash: &str,
    bytes: usize,
    tables: &[Table],
    now_ms: i64,
) -> Statement {
    let hashes: Vec<&str> = tables.iter().map(|table| table.hash.as_str()).collect();
    let hashes = serde_json::to_string(&hashes).unwrap_or_default();
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    Statement::new(
        "INSERT INTO artifact_pack (project_id, hash, bytes, created_ms, tables) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET created_ms = ?4, going_ms = 0 WHERE going_ms >= 0 RETURNING bytes",
        [
            project_id.into(),
            bytes_of_hex(hash).into(),
            bytes.into(),
            now_ms.into(),
            hashes.into(),
        ],
    )
}

/// The tables of a pack that KV has. What is there already, in another pack, stays. Primary key of `artifact`.
pub fn add_tables(project_id: u32, pack: &str, tables: &[Table], now_ms: i64) -> Statement {
    let tables = serde_json::to_string(tables).unwrap_or_default();
    Statement::new(
        "INSERT INTO artifact (project_id, hash, pack, offset, length, created_ms)
         SELECT ?1, unhex(value ->> 'hash'), ?2, value ->> 'offset', value ->> 'length', ?4
         FROM json_each(?3) WHERE true ON CONFLICT DO NOTHING",
        [project_id.into(), bytes_of_hex(pack).into(), tables.into(), now_ms.into()],
    )
}

/// The files of a release whose tables are there: what is there already, and the same, writes nothing. Primary keys of
/// `artifact_file` and `artifact`, and the indexes of `artifact_file`.
pub fn add_files(
    project_id: u32,
    release: &str,
    dist: &str,
    files: &[File],
    now_ms: i64,
) -> Vec<Statement> {
    let statement = |files: &[File]| {
        let files = serde_json::to_string(files).unwrap_or_default();
        Statement::new(
            "INSERT INTO artifact_file (project_id, release, dist, url, debug_id, hash, kind, names, sources, uploaded_ms)
             SELECT ?1, ?2, ?3, value ->> 'url', value ->> 'debug_id', unhex(value ->> 'hash'), value ->> 'kind',
                value ->> 'names', value ->> 'sources', ?5
             FROM json_each(?4) WHERE EXISTS (
                SELECT 1 FROM artifact WHERE project_id = ?1 AND hash = unhex(value ->> 'hash'))
             ON CONFLICT DO UPDATE SET hash = excluded.hash, bundle = NULL, refused = '', kind = excluded.kind,
                names = excluded.names, sources = excluded.sources, uploaded_ms = excluded.uploaded_ms
             WHERE hash IS NOT excluded.hash",
            [project_id.into(), release.into(), dist.into(), files.into(), now_ms.into()],
        )
    };
    files.chunks(FILES_A_STATEMENT).map(statement).collect()
}

/// Files that wait for a table to be made of a bundle. Those that have one keep it meanwhile. Primary key and indexes of
/// `artifact_file`.
pub fn add_pending(
    project_id: u32,
    bundle: &str,
    (release, dist): (&str, &str),
    files: &[File],
    now_ms: i64,
) -> Vec<Statement> {
    let statement = |files: &[File]| {
        let files = serde_json::to_string(files).unwrap_or_default();
        Statement::new(
            "INSERT INTO artifact_file (project_id, release, dist, url, debug_id, bundle, uploaded_ms)
             SELECT ?1, ?2, ?3, value ->> 'url', value ->> 'debug_id', ?6, ?5 FROM json_each(?4) WHERE true
             ON CONFLICT DO UPDATE SET bundle = excluded.bundle",
            [
                project_id.into(),
                release.into(),
                dist.into(),
                files.into(),
                now_ms.into(),
                bytes_of_hex(bundle).into(),
            ],
        )
    };
    files.chunks(FILES_A_STATEMENT).map(statement).collect()
}

/// How fine it is known when a release was last asked for: deploying the same again writes a row a day.
const USED_STEP_MS: i64 = 24 * HOUR_MS;

/// Notes an upload for a release, after its files; `uploaded_ms` moves where a file has changed, so that stored events are looked
/// at again. Primary keys of `artifact_release` and `artifact_file`.
pub fn add_release(project_id: u32, release: &str, dist: &str, now_ms: i64) -> Statement {
    Statement::new(
        "INSERT INTO artifact_release (project_id, release, dist, files, uploaded_ms, used_ms)
         SELECT ?1, ?2, ?3, count(*), coalesce(max(uploaded_ms), ?4), ?4 FROM artifact_file
         WHERE project_id = ?1 AND release = ?2 AND dist = ?3 HAVING count(*) > 0
         ON CONFLICT DO UPDATE SET files = excluded.files, uploaded_ms = excluded.uploaded_ms, used_ms = excluded.used_ms
         WHERE files <> excluded.files OR uploaded_ms <> excluded.uploaded_ms OR used_ms < ?5",
        [
            project_id.into(),
            release.into(),
            dist.into(),
            now_ms.into(),
            (now_ms - USED_STEP_MS).into(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    const NOW_MS: i64 = 1_800_000_000_000;

    fn upload(db: &TestDb, release: &str, files: u32, now_ms: i64) {
        let hash = |number: u32| format!("{number:064x}");
        let tables: Vec<Table> =
            (0..files).map(|n| Table { hash: hash(n), offset: n * 10, length: 10 }).collect();
        let file = |n: u32| File {
            url: format!("~/{n}.js"),
            debug_id: format!("{n:032x}"),
            hash: hash(n),
            kind: "source_map".into(),
            names: 3,
            sources: 2,
        };
        let list: Vec<File> = (0..files).map(file).collect();
        let mut batch = vec![
            announce_pack(1, "aa", 999, &tables, now_ms),
            add_tables(1, "aa", &tables, now_ms),
        ];
        batch.extend(add_files(1, release, "", &list, now_ms));
        batch.push(add_release(1, release, "", now_ms));
        db.batch(&batch);
    }

    #[test]
    fn an_upload_costs_few_rows_and_the_same_again_none() {
        let db = TestDb::with_project();
        let before = db.changes();
        upload(&db, "1", 300, NOW_MS);
        // Beside these, two indexes of a file's row.
        assert_eq!(db.changes() - before, 300 + 300 + 2);
        let before = db.changes();
        upload(&db, "1", 300, NOW_MS);
        assert_eq!(db.changes() - before, 1, "the pack's date");
        let before = db.changes();
        upload(&db, "2", 300, NOW_MS);
        assert_eq!(db.changes() - before, 300 + 2, "what has not changed has its tables");
    }

    #[test]
    fn files_without_a_table_are_left_out() {
        let db = TestDb::with_project();
        let file = File { url: "~/a.js".into(), hash: "ab".repeat(32), ..File::default() };
        db.batch(&add_files(1, "1", "", &[file], NOW_MS));
        assert_eq!(db.number("SELECT count(*) FROM artifact_file"), 0);
        let there = ["cd".repeat(32), format!("{:064x}", 0)];
        upload(&db, "1", 1, NOW_MS);
        let there: Vec<&str> = there.iter().map(String::as_str).collect();
        assert_eq!(db.rows(&missing(1, &there)), [["cd".repeat(32)]]);
        assert_eq!(db.rows(&missing(2, &there)).len(), 2, "another project's are not ours");
    }

    #[test]
    fn what_waits_keeps_its_table_meanwhile() {
        let db = TestDb::with_project();
        upload(&db, "1", 1, NOW_MS);
        let file = |url: &str, id: u32| File {
            url: url.into(),
            debug_id: format!("{id:032x}"),
            ..File::default()
        };
        db.batch(&add_pending(1, "0b", ("1", ""), &[file("~/0.js", 0), file("~/9.js", 9)], NOW_MS));
        let rows = db.rows(&Statement::new(
            "SELECT url, hash IS NULL, hex(bundle) FROM artifact_file ORDER BY url",
            [],
        ));
        assert_eq!(rows, [["~/0.js", "0", "0B"], ["~/9.js", "1", "0B"]]);
    }
}
