//! `POST /api/0/organizations/{org}/artifactbundle/assemble/`: chunks become a bundle, and the bundle tables.
//!
//! ```text
//! {"checksum", "chunks": [SHA-1…], "projects": ["shop"], "version"?, "dist"?}
//!     → {"state": "not_found", "missingChunks": […]}      send these
//!     → {"state": "created"}                              taken in; some files wait for their tables
//!     → {"state": "ok"}                                   all tables are there
//!     → {"state": "error", "detail"}                      what is wrong, and what to do
//! ```
//! The first call with all chunks there reads the bundle's directory and lists its files; each call makes some tables. So a caller
//! that waits (`--wait`) drives the work, and for one that does not, cron and the first event that needs a file do.

use serde::{Deserialize, Serialize};
use worker::Response;

use super::access::{Access, json};
use super::bundle::{self, BadBundle, MANIFEST, MAX_MANIFEST, ToDo};
use super::chunks::{self, Chunk, MAX_CHUNKS, Reader, is_sha1};
use super::digest::{self, BundleRow, Which};
use super::kv::KvError;
use super::rows::{self, File};
use super::token::ARTIFACTS_WRITE;
use super::upload::MAX_RELEASE;
use super::zip::{self, BadZip, MAX_END};
use crate::failure::Failure;
use crate::plan::bytes_of_hex;
use crate::reply;
use crate::request::Incoming;
use crate::sql::Statement;
use crate::store::Store;
use crate::symbolicate::late;

/// Largest request.
const MAX_BODY: usize = 64 * 1024;

/// Projects that one bundle may be for.
const MAX_PROJECTS: usize = 5;

/// From good to bad: of several projects the worst one is told.
const STATES: [&str; 4] = ["ok", "created", "not_found", "error"];

#[derive(Deserialize)]
struct Asked {
    checksum: String,
    chunks: Vec<String>,
    #[serde(default)]
    projects: Vec<String>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    dist: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    state: &'static str,
    missing_chunks: Vec<String>,
    detail: Option<String>,
}

impl Answer {
    fn of(state: &'static str) -> Self {
        Self { state, missing_chunks: Vec::new(), detail: None }
    }

    fn error(detail: impl ToString) -> Self {
        Self { detail: Some(detail.to_string()), ..Self::of("error") }
    }
}

/// Answers it.
///
/// # Errors
/// Without a good token, or a body that is not as above; what is wrong with a bundle is an answer, `error`.
pub async fn assemble(incoming: &mut Incoming) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let asked: Asked = json(incoming, MAX_BODY).await?;
    check(&asked)?;
    let mut answer = Answer::of("ok");
    for name in &asked.projects {
        let (project, store) = access.open(incoming, name).await?;
        let upload = Upload::of(&asked, project.id);
        let one = assemble_for(incoming, &access, &store, &upload).await?;
        if one.missing_chunks.is_empty() {
            late::uploaded(incoming, project);
        }
        let rank = |state: &str| STATES.iter().position(|other| *other == state);
        if rank(one.state) > rank(answer.state) {
            answer = one;
        }
    }
    Ok(reply::json(200, &answer))
}

fn check(asked: &Asked) -> Result<(), Failure> {
    let bad = |detail: &str| Err(Failure::BadRequest(detail.to_owned()));
    let too_long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.len() > MAX_RELEASE);
    if !is_sha1(&asked.checksum) || !asked.chunks.iter().all(|hash| is_sha1(hash)) {
        return bad("checksum and chunks are SHA-1 in lower-case hexadecimal digits");
    }
    if asked.chunks.is_empty() {
        return bad("a bundle has one chunk at least");
    }
    if asked.projects.is_empty() || asked.projects.len() > MAX_PROJECTS {
        return bad("name 1 to 5 projects");
    }
    if too_long(&asked.version) || too_long(&asked.dist) {
        return bad("version and dist have at most 250 bytes");
    }
    Ok(())
}

