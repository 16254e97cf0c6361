//! What the `trapline` command line uploads: tables that it has made itself.
//!
//! ```text
//! POST /api/0/projects/{project}/artifacts/missing/   {"ids": [hash…]} → {"missing": [hash…]}
//! PUT  /api/0/projects/{project}/artifacts/{hash}/    a pack; hash is the SHA-256 of it
//! POST /api/0/projects/{project}/artifacts/           {release, dist, files: [{url, debug_id, hash, kind, names, sources}]}
//! ```
//! Packs are believed nothing: each member is hashed, and must be a table that can be read. A pack that was taken in is there for
//! the next run too, so an interrupted upload is finished by it. Needs a token with the scope `artifacts:write`.

use serde::{Deserialize, Serialize};
use trapline_core::fingerprint::hex;
use trapline_core::resolution::debug_id;
use trapline_symbols::{Kind, Table as LookUpTable, pack};
use worker::Response;

use super::access::{Access, body, json};
use super::kv::Kv;
use super::load::pack_key;
use super::rows::{self, File, Table};
use super::token::ARTIFACTS_WRITE;
use crate::failure::Failure;
use crate::read::ProjectRow;
use crate::reply;
use crate::request::Incoming;
use crate::store::{Rows, Store};
use crate::symbolicate::late;

/// Largest manifest, in bytes.
const MAX_MANIFEST: usize = 8 << 20;

/// Most files of a manifest.
const MAX_FILES: usize = 10_000;

/// Longest URL, in bytes.
const MAX_URL: usize = 1_000;

/// Longest release and dist, in bytes: as in events.
pub(super) const MAX_RELEASE: usize = 250;

#[derive(Deserialize)]
struct Asked {
    ids: Vec<String>,
}

#[derive(Serialize)]
struct Missing {
    missing: Vec<String>,
}

/// Which of these tables have to be sent.
///
/// # Errors
/// Without a good token, or a body that is not as above.
pub async fn missing(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let Asked { ids } = json(incoming, MAX_MANIFEST).await?;
    let (project, store) = access.open(incoming, project).await?;
    if ids.len() > MAX_FILES {
        return Err(bad(&format!("{} ids, the limit is {MAX_FILES}", ids.len())));
    }
    if let Some(id) = ids.iter().find(|id| !is_hash(id)) {
        return Err(bad(&format!("{id:?} is no SHA-256 in lower-case hexadecimal digits")));
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let missing = missing_of(&store, project, &ids).await?;
    Ok(reply::json(200, &Missing { missing }))
}

async fn missing_of(
    store: &Store,
    project: &ProjectRow,
    hashes: &[&str],
) -> Result<Vec<String>, Failure> {
    #[derive(Deserialize)]
    struct Row {
        hash: String,
    }
    let rows: Vec<Row> = store.read(&rows::missing(project.id, hashes)).await?.all()?;
    Ok(rows.into_iter().map(|row| row.hash).collect())
}

#[derive(Serialize)]
struct Taken {
    tables: usize,
    bytes: usize,
}

/// Takes a pack in.
///
/// # Errors
/// Without a good token; 400 for what is no pack of tables; 503 without KV.
pub async fn put_pack(
    incoming: &mut Incoming,
    project: &str,
    hash: &str,
) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let (project, store) = access.open(incoming, project).await?;
    let kv = Kv::open(&incoming.env)?;
    let bytes = body(incoming, pack::MAX_BYTES).await?;
    let tables = checked(&bytes, hash)?;
    store_pack(&store, &kv, project.id, hash, &bytes, &tables, incoming.now_ms).await?;
    Ok(reply::json(200, &Taken { tables: tables.len(), bytes: bytes.len() }))
}

/// Into the database that it is coming, into KV, and into the database that it is there.
pub(super) async fn store_pack(
    store: &Store,
    kv: &Kv,
    project_id: u32,
    hash: &str,
    bytes: &[u8],
    tables: &[Table],
    now_ms: i64,
) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Announced {}
    let announce = || rows::announce_pack(project_id, hash, bytes.len(), tables, now_ms);
    let answered = store.write(|_| vec![announce()]).await?;
    let announced: Option<Announced> = answered.first().map(Rows::first).transpose()?.flatten();
    if announced.is_none() {
        return Err(Failure::Kv(super::kv::KvError::Later));
    }
    kv.put(&pack_key(project_id, hash), bytes, None).await?;
    store.write(|_| vec![rows::add_tables(project_id, hash, tables, now_ms)]).await?;
    Ok(())
}

/// The tables of a pack that is what its hash says.
fn checked(bytes: &[u8], hash: &str) -> Result<Vec<Table>, Failure> {
    if !is_hash(hash) || hex(&pack::hash_of(bytes)) != hash {
        return Err(bad("the body is not the pack whose SHA-256 the path names"));
    }
    let members = pack::members(bytes)
        .ok_or_else(|| bad("the body is no pack of tables, or one is not what its hash says"))?;
    if members.is_empty() || members.len() > MAX_FILES {
        return Err(bad("a pack has 1 to 10,000 tables"));
    }
    for member in &members {
        let table = pack::table_of(bytes, member).unwrap_or_default();
        if let Err(unreadable) = LookUpTable::parse(table) {
            return Err(bad(&format!("a table of the pack cannot be read: {unreadable}")));
        }
    }
    Ok(tables_of(&members))
}

