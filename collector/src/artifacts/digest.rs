//! Bundle → tables, some files at a time: as many small ones as fit one invocation, one large one.
//!
//! What cannot become a table is noted with the reason, which the pages show where a frame needs it. Making the same table
//! twice is harmless: two invocations at once write the same bytes under the same hash.

mod asked;

use serde::Deserialize;
use trapline_core::fingerprint::hex;
use trapline_core::json;
use trapline_symbols::digest::{Input, digest_source_map};
use trapline_symbols::map::{self, MapComment};
use trapline_symbols::{Kind, pack};
use worker::Env;

use super::bundle::ToDo;
use super::chunks::{Chunk, Reader};
use super::kv::{Kv, KvError};
use super::rows::{self, File};
use super::upload::{kind_name, store_pack, tables_of};
use super::zip::{self, Part};
use crate::failure::Failure;
use crate::plan::{HOUR_MS, bytes_of_hex};
use crate::sql::Statement;
use crate::store::Store;
use crate::symbolicate::late;

pub use asked::{ask, follow_up};

/// Bytes of scripts and maps of one invocation; a file above that has one of its own. 300 files of a large site, 80 KB each
/// with their maps, take ten.
const INVOCATION: usize = 2 << 20;

/// Memory for one file: of an isolate's 128 MB, beside a chunk of the bundle and what other requests need.
const MEMORY: usize = 100_000_000;

/// Tables of one invocation: a row of the database names them all.
const TABLES: usize = 200;

/// From when on a bundle's chunks may be gone.
const GIVEN_UP_MS: i64 = 13 * 24 * HOUR_MS;

/// A bundle of a project.
#[derive(Clone, Copy, Debug)]
pub struct Which<'a> {
    /// Its project.
    pub project_id: u32,
    /// SHA-1, hexadecimal digits.
    pub bundle: &'a str,
    /// As of the upload.
    pub release: &'a str,
    /// As of the upload.
    pub dist: &'a str,
}

/// What is to be done with a bundle.
#[derive(Clone, Debug, Deserialize)]
pub struct BundleRow {
    project_id: u32,
    hash: String,
    release: String,
    dist: String,
    chunks: String,
    pending: String,
    refused: String,
    created_ms: i64,
}

/// Where a bundle stands after an invocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// Files that still wait.
    pub pending: usize,
    /// Files that can have no table: why, in words.
    pub refused: Vec<String>,
}

/// A bundle. Primary key of `artifact_bundle`.
pub fn bundle(which: &Which<'_>) -> Statement {
    Statement::new(
        "SELECT project_id, lower(hex(hash)) AS hash, release, dist, chunks, pending, refused, created_ms
         FROM artifact_bundle WHERE project_id = ?1 AND hash = ?2 AND release = ?3 AND dist = ?4",
        [
            which.project_id.into(),
            bytes_of_hex(which.bundle).into(),
            which.release.into(),
            which.dist.into(),
        ],
    )
}

/// The oldest bundle that is not done. Index `artifact_bundle_pending`.
pub fn oldest() -> Statement {
    Statement::new(
        "SELECT project_id, lower(hex(hash)) AS hash, release, dist, chunks, pending, refused, created_ms
         FROM artifact_bundle WHERE pending_files > 0 ORDER BY created_ms LIMIT 1",
        [],
    )
}

/// The same of a project. The index has a row for each of all projects that is not done: few.
pub fn oldest_of(project_id: u32) -> Statement {
    Statement::new(
        "SELECT project_id, lower(hex(hash)) AS hash, release, dist, chunks, pending, refused, created_ms
         FROM artifact_bundle INDEXED BY artifact_bundle_pending
         WHERE pending_files > 0 AND project_id = ?1 ORDER BY created_ms LIMIT 1",
        [project_id.into()],
    )
}

/// What became of one file.
struct Made {
    file: File,
    table: Vec<u8>,
    refused: Option<NoTable>,
}

/// Why a file has no table.
enum NoTable {
    /// It has no map: nothing is wrong with the upload, and only frames in it are told.
    NoMap(String),
    /// Its map cannot be used: the upload fails.
    Bad(String),
}

impl NoTable {
    fn words(&self) -> &str {
        let (Self::NoMap(words) | Self::Bad(words)) = self;
        words
    }
}

