//! One file of a build → its table, with a debug ID put into script and map.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use trapline_symbols::debug_id::{self, Injected};
use trapline_symbols::digest::{Input, digest_source_map};
use trapline_symbols::map::{MapComment, map_comment, with_inline_map};
use trapline_symbols::table::MAX_SOURCE_BYTES;
use trapline_symbols::{pack, wasm};

use crate::files::{Found, MapPlace, What};

/// The memory that a digest may take here.
const MEMORY_BYTES: usize = 4 << 30;

/// A file that has been digested.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) entry: Entry,
    pub(crate) table: Vec<u8>,
}

/// What is told of a file: to the collector, and to the developer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    /// `~/assets/main.js`
    pub(crate) url: String,
    pub(crate) debug_id: Option<String>,
    /// SHA-256 of the table, hex.
    pub(crate) hash: String,
    /// `source_map` or `wasm`.
    pub(crate) kind: &'static str,
    /// Functions with a name.
    pub(crate) names: u32,
    pub(crate) sources: u32,
    /// Sources with their text.
    pub(crate) contents: u32,
    /// Length of the table.
    pub(crate) bytes: usize,
}

/// What became of a file.
#[derive(Debug)]
pub(crate) enum Became {
    Prepared(Box<Prepared>),
    /// There is nothing to digest, and why. No failure: a build has scripts without maps.
    Skipped(String),
    /// Broken, and what to do.
    Refused(String),
}

/// Where the texts of sources come from that a module's debug information names.
pub(crate) type Sources = fn(&str) -> Option<String>;

/// How files of source code end, in languages that are compiled to wasm.
const SOURCES: [&str; 16] = [
    "rs", "c", "cc", "cpp", "cxx", "h", "hh", "hpp", "go", "zig", "ts", "kt", "swift", "m", "d",
    "nim",
];

/// A source below the folder in which this is run, by its absolute path: whoever built a module may name any file of the
/// machine, and a relative path may be meant from elsewhere.
pub(crate) fn source_below_here(path: &str) -> Option<String> {
    let path = Path::new(path);
    let is_source = path.extension().is_some_and(|end| SOURCES.iter().any(|known| end == *known));
    if !path.is_absolute() || !is_source {
        return None;
    }
    let here = std::env::current_dir().and_then(fs::canonicalize).ok()?;
    let file = fs::canonicalize(path).ok()?;
    let is_hidden = |part: &std::ffi::OsStr| part.to_string_lossy().starts_with('.');
    let below = file.strip_prefix(&here).ok()?;
    let about = fs::metadata(&file).ok()?;
    // Of the whole machine nothing is the workspace's.
    let is_whole = here.parent().is_none();
    if is_whole
        || below.iter().any(is_hidden)
        || !about.is_file()
        || about.len() > MAX_SOURCE_BYTES as u64
    {
        return None;
    }
    fs::read_to_string(file).ok()
}

/// Whether files may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Files {
    /// Debug IDs are written into them.
    Change,
    /// They stay as they are, though digested as if changed.
    Keep,
}

/// Puts the debug ID in, and digests.
///
/// # Errors
/// Only what the disk says; all that is wrong with the file itself is [`Became::Refused`].
pub(crate) fn prepare(
    found: &Found,
    url_prefix: &str,
    files: Files,
    source: Sources,
) -> Result<Became> {
    let url = format!("{}/{}", url_prefix.trim_end_matches('/'), found.path);
    match &found.what {
        What::Script(MapPlace::Missing(reason)) => Ok(Became::Skipped(reason.clone())),
        What::Script(MapPlace::Inline) => inline(&found.file, &url, files),
        What::Script(MapPlace::File(map)) => script(&found.file, map, &url, files),
        What::Map => Ok(digest(&url, None, &read(&found.file)?)),
        What::Wasm => wasm_module(&found.file, &url, source),
    }
}

fn script(file: &Path, map_file: &Path, url: &str, files: Files) -> Result<Became> {
    let (script, map) = (read(file)?, read(map_file)?);
    let Ok(script) = String::from_utf8(script) else {
        return Ok(Became::Refused(format!(
            "{} is not UTF-8; let the bundler write that",
            file.display()
        )));
    };
    let Injected { script: new_script, map: new_map, .. } = match debug_id::inject(&script, &map) {
        Ok(injected) => injected,
        // What is wrong with the map, the digest says in more words.
        Err(_) => return Ok(digest(url, Some(&script), &map)),
    };
    let digested = digest(
        url,
        Some(new_script.as_deref().unwrap_or(&script)),
        new_map.as_deref().unwrap_or(&map),
    );
    if files == Files::Change && matches!(digested, Became::Prepared(_)) {
        // The map first: a script without its ID is seen again by the next run, and gets the map's.
        new_map.map_or(Ok(()), |map| write(map_file, &map))?;
        new_script.map_or(Ok(()), |script| write(file, script.as_bytes()))?;
    }
    Ok(digested)
}