/// As rows have them.
pub(super) fn tables_of(members: &[pack::Member]) -> Vec<Table> {
    let table = |member: &pack::Member| Table {
        hash: hex(&member.hash),
        offset: member.offset,
        length: member.length,
    };
    members.iter().map(table).collect()
}

/// What rows call a kind.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::SourceMap => "source_map",
        Kind::Wasm => "wasm",
    }
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    release: Option<String>,
    #[serde(default)]
    dist: Option<String>,
    files: Vec<Listed>,
}

/// Where its table lies is known from the pack: what a manifest says of that is passed over.
#[derive(Deserialize)]
struct Listed {
    url: String,
    #[serde(default)]
    debug_id: Option<String>,
    hash: String,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    names: u32,
    #[serde(default)]
    sources: u32,
}

#[derive(Serialize)]
struct Stored {
    files: usize,
}

/// Takes a manifest in: the files of a release, whose tables are all there.
///
/// # Errors
/// Without a good token; 400 for a manifest that is not as above; 409 with `missing` in words where tables have to be sent first.
pub async fn add_manifest(incoming: &mut Incoming, project: &str) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let manifest: Manifest = json(incoming, MAX_MANIFEST).await?;
    let (project, store) = access.open(incoming, project).await?;
    let (release, dist) = (
        manifest.release.unwrap_or_default().trim().to_owned(),
        manifest.dist.unwrap_or_default().trim().to_owned(),
    );
    if release.len() > MAX_RELEASE || dist.len() > MAX_RELEASE {
        return Err(bad(&format!("release and dist have at most {MAX_RELEASE} bytes")));
    }
    if manifest.files.is_empty() || manifest.files.len() > MAX_FILES {
        return Err(bad(&format!("a manifest has 1 to {MAX_FILES} files")));
    }
    let files = manifest.files.into_iter().map(file).collect::<Result<Vec<File>, Failure>>()?;
    let hashes: Vec<&str> = files.iter().map(|file| file.hash.as_str()).collect();
    let missing = missing_of(&store, project, &hashes).await?;
    if !missing.is_empty() {
        let (count, first) = (missing.len(), missing.first().cloned().unwrap_or_default());
        return Err(Failure::Conflict(format!(
            "{count} tables have to be sent first, such as {first}: ask again which are missing"
        )));
    }
    // What belongs to no release is kept as long as it is used itself.
    let dist = if release.is_empty() { digest_of(&hashes) } else { dist };
    let (id, now_ms) = (project.id, incoming.now_ms);
    let statements = || {
        let mut batch = rows::add_files(id, &release, &dist, &files, now_ms);
        batch.push(rows::add_release(id, &release, &dist, now_ms));
        batch
    };
    store.write(|_| statements()).await?;
    late::uploaded(incoming, project);
    Ok(reply::json(200, &Stored { files: files.len() }))
}

/// A name for a set of tables: 40 digits.
fn digest_of(hashes: &[&str]) -> String {
    let mut sorted = hashes.to_vec();
    sorted.sort_unstable();
    let mut digits = hex(&pack::hash_of(sorted.concat().as_bytes()));
    digits.truncate(40);
    digits
}

fn file(listed: Listed) -> Result<File, Failure> {
    let Listed { url, debug_id: id, hash, kind, names, sources } = listed;
    if url.is_empty() || url.len() > MAX_URL {
        return Err(bad(&format!("a url has 1 to {MAX_URL} bytes")));
    }
    if !is_hash(&hash) {
        return Err(bad(&format!("the hash of {url} is no SHA-256")));
    }
    let id = id.filter(|id| !id.is_empty());
    let id = id.map(|id| debug_id(&id).ok_or_else(|| bad(&format!("{id:?} is no debug ID"))));
    let kind = match kind.as_deref() {
        None | Some("source_map") => "source_map",
        Some("wasm") => "wasm",
        Some(other) => return Err(bad(&format!("{other:?} is neither source_map nor wasm"))),
    };
    let debug_id = id.transpose()?.unwrap_or_default();
    Ok(File { url, debug_id, hash, kind: kind.to_owned(), names, sources })
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn bad(detail: &str) -> Failure {
    Failure::BadRequest(detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use trapline_symbols::table::Writer;

    #[test]
    fn packs_are_believed_nothing() {
        let table = Writer::new(Kind::SourceMap, "~/a.js", None).finish();
        let check = |bytes: &[u8], hash: &str| {
            checked(bytes, hash).map(|tables| tables.len()).map_err(|failure| failure.to_string())
        };
        let good = pack::pack(&[&table]);
        assert_eq!(check(&good, &hex(&pack::hash_of(&good))), Ok(1));
        let another = "the body is not the pack whose SHA-256 the path names";
        assert_eq!(check(&good, &"0".repeat(64)), Err(another.into()));
        assert_eq!(check(&good, "../x"), Err(another.into()));
        for bad in [pack::pack(&[b"no table"]), pack::pack(&[]), b"TLPK".to_vec(), Vec::new()] {
            assert!(check(&bad, &hex(&pack::hash_of(&bad))).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_belongs_to_no_release_is_named_by_its_tables() {
        assert_eq!(digest_of(&["b", "a"]), digest_of(&["a", "b"]));
        assert_ne!(digest_of(&["b"]), digest_of(&["a", "b"]));
        assert_eq!(digest_of(&["b"]).len(), 40);
    }
}