/// What is to be assembled, and for what.
struct Upload<'a> {
    project_id: u32,
    checksum: &'a str,
    chunks: &'a [String],
    release: String,
    dist: String,
}

impl<'a> Upload<'a> {
    fn of(asked: &'a Asked, project_id: u32) -> Self {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
        let release = text(&asked.version);
        // What belongs to no release is kept as long as it is used itself.
        let dist = if release.is_empty() { asked.checksum.clone() } else { text(&asked.dist) };
        Self { project_id, checksum: &asked.checksum, chunks: &asked.chunks, release, dist }
    }

    fn which(&self) -> Which<'_> {
        Which {
            project_id: self.project_id,
            bundle: self.checksum,
            release: &self.release,
            dist: &self.dist,
        }
    }
}

async fn assemble_for(
    incoming: &Incoming,
    access: &Access,
    store: &Store,
    upload: &Upload<'_>,
) -> Result<Answer, Failure> {
    let row = digest::bundle(&upload.which());
    let known: Option<BundleRow> = store.read(&row).await?.first()?;
    if known.is_none() {
        if upload.chunks.len() > MAX_CHUNKS {
            return Ok(too_large());
        }
        let there: Vec<Chunk> =
            access.people.read(&chunks::known(upload.chunks, incoming.now_ms)).await?.all()?;
        let is_there = |hash: &&String| there.iter().any(|chunk| chunk.hash == **hash);
        let missing: Vec<String> =
            upload.chunks.iter().filter(|hash| !is_there(hash)).cloned().collect();
        if !missing.is_empty() {
            return Ok(Answer { missing_chunks: missing, ..Answer::of("not_found") });
        }
        match index(incoming, upload, there).await {
            Ok(indexed) => store_index(store, upload, &indexed, incoming.now_ms).await?,
            Err(NotIndexed::Bad(bad)) => return Ok(Answer::error(bad)),
            Err(NotIndexed::Checksum(found)) => {
                let (count, checksum) = (upload.chunks.len(), upload.checksum);
                return Ok(Answer::error(format!(
                    "the {count} chunks together have the SHA-1 {found}, not {checksum}"
                )));
            }
            // KV's other places learn of a chunk within a minute.
            Err(NotIndexed::Kv(KvError::Later)) => return Ok(Answer::of("created")),
            Err(NotIndexed::Kv(error)) => return Err(error.into()),
        }
    }
    let row: Option<BundleRow> = store.read(&row).await?.first()?;
    let Some(row) = row else { return Ok(Answer::of("created")) };
    let after = digest::some(&incoming.env, store, row, None, incoming.now_ms).await?;
    Ok(answer_of(&after))
}

fn too_large() -> Answer {
    Answer::error(format!(
        "the bundle has more than {} MB: upload with `trapline upload`, which makes the tables itself",
        (MAX_CHUNKS * chunks::CHUNK) >> 20
    ))
}

fn answer_of(after: &digest::After) -> Answer {
    match after.refused.as_slice() {
        _ if after.pending > 0 => Answer::of("created"),
        [] => Answer::of("ok"),
        refused => {
            let lines: Vec<&str> = refused.iter().take(5).map(String::as_str).collect();
            let more = refused.len().saturating_sub(5);
            let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
            Answer::error(format!("{}{rest}", lines.join("; ")))
        }
    }
}

struct Indexed {
    chunks: Vec<Chunk>,
    bytes: usize,
    to_do: Vec<ToDo>,
}

enum NotIndexed {
    Bad(BadBundle),
    Checksum(String),
    Kv(KvError),
}

impl From<KvError> for NotIndexed {
    fn from(error: KvError) -> Self {
        Self::Kv(error)
    }
}

impl<T: Into<BadBundle>> From<T> for NotIndexed {
    fn from(bad: T) -> Self {
        Self::Bad(bad.into())
    }
}