/// Makes some tables of a bundle, the one that is wanted first: seven queries at most.
///
/// # Errors
/// When database or KV do not answer.
pub async fn some(
    env: &Env,
    store: &Store,
    row: BundleRow,
    wanted: Option<(&str, &str)>,
    now_ms: i64,
) -> Result<After, Failure> {
    let pending: Vec<ToDo> = json::from_slice(row.pending.as_bytes()).unwrap_or_default();
    let before: Vec<String> = json::from_slice(row.refused.as_bytes()).unwrap_or_default();
    let chosen = chosen(&pending, wanted);
    if chosen.is_empty() {
        return Ok(After { pending: 0, refused: before });
    }
    let chunks: Vec<(String, usize)> = json::from_slice(row.chunks.as_bytes()).unwrap_or_default();
    let chunks = chunks.into_iter().map(|(hash, bytes)| Chunk { hash, bytes }).collect();
    let mut reader = Reader::open(env, chunks)?;
    let mut made = Vec::new();
    for to_do in &chosen {
        match make(&mut reader, to_do).await {
            Ok(one) => made.push(one),
            Err(KvError::Later) if now_ms - row.created_ms > GIVEN_UP_MS => {
                let words = "the upload has expired before a table was made of it: upload again";
                made.push(Made {
                    file: file_of(to_do),
                    table: Vec::new(),
                    refused: Some(NoTable::Bad(format!("{}: {words}", to_do.url))),
                });
            }
            // What is made is kept; the rest comes with the next invocation.
            Err(KvError::Later) => break,
            Err(error) => return Err(error.into()),
        }
    }
    drop(reader);
    keep(env, store, &row, &made, now_ms).await?;
    let bad = made.iter().filter_map(|made| match &made.refused {
        Some(NoTable::Bad(words)) => Some(words.clone()),
        _ => None,
    });
    let refused = before.into_iter().chain(bad).collect();
    Ok(After { pending: pending.len() - made.len(), refused })
}

/// The files of this invocation: the one that is wanted, then in order.
fn chosen<'a>(pending: &'a [ToDo], wanted: Option<(&str, &str)>) -> Vec<&'a ToDo> {
    let is_wanted =
        |to_do: &&ToDo| wanted.is_some_and(|(url, id)| to_do.url == url && to_do.debug_id == id);
    let first = pending.iter().filter(is_wanted);
    let rest = pending.iter().filter(|to_do| !is_wanted(to_do));
    let size = |part: &Option<Part>| part.map_or(0, |part| part.size);
    let mut bytes = 0_usize;
    let mut chosen = Vec::new();
    for to_do in first.chain(rest).take(TABLES) {
        bytes = bytes.saturating_add(size(&to_do.script)).saturating_add(size(&to_do.map));
        if !chosen.is_empty() && bytes > INVOCATION {
            break;
        }
        chosen.push(to_do);
    }
    chosen
}

fn file_of(to_do: &ToDo) -> File {
    File { url: to_do.url.clone(), debug_id: to_do.debug_id.clone(), ..File::default() }
}

/// Reads a file and its map, and makes the table.
async fn make(reader: &mut Reader, to_do: &ToDo) -> Result<Made, KvError> {
    let without = |no_table: NoTable| Made {
        file: file_of(to_do),
        table: Vec::new(),
        refused: Some(no_table),
    };
    let size = |part: &Option<Part>| part.map_or(0, |part| part.size);
    let (script_bytes, map_bytes) = (size(&to_do.script), size(&to_do.map));
    // An inline map is a part of the script.
    let least = if to_do.map.is_some() { map_bytes } else { script_bytes };
    if !map::fits(least, script_bytes, MEMORY) {
        let needed = map::least_memory(least, script_bytes) / 1_000_000;
        return Ok(without(NoTable::Bad(format!(
            "{}: its source map needs {needed} MB to be digested, more than a Worker has: upload it with `trapline upload`",
            to_do.url
        ))));
    }
    let damaged =
        || without(NoTable::Bad(format!("{}: its bytes in the bundle are damaged", to_do.url)));
    let mut script = None;
    if let Some(part) = &to_do.script {
        let Some(bytes) = content(reader, part).await? else { return Ok(damaged()) };
        script = Some(
            String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        );
    }
    let map = match &to_do.map {
        Some(part) => content(reader, part).await?,
        None => script.as_deref().and_then(inline_map),
    };
    let Some(map) = map else {
        return Ok(match to_do.map {
            Some(_) => damaged(),
            None => without(NoTable::NoMap(format!(
                "{} was uploaded without a source map: upload file and map together",
                to_do.url
            ))),
        });
    };
    Ok(table_of(to_do, script.as_deref(), &map).unwrap_or_else(without))
}

/// The very table that the command line makes of the same files.
fn table_of(to_do: &ToDo, script: Option<&str>, map: &[u8]) -> Result<Made, NoTable> {
    let input = Input { name: &to_do.url, minified: script, map, memory_bytes: MEMORY };
    let digest = digest_source_map(&input).map_err(|refused| NoTable::Bad(refused.to_string()))?;
    let file = File {
        hash: hex(&pack::hash_of(&digest.table)),
        kind: kind_name(Kind::SourceMap).to_owned(),
        names: digest.names,
        sources: digest.sources,
        ..file_of(to_do)
    };
    Ok(Made { file, table: digest.table, refused: None })
}

