//! Which table is for a file that frames are in. One query for all files of an event.
//!
//! A file with a debug ID is found by it, whatever its release; one without, or for which nothing was uploaded with that ID, by
//! release, dist and URL among what was uploaded without any. A dist that nothing was uploaded for falls back on the release.

use serde::{Deserialize, Serialize};
use trapline_core::json;

use crate::plan::HOUR_MS;
use crate::sql::Statement;
use crate::store::{Store, StoreError};

/// A file that frames of an event are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Lower-case hexadecimal digits; empty if the event has none for the file.
    pub debug_id: &'a str,
    /// Of the event; may be empty.
    pub release: &'a str,
    /// Of the event; may be empty.
    pub dist: &'a str,
    /// As frames name it: `https://shop.example/assets/main.js?v=2`.
    pub url: &'a str,
}

/// What there is for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// A table.
    Found(Found),
    /// It was uploaded, and waits for a table to be made.
    Pending(Pending),
    /// It was uploaded, and no table can be made of it: why, in words.
    Refused(String),
    /// Nothing.
    NotUploaded {
        /// A release that something was uploaded for, best one with this URL; empty if there is none.
        nearest_release: String,
    },
}

/// Where a table lies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// SHA-256 of the table, 64 hexadecimal digits.
    pub table: String,
    /// SHA-256 of the pack, 64 hexadecimal digits.
    pub pack: String,
    /// Where it begins in the pack, in bytes.
    pub offset: usize,
    /// Its bytes.
    pub length: usize,
    /// The release that it was uploaded for; empty if for none.
    pub release: String,
    /// What else tells the upload: see `artifact_file.dist`.
    pub dist: String,
    /// When an event last needed something of this release.
    pub used_ms: i64,
}

/// What a table is to be made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Pending {
    /// SHA-1 of the bundle, 40 hexadecimal digits.
    pub bundle: String,
    /// As of the upload.
    pub release: String,
    /// As of the upload.
    pub dist: String,
    /// As of the upload: `~/assets/main.js`.
    pub url: String,
    /// As of the upload.
    pub debug_id: String,
}

/// Finds what there is for each file, in their order.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    store: &Store,
    project_id: u32,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Look>, StoreError> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = store.read(&statement(project_id, wanted)).await?.all()?;
    Ok(looks(wanted.len(), &rows))
}

#[derive(Deserialize)]
struct Row {
    position: usize,
    best: Option<String>,
    nearest_release: Option<String>,
}

/// The best row for a file. `pack`, `offset` and `length` are null where there is no table.
#[derive(Deserialize)]
struct Best {
    table: String,
    pack: Option<String>,
    offset: Option<usize>,
    length: Option<usize>,
    used_ms: Option<i64>,
    release: String,
    dist: String,
    url: String,
    debug_id: String,
    bundle: Option<String>,
    refused: String,
}

impl Best {
    fn look(self) -> Look {
        let Self { table, release, dist, url, debug_id, refused, .. } = self;
        match (self.pack, self.offset, self.length) {
            (Some(pack), Some(offset), Some(length)) => {
                let used_ms = self.used_ms.unwrap_or(0);
                Look::Found(Found { table, pack, offset, length, release, dist, used_ms })
            }
            _ if !refused.is_empty() => Look::Refused(refused),
            _ => {
                let bundle = self.bundle.unwrap_or_default();
                Look::Pending(Pending { bundle, release, dist, url, debug_id })
            }
        }
    }
}

fn looks(files: usize, rows: &[Row]) -> Vec<Look> {
    let mut looks = vec![Look::NotUploaded { nearest_release: String::new() }; files];
    for row in rows {
        let Some(slot) = looks.get_mut(row.position) else { continue };
        let best =
            row.best.as_deref().and_then(|best| json::from_slice::<Best>(best.as_bytes()).ok());
        *slot = best.map_or_else(
            || Look::NotUploaded {
                nearest_release: row.nearest_release.clone().unwrap_or_default(),
            },
            Best::look,
        );
    }
    looks
}