/// Reads what a bundle holds: its chunks once for the checksum, then directory and manifest.
async fn index(
    incoming: &Incoming,
    upload: &Upload<'_>,
    there: Vec<Chunk>,
) -> Result<Indexed, NotIndexed> {
    // As the bundle has them: a chunk may stand in it twice.
    let of = |hash: &String| there.iter().find(|chunk| chunk.hash == *hash).cloned();
    let ordered: Vec<Chunk> = upload.chunks.iter().filter_map(of).collect();
    let mut reader = Reader::open(&incoming.env, ordered.clone())?;
    let bytes = reader.len();
    let found = reader.sha1().await?;
    if found != upload.checksum {
        return Err(NotIndexed::Checksum(found));
    }
    if !reader.range(0, 8).await?.starts_with(bundle::MAGIC) {
        return Err(BadBundle::Magic.into());
    }
    let tail = reader.range(bytes.saturating_sub(MAX_END), bytes).await?;
    let directory = zip::directory(&tail, bytes)?;
    let records = reader.range(directory.offset, directory.offset + directory.bytes).await?;
    let entries = zip::entries(&records, &directory)?;
    let manifest = entries.iter().find(|entry| entry.name == MANIFEST);
    let no_manifest = |why: &str| BadBundle::Manifest(why.to_owned());
    let part = manifest.ok_or_else(|| no_manifest("it is not there"))?.part;
    if part.size > MAX_MANIFEST {
        return Err(no_manifest("it is too large").into());
    }
    let packed = reader.range(part.start, part.end).await?;
    let manifest =
        zip::content(&packed, &part).ok_or_else(|| BadZip::Entry(MANIFEST.to_owned()))?;
    let to_do = bundle::to_do(&manifest, &entries)?;
    Ok(Indexed { chunks: ordered, bytes, to_do })
}

/// Three queries and a few rows, and two rows a file.
async fn store_index(
    store: &Store,
    upload: &Upload<'_>,
    indexed: &Indexed,
    now_ms: i64,
) -> Result<(), Failure> {
    let (id, release, dist) = (upload.project_id, &upload.release, &upload.dist);
    let file = |to_do: &ToDo| File {
        url: to_do.url.clone(),
        debug_id: to_do.debug_id.clone(),
        ..File::default()
    };
    let files: Vec<File> = indexed.to_do.iter().map(file).collect();
    let chunks: Vec<(&str, usize)> =
        indexed.chunks.iter().map(|chunk| (chunk.hash.as_str(), chunk.bytes)).collect();
    let statements = || {
        let mut batch = rows::add_pending(id, upload.checksum, (release, dist), &files, now_ms);
        batch.push(rows::add_release(id, release, dist, now_ms));
        batch.push(add_bundle(upload, indexed, &chunks, now_ms));
        batch
    };
    store.write(|_| statements()).await?;
    Ok(())
}

/// Primary key and index of `artifact_bundle`.
fn add_bundle(
    upload: &Upload<'_>,
    indexed: &Indexed,
    chunks: &[(&str, usize)],
    now_ms: i64,
) -> Statement {
    let json = |text: Result<String, serde_json::Error>| text.unwrap_or_default();
    let files = u32::try_from(indexed.to_do.len()).unwrap_or(u32::MAX);
    let bytes = i64::try_from(indexed.bytes).unwrap_or(i64::MAX);
    Statement::new(
        "INSERT INTO artifact_bundle
            (project_id, hash, release, dist, bytes, chunks, files, pending, pending_files, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?9) ON CONFLICT DO NOTHING",
        [
            upload.project_id.into(),
            bytes_of_hex(upload.checksum).into(),
            upload.release.as_str().into(),
            upload.dist.as_str().into(),
            bytes.into(),
            json(serde_json::to_string(chunks)).into(),
            files.into(),
            json(serde_json::to_string(&indexed.to_do)).into(),
            now_ms.into(),
        ],
    )
}