async fn content(reader: &mut Reader, part: &Part) -> Result<Option<Vec<u8>>, KvError> {
    let packed = reader.range(part.start, part.end).await?;
    Ok(zip::content(&packed, part))
}

/// The map that a script carries in itself.
fn inline_map(script: &str) -> Option<Vec<u8>> {
    match map::map_comment(script) {
        MapComment::Inline(map) => Some(map),
        MapComment::Absent | MapComment::Url(_) | MapComment::BrokenInline => None,
    }
}

/// A pack into KV, tables and files into the database: one write of KV.
async fn keep(
    env: &Env,
    store: &Store,
    row: &BundleRow,
    made: &[Made],
    now_ms: i64,
) -> Result<(), Failure> {
    let tables: Vec<&[u8]> =
        made.iter().map(|made| made.table.as_slice()).filter(|table| !table.is_empty()).collect();
    if !tables.is_empty() {
        let packed = pack::pack(&tables);
        let members = tables_of(&pack::members(&packed).unwrap_or_default());
        let hash = hex(&pack::hash_of(&packed));
        let kv = Kv::open(env)?;
        store_pack(store, &kv, row.project_id, &hash, &packed, &members, now_ms).await?;
    }
    if !made.is_empty() {
        store.write(|_| done(row, made, now_ms)).await?;
        late::forget(row.project_id);
    }
    Ok(())
}

/// Primary keys of `artifact_file`, `artifact_bundle` and `artifact_release`, and their indexes.
fn done(row: &BundleRow, made: &[Made], now_ms: i64) -> Vec<Statement> {
    let files: Vec<(&File, &str)> = made
        .iter()
        .map(|made| (&made.file, made.refused.as_ref().map_or("", NoTable::words)))
        .collect();
    let bad: Vec<&str> = made
        .iter()
        .filter_map(|made| match &made.refused {
            Some(NoTable::Bad(words)) => Some(words.as_str()),
            _ => None,
        })
        .collect();
    let files = serde_json::to_string(&files).unwrap_or_default();
    let bad = serde_json::to_string(&bad).unwrap_or_default();
    let key = || {
        [
            row.project_id.into(),
            row.release.as_str().into(),
            row.dist.as_str().into(),
            files.as_str().into(),
            bytes_of_hex(&row.hash).into(),
        ]
    };
    let [project, release, dist, list, hash] = key();
    let [project_2, release_2, dist_2, list_2, hash_2] = key();
    vec![
        Statement::new(
            "INSERT INTO artifact_file
                (project_id, release, dist, url, debug_id, hash, kind, names, sources, refused, uploaded_ms)
             SELECT ?1, ?2, ?3, value ->> '$[0].url', value ->> '$[0].debug_id', unhex(nullif(value ->> '$[0].hash', '')),
                value ->> '$[0].kind', value ->> '$[0].names', value ->> '$[0].sources', value ->> '$[1]', ?6
             FROM json_each(?4) WHERE EXISTS (
                SELECT 1 FROM artifact_file f WHERE f.project_id = ?1 AND f.release = ?2 AND f.dist = ?3
                AND f.url = value ->> '$[0].url' AND f.debug_id = value ->> '$[0].debug_id')
             ON CONFLICT DO UPDATE SET hash = coalesce(excluded.hash, hash), kind = iif(excluded.hash IS NULL, kind, excluded.kind),
                names = iif(excluded.hash IS NULL, names, excluded.names),
                sources = iif(excluded.hash IS NULL, sources, excluded.sources), refused = excluded.refused,
                bundle = NULL, uploaded_ms = excluded.uploaded_ms
             WHERE bundle = ?5",
            [project, release, dist, list, hash, now_ms.into()],
        ),
        Statement::new(LEFT, [project_2, release_2, dist_2, list_2, hash_2, bad.into()]),
        rows::add_release(row.project_id, &row.release, &row.dist, now_ms),
    ]
}

/// What is left of a bundle: told from what it says now, so that two invocations at once take away both of theirs.
const LEFT: &str = "
    UPDATE artifact_bundle AS b SET
        pending = (SELECT json_group_array(json(value)) FROM json_each(b.pending)
            WHERE value ->> 'url' || char(10) || (value ->> 'debug_id') NOT IN (
                SELECT value ->> '$[0].url' || char(10) || (value ->> '$[0].debug_id') FROM json_each(?4))),
        pending_files = (SELECT count(*) FROM json_each(b.pending)
            WHERE value ->> 'url' || char(10) || (value ->> 'debug_id') NOT IN (
                SELECT value ->> '$[0].url' || char(10) || (value ->> '$[0].debug_id') FROM json_each(?4))),
        refused = (SELECT json_group_array(value) FROM (
            SELECT value FROM json_each(b.refused) UNION SELECT value FROM json_each(?6)))
    WHERE project_id = ?1 AND release = ?2 AND dist = ?3 AND hash = ?5";

#[cfg(test)]
pub(super) mod tests;