/// The query behind [`find`]; at most as many files as an event has images.
pub fn statement(project_id: u32, wanted: &[Wanted<'_>]) -> Statement {
    #[derive(Serialize)]
    struct Asked<'a>(&'a str, &'a str, &'a str, &'a str, String);
    let asked: Vec<Asked> = wanted
        .iter()
        .map(|file| {
            let url = without_query(file.url);
            Asked(file.debug_id, file.release, file.dist, url, path_of(url))
        })
        .collect();
    let asked = serde_json::to_string(&asked).unwrap_or_default();
    Statement::new(FIND, [project_id.into(), asked.into()])
}

/// Index `artifact_file_by_debug_id` and primary keys of `artifact_file`, `artifact` and `artifact_release`: of a debug ID its
/// newest 20 files are looked at, of a URL those of two dists; without either, the releases of the project, of which the newest
/// 20 are asked for the URL.
const FIND: &str = "
    WITH wanted AS MATERIALIZED (
        SELECT key AS position, value ->> 0 AS debug_id, value ->> 1 AS release, value ->> 2 AS dist,
            value ->> 3 AS url, value ->> 4 AS path
        FROM json_each(?2)),
    looked AS MATERIALIZED (
        SELECT wanted.*, coalesce(
            (SELECT json_object('table', lower(hex(newest.hash)), 'pack',
                    CASE WHEN a.pack IS NOT NULL THEN lower(hex(a.pack)) END, 'offset', a.offset,
                    'length', a.length, 'used_ms', r.used_ms, 'release', newest.release, 'dist', newest.dist, 'url', newest.url,
                    'debug_id', newest.debug_id, 'bundle', lower(hex(newest.bundle)), 'refused', newest.refused)
                FROM (SELECT * FROM artifact_file WHERE project_id = ?1 AND debug_id = wanted.debug_id
                    AND debug_id <> '' ORDER BY uploaded_ms DESC LIMIT 20) newest
                LEFT JOIN artifact a ON a.project_id = newest.project_id AND a.hash = newest.hash
                LEFT JOIN artifact_release r
                    ON r.project_id = newest.project_id AND r.release = newest.release AND r.dist = newest.dist
                ORDER BY a.hash IS NULL, newest.refused <> '', newest.uploaded_ms DESC LIMIT 1),
            (SELECT json_object('table', lower(hex(f.hash)), 'pack',
                    CASE WHEN a.pack IS NOT NULL THEN lower(hex(a.pack)) END, 'offset', a.offset,
                    'length', a.length, 'used_ms', r.used_ms, 'release', f.release, 'dist', f.dist, 'url', f.url,
                    'debug_id', f.debug_id, 'bundle', lower(hex(f.bundle)), 'refused', f.refused)
                FROM (SELECT *, dist <> wanted.dist AS other_dist, url <> wanted.url AS other_url FROM artifact_file
                    WHERE project_id = ?1 AND release = wanted.release AND dist IN (wanted.dist, '')
                    AND url IN (wanted.url, wanted.path) AND wanted.release <> ''
                    AND (wanted.debug_id = '' OR debug_id = '')) f
                LEFT JOIN artifact a ON a.project_id = f.project_id AND a.hash = f.hash
                LEFT JOIN artifact_release r
                    ON r.project_id = f.project_id AND r.release = f.release AND r.dist = f.dist
                ORDER BY f.other_dist, f.other_url, a.hash IS NULL, f.refused <> '', f.uploaded_ms DESC
                LIMIT 1)) AS best
        FROM wanted)
    SELECT position, best, CASE WHEN best IS NULL THEN (
        SELECT uploaded.release FROM (SELECT release, uploaded_ms, EXISTS (
                SELECT 1 FROM artifact_file f WHERE f.project_id = ?1 AND f.release = artifact_release.release
                AND f.dist = artifact_release.dist AND f.url IN (looked.url, looked.path)) AS has_url
            FROM artifact_release WHERE project_id = ?1 AND release <> '' ORDER BY uploaded_ms DESC LIMIT 20) uploaded
        ORDER BY uploaded.has_url DESC, uploaded.uploaded_ms DESC LIMIT 1) END AS nearest_release
    FROM looked";

/// `https://shop.example/a.js?v=2#x` → `https://shop.example/a.js`
pub(super) fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// `https://shop.example/a.js` → `~/a.js`, as uploads name files of any host; what is no URL stays as it is.
pub(super) fn path_of(url: &str) -> String {
    let Some((_, rest)) = url.split_once("://") else {
        return url.strip_prefix('/').map_or_else(|| url.to_owned(), |rest| format!("~/{rest}"));
    };
    rest.split_once('/').map_or_else(|| "~/".to_owned(), |(_, path)| format!("~/{path}"))
}

/// How fine it is known when a release's files were last needed.
const USED_STEP_MS: i64 = 24 * HOUR_MS;

/// Notes that these tables were needed: their releases are kept. Nothing where that is known of this day. Primary key of
/// `artifact_release`; one row a release and day.
pub fn touch(project_id: u32, looks: &[Look], now_ms: i64) -> Option<Statement> {
    let mut releases: Vec<(&str, &str)> = looks
        .iter()
        .filter_map(|look| match look {
            Look::Found(found) if found.used_ms < now_ms - USED_STEP_MS => {
                Some((&*found.release, &*found.dist))
            }
            _ => None,
        })
        .collect();
    releases.sort_unstable();
    releases.dedup();
    if releases.is_empty() {
        return None;
    }
    let releases = serde_json::to_string(&releases).unwrap_or_default();
    Some(Statement::new(
        "UPDATE artifact_release SET used_ms = ?3
         WHERE project_id = ?1 AND used_ms < ?4
         AND (release, dist) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))",
        [project_id.into(), releases.into(), now_ms.into(), (now_ms - USED_STEP_MS).into()],
    ))
}

#[cfg(test)]
mod tests;