/// A script that holds its map: both are changed in one file.
fn inline(file: &Path, url: &str, files: Files) -> Result<Became> {
    let bytes = read(file)?;
    let script: Cow<'_, str> = String::from_utf8_lossy(&bytes);
    let MapComment::Inline(map) = map_comment(&script) else {
        return Ok(Became::Refused("the map in its comment cannot be read; build it again".into()));
    };
    let Ok(Injected { script: new_script, map: new_map, .. }) = debug_id::inject(&script, &map)
    else {
        return Ok(digest(url, Some(&script), &map));
    };
    let map = new_map.as_deref().unwrap_or(&map);
    let new = new_script.as_deref().unwrap_or(&script);
    let digested = digest(url, Some(new), map);
    let is_changed = new_script.is_some() || new_map.is_some();
    if files == Files::Change && is_changed && matches!(digested, Became::Prepared(_)) {
        write(file, with_inline_map(new, map).as_bytes())?;
    }
    Ok(digested)
}

fn digest(url: &str, minified: Option<&str>, map: &[u8]) -> Became {
    let input = Input { name: url, minified, map, memory_bytes: MEMORY_BYTES };
    let digest = match digest_source_map(&input) {
        Ok(digest) => digest,
        Err(refused) => return Became::Refused(refused.to_string()),
    };
    packed(
        Entry {
            url: url.to_owned(),
            debug_id: digest.debug_id.map(debug_id::text_of),
            hash: hex(&pack::hash_of(&digest.table)),
            kind: "source_map",
            names: digest.names,
            sources: digest.sources,
            contents: digest.contents,
            bytes: digest.table.len(),
        },
        digest.table,
    )
}

/// `agent_bg.wasm`, as bundlers lay it out: perhaps with a hash in its name.
fn is_agent(file: &Path) -> bool {
    let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    name == "agent_bg" || name.starts_with("agent_bg-") || name.starts_with("agent_bg.")
}

/// A module stays as it is. Its debug information is in it, or in `app_bg.debug.wasm` beside `app_bg.wasm`, or its source
/// map is `app_bg.wasm.map`.
fn wasm_module(file: &Path, url: &str, source: Sources) -> Result<Became> {
    let beside = |path: &Path| if path.exists() { read(path).map(Some) } else { Ok(None) };
    let served = read(file)?;
    let debug = beside(&file.with_extension("debug.wasm"))?;
    let map = beside(&file.with_extension("wasm.map"))?;
    let input = wasm::Input {
        name: url,
        served: &served,
        debug: debug.as_deref(),
        map: map.as_deref(),
        memory_bytes: MEMORY_BYTES,
        source,
    };
    let digest = match wasm::digest(&input) {
        Ok(digest) => digest,
        // Many modules of a build are others' and come stripped.
        Err(wasm::Refused::Stripped { .. }) if is_agent(file) => {
            return Ok(Became::Skipped("Trapline's own, which is left out of stacks".to_owned()));
        }
        Err(reason @ wasm::Refused::Stripped { .. }) => {
            return Ok(Became::Skipped(reason.to_string()));
        }
        Err(refused) => return Ok(Became::Refused(refused.to_string())),
    };
    Ok(packed(
        Entry {
            url: url.to_owned(),
            debug_id: Some(debug_id::text_of(digest.debug_id)),
            hash: hex(&pack::hash_of(&digest.table)),
            kind: "wasm",
            names: digest.names,
            sources: digest.sources,
            contents: digest.contents,
            bytes: digest.table.len(),
        },
        digest.table,
    ))
}

/// What a pack has room for.
fn packed(entry: Entry, table: Vec<u8>) -> Became {
    let (url, bytes, limit) = (&entry.url, table.len(), pack::MAX_BYTES);
    if bytes + 1024 > limit {
        return Became::Refused(format!(
            "the table of {url} is {bytes} bytes, limit is {limit}; split the bundle"
        ));
    }
    Became::Prepared(Box::new(Prepared { entry, table }))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Whole or not at all: an interrupted run leaves no half of a file.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".trapline-new");
    let cannot = || format!("cannot write {}", file.display());
    fs::write(&beside, bytes).with_context(cannot)?;
    fs::rename(&beside, file).with_context(cannot)
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_read_below_the_folder_alone() {
        let here = std::env::current_dir().unwrap();
        let read = |path: &str| source_below_here(&here.join(path).to_string_lossy());
        assert!(read("src/prepare.rs").is_some_and(|text| text.contains("below_the_folder")));
        let folder = std::env::temp_dir().join("trapline-sources.rs");
        fs::write(&folder, "").unwrap();
        for path in
            ["../core/src/lib.rs", "Cargo.toml", "src/none.rs", "src", "src/../../core/src/lib.rs"]
        {
            assert_eq!(read(path), None, "{path}");
        }
        assert_eq!(source_below_here("src/prepare.rs"), None, "from wherever");
        assert_eq!(source_below_here(&folder.to_string_lossy()), None);
        fs::remove_file(folder).unwrap();
    }
}
