//! Bundles arrive in chunks, named by their SHA-1: what has arrived need not be sent again.
//!
//! ```text
//! GET  /api/0/organizations/{org}/chunk-upload/   how large, how many at once
//! POST /api/0/organizations/{org}/chunk-upload/   multipart/form-data: file or file_gzip, the file's name is the SHA-1
//! ```
//! KV holds them for two weeks and forgets them by itself. A bundle may begin with chunks of up to one week: it has the other one
//! to be made into tables.

use serde::Deserialize;
use serde_json::json;
use sha1::{Digest, Sha1};
use trapline_core::fingerprint::hex;
use trapline_core::inflate::inflate;
use worker::{Env, Response};

use super::access::{Access, body};
use super::kv::{Kv, KvError};
use super::multipart;
use super::token::ARTIFACTS_WRITE;
use crate::failure::Failure;
use crate::plan::{HOUR_MS, bytes_of_hex};
use crate::reply;
use crate::request::Incoming;
use crate::sql::Statement;

/// Bytes of a chunk: few writes, and room for several requests at once in an isolate of 128 MB.
pub const CHUNK: usize = 4 << 20;

/// Chunks of a request.
const CHUNKS_A_REQUEST: usize = 4;

/// Bytes of a request: its chunks, and what multipart adds.
const MAX_REQUEST: usize = CHUNK * CHUNKS_A_REQUEST + (1 << 20);

/// Chunks of a bundle: reading them all must fit the 50 subrequests that a request of the free plan has.
pub const MAX_CHUNKS: usize = 32;

/// Days for which KV has a chunk.
const KV_DAYS: u64 = 14;

/// How long a chunk is good to begin a bundle with.
pub const LIFE_MS: i64 = 7 * 24 * HOUR_MS;

/// What an upload has to keep to.
///
/// # Errors
/// Without a good token; 503 without KV.
pub async fn settings(incoming: &Incoming) -> Result<Response, Failure> {
    Access::of(incoming, ARTIFACTS_WRITE).await?;
    Kv::open(&incoming.env)?;
    let settings = json!({
        "url": format!("{}{}", incoming.origin(), incoming.url.path()),
        "chunkSize": CHUNK,
        "chunksPerRequest": CHUNKS_A_REQUEST,
        "maxFileSize": CHUNK * MAX_CHUNKS,
        "maxRequestSize": CHUNK * CHUNKS_A_REQUEST,
        "maxWait": 600,
        "concurrency": 1,
        "hashAlgorithm": "sha1",
        "compression": ["gzip"],
        "accept": ["release_files", "artifact_bundles", "artifact_bundles_v2"],
    });
    Ok(reply::json(200, &settings))
}

/// Takes chunks in. All or none: each is checked before the first is stored.
///
/// # Errors
/// Without a good token; 400 for what is no multipart body, or a chunk that is not what its name says; 503 without KV.
pub async fn take(incoming: &mut Incoming) -> Result<Response, Failure> {
    let access = Access::of(incoming, ARTIFACTS_WRITE).await?;
    let kv = Kv::open(&incoming.env)?;
    let content_type = incoming.header("content-type").unwrap_or_default();
    let boundary = multipart::boundary(&content_type)
        .ok_or_else(|| bad("send multipart/form-data with a boundary"))?;
    let body = body(incoming, MAX_REQUEST).await?;
    let chunks = chunks(&body, &boundary).map_err(Failure::BadRequest)?;
    for (hash, chunk) in &chunks {
        kv.put(&chunk_key(hash), chunk, Some(KV_DAYS * 24 * 3_600)).await?;
    }
    let stored: Vec<(&str, usize)> =
        chunks.iter().map(|(hash, chunk)| (hash.as_str(), chunk.len())).collect();
    access.people.write(|_| vec![add(&stored, incoming.now_ms)]).await?;
    Ok(reply::json(200, &json!([])))
}

