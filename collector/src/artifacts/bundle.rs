//! An artifact bundle: 8 bytes `SYSB` and a version, a zip, and in it `manifest.json`, which says what each file is.
//!
//! ```text
//! {"files": {"files/_/_/app.js": {"type": "minified_source", "url": "~/app.js",
//!                                 "headers": {"debug-id": "…", "sourcemap": "app.js.map"}},
//!            "files/_/_/app.js.map": {"type": "source_map", "url": "~/app.js.map", "headers": {"debug-id": "…"}}}}
//! ```
//! A minified file and its map become one table: the map is the one that the file's `sourcemap` header names, else the one with
//! its debug ID. A map without a minified file makes a table too, without functions' names.

use std::collections::{BTreeMap, HashMap, HashSet};
use trapline_core::json;

use serde::{Deserialize, Serialize};
use trapline_core::resolution::debug_id;

use super::zip::{BadZip, Entry, Part};

/// What a bundle begins with.
pub const MAGIC: &[u8] = b"SYSB";

/// The file that describes the others.
pub const MANIFEST: &str = "manifest.json";

/// Largest manifest, in bytes.
pub const MAX_MANIFEST: usize = 16 << 20;

/// Most tables that are made from one bundle: a row of the database holds all that is to be done.
pub const MAX_FILES: usize = 5_000;

/// Longest URL of a file, in bytes.
const MAX_URL: usize = 1_000;

/// A table to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToDo {
    /// `~/app.js`
    pub url: String,
    /// Lower-case hexadecimal digits; empty if it has none.
    pub debug_id: String,
    /// The minified file.
    pub script: Option<Part>,
    /// Its map, unless it is in the file itself.
    pub map: Option<Part>,
}

/// Why a bundle is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBundle {
    /// It does not begin like one.
    #[error("the upload is no artifact bundle: it does not begin with SYSB")]
    Magic,
    /// The archive.
    #[error(transparent)]
    Zip(#[from] BadZip),
    /// Nothing says what the files are.
    #[error("the bundle has no manifest.json that can be read: {0}")]
    Manifest(String),
    /// The manifest tells of a file that is not there.
    #[error("the bundle's manifest names {0:?}, which is not in it")]
    Missing(String),
    /// More than the limit.
    #[error(
        "the bundle has {found} minified files, the limit is {MAX_FILES}: upload them with `trapline upload`"
    )]
    TooMany {
        /// Minified files, and maps without one.
        found: usize,
    },
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    files: BTreeMap<String, File>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    headers: HashMap<String, String>,
}

impl File {
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn debug_id(&self) -> String {
        self.header("debug-id").and_then(debug_id).unwrap_or_default()
    }
}

/// What is to be done with a bundle, in the order of the manifest.
///
/// # Errors
/// [`BadBundle`].
pub fn to_do(manifest: &[u8], entries: &[Entry]) -> Result<Vec<ToDo>, BadBundle> {
    let manifest: Manifest =
        json::from_slice(manifest).map_err(|error| BadBundle::Manifest(error.to_string()))?;
    let parts: HashMap<&str, Part> =
        entries.iter().map(|entry| (entry.name.as_str(), entry.part)).collect();
    let part = |path: &str| {
        parts.get(path).copied().ok_or_else(|| BadBundle::Missing(path.chars().take(80).collect()))
    };
    let mut maps = Maps::default();
    for (path, file) in of_kind(&manifest, "source_map") {
        maps.add(file, part(path)?);
    }
    let mut all = Vec::new();
    for (path, file) in of_kind(&manifest, "minified_source") {
        let Some(url) = url_of(file) else { continue };
        let map = maps.take(url, file);
        all.push(ToDo {
            url: url.to_owned(),
            debug_id: file.debug_id(),
            script: Some(part(path)?),
            map,
        });
    }
    all.extend(maps.alone());
    match all.len() {
        found if found > MAX_FILES => Err(BadBundle::TooMany { found }),
        _ => Ok(all),
    }
}

fn of_kind<'a>(
    manifest: &'a Manifest,
    kind: &'a str,
) -> impl Iterator<Item = (&'a String, &'a File)> {
    manifest.files.iter().filter(move |(_, file)| file.kind.as_deref() == Some(kind))
}

fn url_of(file: &File) -> Option<&str> {
    file.url.as_deref().filter(|url| (1..=MAX_URL).contains(&url.len()))
}

/// The maps of a bundle.
#[derive(Default)]
struct Maps<'a> {
    all: Vec<(&'a str, String, Part)>,
    by_url: HashMap<&'a str, usize>,
    by_debug_id: HashMap<String, usize>,
    used: HashSet<usize>,
}

impl<'a> Maps<'a> {
    fn add(&mut self, file: &'a File, part: Part) {
        let Some(url) = url_of(file) else { return };
        let (id, index) = (file.debug_id(), self.all.len());
        self.by_url.insert(url, index);
        if !id.is_empty() {
            self.by_debug_id.entry(id.clone()).or_insert(index);
        }
        self.all.push((url, id, part));
    }

    fn take(&mut self, url: &str, file: &File) -> Option<Part> {
        let named = file.header("sourcemap").map(|reference| joined(url, reference));
        let by_url = named.and_then(|named| self.by_url.get(named.as_str()).copied());
        let index = by_url.or_else(|| self.by_debug_id.get(&file.debug_id()).copied())?;
        self.used.insert(index);
        self.all.get(index).map(|(_, _, part)| *part)
    }

    /// Those that no minified file named: of the file that they are called after.
    fn alone(self) -> impl Iterator<Item = ToDo> {
        let Self { all, used, .. } = self;
        all.into_iter().enumerate().filter(move |(index, _)| !used.contains(index)).map(
            |(_, (url, debug_id, part))| ToDo {
                url: url.strip_suffix(".map").unwrap_or(url).to_owned(),
                debug_id,
                script: None,
                map: Some(part),
            },
        )
    }
}

/// A reference as a file at `url` means it: `~/js/app.js` and `../maps/app.js.map` → `~/maps/app.js.map`.
fn joined(url: &str, reference: &str) -> String {
    if reference.contains("://") || reference.starts_with("~/") {
        return reference.to_owned();
    }
    let (host, path) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            (format!("{scheme}://{host}"), path)
        }
        None => ("~".to_owned(), url.strip_prefix("~/").unwrap_or(url)),
    };
    let mut steps: Vec<&str> = match reference.starts_with('/') {
        true => Vec::new(),
        false => path.split('/').collect(),
    };
    steps.pop();
    for step in reference.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    format!("{host}/{}", steps.join("/"))
}

#[cfg(test)]
mod tests;
