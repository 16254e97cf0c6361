//! The recorded events of `tests/corpora/grouping`, as the collector sees them: decoded and normalised, and once more with
//! their frames looked up in the source maps of the bundles.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use flate2::read::GzDecoder;
use serde_json::Value;
use trapline_core::event::{Event, Frame};
use trapline_core::normalize::{Context, normalize};
use trapline_core::{decode, stack};
use trapline_symbols::Table;
use trapline_symbols::digest::{Input, digest_source_map};

/// An event whose bug is known.
#[derive(Debug)]
pub(crate) struct Labelled {
    /// `type/items-in-cart-total`
    pub bug: String,
    /// `chromium`, `firefox`, `webkit`
    pub engine: String,
    /// `readable`, `esbuild`, `terser`
    pub build: String,
    /// `1`, `2`
    pub release: String,
    /// `trapline`, `sentry`
    pub sender: String,
    /// As it was sent.
    pub event: Event,
    /// With source maps.
    pub mapped: Event,
}

impl Labelled {
    /// `type`
    pub(crate) fn family(&self) -> &str {
        self.bug.split('/').next().unwrap_or_default()
    }
}

/// Reads the corpus.
///
/// # Errors
/// When a file is missing or damaged.
pub(crate) fn read(root: &Path) -> Result<Vec<Labelled>> {
    let folder = root.join("tests/corpora/grouping");
    let tables = tables(&folder.join("builds"))?;
    let file = File::open(folder.join("events.jsonl.gz")).context("events.jsonl.gz")?;
    let mut labelled = Vec::new();
    let received = decode::Received::default();
    for line in BufReader::new(GzDecoder::new(file)).lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let text =
            |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("bug").is_empty() {
            continue;
        }
        let payload = serde_json::to_vec(line.get("event").context("an event")?)?;
        let mut event = decode::event(&payload, &received).map_err(|error| anyhow!("{error}"))?;
        // A number added to an event that is here already.
        if event.repeat_of.is_some() {
            continue;
        }
        normalize(&mut event, &Context::default());
        let mut mapped = event.clone();
        for exception in &mut mapped.exceptions {
            exception.frames.iter_mut().for_each(|frame| look_up(frame, &tables));
        }
        labelled.push(Labelled {
            bug: text("bug"),
            engine: text("engine"),
            build: text("build"),
            release: text("release"),
            sender: text("sender"),
            event,
            mapped,
        });
    }
    Ok(labelled)
}

/// By path: names of bundles have a hash, or the release's number.
fn tables(builds: &Path) -> Result<HashMap<String, Vec<u8>>> {
    let mut tables = HashMap::new();
    for build in folders(builds)? {
        for release in folders(&build)? {
            let mut scripts = Vec::new();
            files(&release, &mut scripts)?;
            for script in scripts.iter().filter(|path| path.to_string_lossy().ends_with(".js.gz")) {
                let map = PathBuf::from(script.to_string_lossy().replace(".js.gz", ".js.map.gz"));
                let name = script.strip_prefix(&release)?.to_string_lossy().replace(".gz", "");
                let text = String::from_utf8(inflated(script)?)?;
                let map = inflated(&map)?;
                let input =
                    Input { name: &name, minified: Some(&text), map: &map, memory_bytes: 1 << 30 };
                tables.insert(name.clone(), digest_source_map(&input)?.table);
            }
        }
    }
    Ok(tables)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    Ok(entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn inflated(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path)?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the collector does with a frame whose file has a map: place and function are the source's.
fn look_up(frame: &mut Frame, tables: &HashMap<String, Vec<u8>>) {
    let path = frame.file.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let Some(table) = path.and_then(|(_, path)| tables.get(path)) else { return };
    let Ok(table) = Table::parse(table) else { return };
    let Ok(found) = table.look_up(frame.line, frame.column) else { return };
    let resumed = if frame.function.starts_with("async ") { "async " } else { "" };
    frame.function = found.function.map(|name| format!("{resumed}{name}")).unwrap_or_default();
    frame.file = found.path.unwrap_or_default().to_owned();
    frame.in_app = found.in_app && stack::is_in_app(&frame.file);
    (frame.line, frame.column) = (found.line, found.column);
}