/// The chunks of a body, each with its SHA-1 in hexadecimal digits.
///
/// # Errors
/// What is wrong, in words.
fn chunks(body: &[u8], boundary: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let parts = multipart::parts(body, boundary)
        .ok_or("the body is no whole multipart/form-data, send it again")?;
    let parts: Vec<_> = parts.into_iter().filter(|part| part.name.starts_with("file")).collect();
    if parts.len() > CHUNKS_A_REQUEST {
        return Err(format!("{} chunks, the limit is {CHUNKS_A_REQUEST}", parts.len()));
    }
    let mut chunks = Vec::with_capacity(parts.len());
    for part in parts {
        let name: String = part.filename.chars().take(40).collect();
        let encoding = if part.name == "file_gzip" { "gzip" } else { "identity" };
        let chunk = match encoding {
            "gzip" => inflate(part.bytes, Some(encoding), CHUNK)
                .map_err(|error| format!("chunk {name}: {error}"))?
                .into_owned(),
            _ => part.bytes.to_vec(),
        };
        if chunk.len() > CHUNK {
            return Err(format!("chunk {name} has {} bytes, the limit is {CHUNK}", chunk.len()));
        }
        let hash = hex(&Sha1::digest(&chunk));
        if hash != part.filename {
            return Err(format!("chunk {name} has the SHA-1 {hash}: it was damaged on the way"));
        }
        chunks.push((hash, chunk));
    }
    Ok(chunks)
}

fn chunk_key(hash: &str) -> String {
    format!("chunk/{hash}")
}

/// Notes chunks that KV has. Primary key of `upload_chunk`, and its index.
fn add(chunks: &[(&str, usize)], now_ms: i64) -> Statement {
    let chunks = serde_json::to_string(chunks).unwrap_or_default();
    Statement::new(
        "INSERT INTO upload_chunk (hash, bytes, stored_ms)
         SELECT unhex(value ->> 0), value ->> 1, ?2 FROM json_each(?1) WHERE true
         ON CONFLICT DO UPDATE SET stored_ms = excluded.stored_ms",
        [chunks.into(), now_ms.into()],
    )
}

/// A chunk that has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Chunk {
    /// SHA-1, hexadecimal digits.
    pub hash: String,
    /// Its bytes.
    pub bytes: usize,
}

/// Those of these chunks that have arrived. Primary key of `upload_chunk`.
pub fn known(hashes: &[String], now_ms: i64) -> Statement {
    let hashes = serde_json::to_string(hashes).unwrap_or_default();
    Statement::new(
        "SELECT j.value AS hash, c.bytes FROM json_each(?1) j
         CROSS JOIN upload_chunk c ON c.hash = unhex(j.value) WHERE c.stored_ms > ?2",
        [hashes.into(), (now_ms - LIFE_MS).into()],
    )
}

/// Forgets chunks that are too old to begin with; KV forgets their bytes itself. Index `upload_chunk_by_time`.
pub fn expired(now_ms: i64) -> Statement {
    Statement::new(
        "DELETE FROM upload_chunk WHERE hash IN (
            SELECT hash FROM upload_chunk WHERE stored_ms <= ?1 ORDER BY stored_ms LIMIT 500)",
        [(now_ms - LIFE_MS).into()],
    )
}

/// The bytes of a bundle, chunk by chunk: one chunk is in memory at a time.
pub struct Reader {
    kv: Kv,
    chunks: Vec<Chunk>,
    last: Option<(usize, Vec<u8>)>,
}

impl Reader {
    /// Over these chunks, in their order.
    ///
    /// # Errors
    /// Without KV.
    pub fn open(env: &Env, chunks: Vec<Chunk>) -> Result<Self, KvError> {
        Ok(Self { kv: Kv::open(env)?, chunks, last: None })
    }

    /// Bytes of all chunks.
    pub fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// SHA-1 of all chunks together.
    ///
    /// # Errors
    /// As [`range`](Self::range).
    pub async fn sha1(&mut self) -> Result<String, KvError> {
        let mut sha1 = Sha1::new();
        for index in 0..self.chunks.len() {
            sha1.update(self.chunk(index).await?);
        }
        Ok(hex(&sha1.finalize()))
    }

