//! What lies in a folder: scripts with their maps, maps alone, wasm modules.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use trapline_symbols::map::{MapComment, map_comment};

/// Something to digest.
#[derive(Debug)]
pub(crate) struct Found {
    /// Path from the folder, with slashes: `assets/main.js`.
    pub(crate) path: String,
    pub(crate) file: PathBuf,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A script, and its map.
    Script(MapPlace),
    /// A map whose script is not here.
    Map,
    Wasm,
}

#[derive(Debug)]
pub(crate) enum MapPlace {
    File(PathBuf),
    /// In the script, as a `data:` URL.
    Inline,
    /// None, and why.
    Missing(String),
}

/// Looks through a folder and those below it, in the order of paths; `node_modules` and hidden folders are passed over.
///
/// # Errors
/// A folder or script that cannot be read.
pub(crate) fn find(folder: &Path) -> Result<Vec<Found>> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut found = Vec::new();
    let mut taken = HashSet::new();
    for file in &files {
        let path = path_below(folder, file);
        match extension(file) {
            "js" | "mjs" | "cjs" => {
                let map = map_of(file, folder)?;
                if let MapPlace::File(map) = &map {
                    taken.insert(map.clone());
                }
                found.push(Found { path, file: file.clone(), what: What::Script(map) });
            }
            // What a module is read back by is no module of the page.
            "wasm" if path.ends_with(".debug.wasm") => (),
            "wasm" => found.push(Found { path, file: file.clone(), what: What::Wasm }),
            _ => (),
        }
    }
    let alone = files.iter().filter(|file| extension(file) == "map" && !taken.contains(*file));
    let of_script =
        |path: &str| [".js.map", ".mjs.map", ".cjs.map"].iter().any(|end| path.ends_with(end));
    found.extend(alone.filter_map(|file| {
        let path = path_below(folder, file);
        let script = path.strip_suffix(".map")?.to_owned();
        of_script(&path).then(|| Found { path: script, file: file.clone(), what: What::Map })
    }));
    Ok(found)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let is_hidden = name.to_string_lossy().starts_with('.') || name == "node_modules";
        let kind = entry.file_type()?;
        if kind.is_dir() && !is_hidden {
            collect(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// By the comment; without one, the file beside it: bundlers write maps that no comment names ("hidden").
fn map_of(file: &Path, folder: &Path) -> Result<MapPlace> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let script = String::from_utf8_lossy(&bytes);
    let mut beside = file.as_os_str().to_owned();
    beside.push(".map");
    let beside = PathBuf::from(beside);
    let url = match map_comment(&script) {
        MapComment::Inline(_) => return Ok(MapPlace::Inline),
        MapComment::BrokenInline => {
            return Ok(MapPlace::Missing("the map in its comment cannot be read".into()));
        }
        MapComment::Absent if beside.is_file() => return Ok(MapPlace::File(beside)),
        MapComment::Absent => return Ok(MapPlace::Missing("no map".into())),
        MapComment::Url(url) => url,
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let named = match path.rsplit_once("://") {
        // A map on another host would lie beside the script, if it is here at all.
        Some(_) => beside.with_file_name(path.rsplit('/').next().unwrap_or_default()),
        None if path.starts_with('/') => folder.join(path.trim_start_matches('/')),
        None => file.parent().unwrap_or(folder).join(path),
    };
    if named.is_file() {
        // Its name in the folder's listing, so that it is not taken for a map alone.
        let same = beside.is_file() && beside.canonicalize().ok() == named.canonicalize().ok();
        return Ok(MapPlace::File(if same { beside } else { named }));
    }
    if beside.is_file() {
        return Ok(MapPlace::File(beside));
    }
    Ok(MapPlace::Missing(format!("its comment names {url}, which is not in this folder")))
}

fn extension(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn path_below(folder: &Path, file: &Path) -> String {
    let below = file.strip_prefix(folder).unwrap_or(file);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