    /// The bytes from `start` to `end`; fewer where the bundle ends before.
    ///
    /// # Errors
    /// [`KvError::Later`] where KV does not have a chunk, yet or any more.
    pub async fn range(&mut self, start: usize, end: usize) -> Result<Vec<u8>, KvError> {
        let mut bytes = Vec::with_capacity(end.saturating_sub(start).min(self.len()));
        let mut before = 0;
        for index in 0..self.chunks.len() {
            let length = self.chunks.get(index).map_or(0, |chunk| chunk.bytes);
            let (from, to) = (start.max(before), end.min(before + length));
            if from < to {
                let chunk = self.chunk(index).await?;
                bytes.extend_from_slice(chunk.get(from - before..to - before).unwrap_or_default());
            }
            before += length;
        }
        Ok(bytes)
    }

    async fn chunk(&mut self, index: usize) -> Result<&[u8], KvError> {
        let is_last = self.last.as_ref().is_some_and(|(last, _)| *last == index);
        if !is_last {
            self.last = None;
            let chunk = self.chunks.get(index).ok_or(KvError::Later)?;
            self.last = Some((index, self.kv.get(&chunk_key(&chunk.hash)).await?));
        }
        Ok(self.last.as_ref().map_or(&[], |(_, bytes)| bytes.as_slice()))
    }
}

/// Whether a text is a SHA-1 as these paths write it.
pub(super) fn is_sha1(text: &str) -> bool {
    text.len() == 40 && bytes_of_hex(text).len() == 20 && text.to_ascii_lowercase() == text
}

fn bad(detail: &str) -> Failure {
    Failure::BadRequest(detail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::test_db::TestDb;

    fn multipart(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, filename, bytes) in parts {
            body.extend(
                format!(
                    "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\n\r\n"
                )
                .as_bytes(),
            );
            body.extend(*bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--x--\r\n");
        body
    }

    const ABC: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

    #[test]
    fn chunks_are_what_their_names_say() {
        let body = multipart(&[("file", ABC, b"abc")]);
        assert_eq!(chunks(&body, "x").unwrap(), [(ABC.to_owned(), b"abc".to_vec())]);
        let other = multipart(&[("file", ABC, b"abd")]);
        assert!(chunks(&other, "x").unwrap_err().contains("damaged on the way"));
        let no_gzip = multipart(&[("file_gzip", ABC, b"abc")]);
        assert!(chunks(&no_gzip, "x").is_err());
        let many = multipart(&[("file", ABC, &b"abc"[..]); CHUNKS_A_REQUEST + 1]);
        assert_eq!(chunks(&many, "x").unwrap_err(), "5 chunks, the limit is 4");
        assert!(chunks(b"garbage", "x").is_err());
        let large = multipart(&[("file", ABC, &vec![0; CHUNK + 1])]);
        assert!(chunks(&large, "x").unwrap_err().contains("the limit is"));
    }

    #[test]
    fn a_bomb_costs_a_chunk() {
        use std::io::Write;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&vec![0; 3 * CHUNK]).unwrap();
        let body = multipart(&[("file_gzip", ABC, &gzip.finish().unwrap())]);
        assert!(chunks(&body, "x").unwrap_err().contains("inflates to more than"));
    }

    #[test]
    fn chunks_are_known_for_a_week() {
        let db = TestDb::new();
        let [one, two] = [ABC.to_owned(), "ab".repeat(20)];
        db.batch(&[add(&[(&one, 3), (&two, 5)], 1_000)]);
        let asked = [two.clone(), one.clone(), "cd".repeat(20), "no hex".into()];
        let known_at = |now_ms| db.rows(&known(&asked, now_ms));
        assert_eq!(known_at(2_000), [[two, "5".into()], [one, "3".into()]]);
        assert!(known_at(1_000 + LIFE_MS).is_empty());
        db.batch(&[expired(999 + LIFE_MS)]);
        assert_eq!(db.number("SELECT count(*) FROM upload_chunk"), 2);
        db.batch(&[expired(1_000 + LIFE_MS)]);
        assert_eq!(db.number("SELECT count(*) FROM upload_chunk"), 0);
    }
}
