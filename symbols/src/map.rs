//! Reads a source map, revision 3: plain, indexed (`sections`), with or without `sourcesContent`.
//!
//! Read strictly where it would change an answer (mappings, indices), leniently where it would not (unknown fields, a
//! missing `version`, names that are numbers). Refused: what is no JSON object, another revision, mappings that break the
//! grammar, sections that refer to other files.

mod inline;
mod json;
mod mappings;
mod path;
mod sections;

pub use inline::{MapComment, map_comment, with_inline_map};
pub use path::{is_library, tidy_path};

use json::RawMap;

/// Why a source map is refused. Each message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMap {
    /// No JSON, or JSON of another shape.
    #[error("it is no source map ({0}); is it the file that the bundler wrote, whole?")]
    Json(String),
    /// Revision 1 or 2, or one that does not exist yet.
    #[error("it has version {0}; only version 3 is read: let the bundler write that")]
    Version(String),
    /// The mappings break the grammar.
    #[error("its mappings are broken at byte {at} ({what}); build it again")]
    Mappings {
        /// Offset in the field `mappings`.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// An index points behind the end of `sources` or `names`.
    #[error("its mappings use {field} {index}, but it has {count}; build it again")]
    Index {
        /// `source` or `name`.
        field: &'static str,
        /// The index used.
        index: u32,
        /// How many there are.
        count: usize,
    },
    /// A section whose map stands in another file.
    #[error("a section refers to another file ({0}); let the bundler embed the maps of sections")]
    SectionUrl(String),
    /// Sections that begin before those before them.
    #[error("its sections are not in order; build it again")]
    SectionOrder,
    /// More memory than there is.
    #[error(
        "digesting it takes {needed} bytes of memory, {limit} are there; use `trapline upload`"
    )]
    TooLarge {
        /// Bytes it would take.
        needed: usize,
        /// Bytes there are.
        limit: usize,
    },
}

/// A mapping; all numbers from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// Generated line.
    pub line: u32,
    /// Generated column.
    pub column: u32,
    /// Index in [`SourceMap::sources`]; [`NONE`] for generated code.
    pub source: u32,
    /// Line in the source.
    pub source_line: u32,
    /// Column in the source.
    pub source_column: u32,
    /// Index in [`SourceMap::names`]; [`NONE`] for none.
    pub name: u32,
}

/// The index that says "none".
pub const NONE: u32 = u32::MAX;

/// A source of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path, `sourceRoot` joined, as the map has it.
    pub path: String,
    /// The text, if the map has it.
    pub content: Option<String>,
    /// Whether the map says that it is a library's.
    pub ignored: bool,
}

/// A source map, its sections made one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    /// Sorted by generated line and column; of equal ones in the order of the map.
    pub mappings: Vec<Mapping>,
    /// The sources.
    pub sources: Vec<Source>,
    /// The names.
    pub names: Vec<String>,
    /// `debugId` or `debug_id`, as written.
    pub debug_id: Option<String>,
}

impl SourceMap {
    /// The map of what follows the first generated line.
    pub(crate) fn drop_first_line(&mut self) {
        self.mappings.retain(|mapping| mapping.line > 0);
        self.mappings.iter_mut().for_each(|mapping| mapping.line -= 1);
    }
}

/// Memory that digesting takes beside the mappings, as a multiple of the map's length: the bytes themselves, their texts
/// once more, the table twice (in parts, and assembled). Measured by `cargo xtask bench symbolicate`.
const FACTOR: usize = 3;

/// Bytes of memory that digesting a map takes at most, told from what is known before it is read: the lengths in bytes
/// of the map and the minified file. What its mappings take comes on top and is counted while it is read.
#[must_use]
pub fn least_memory(map_bytes: usize, minified_bytes: usize) -> usize {
    map_bytes.saturating_mul(FACTOR).saturating_add(minified_bytes.saturating_mul(2))
}

/// Whether it is worth to begin: see [`least_memory`].
#[must_use]
pub fn fits(map_bytes: usize, minified_bytes: usize, memory_bytes: usize) -> bool {
    least_memory(map_bytes, minified_bytes) <= memory_bytes
}

/// Reads a map from its bytes. The guard that some servers put before JSON (`)]}'`) and a byte order mark are passed
/// over. `memory_bytes` is what the caller has for it.
///
/// # Errors
/// Why it is refused.
pub fn parse(bytes: &[u8], memory_bytes: usize) -> Result<SourceMap, BadMap> {
    if !fits(bytes.len(), 0, memory_bytes) {
        let needed = least_memory(bytes.len(), 0);
        return Err(BadMap::TooLarge { needed, limit: memory_bytes });
    }
    let raw: RawMap<'_> = serde_json::from_slice(without_guard(bytes))
        .map_err(|error| BadMap::Json(error.to_string()))?;
    raw.check_version()?;
    let needed = least_memory(bytes.len(), 0)
        .saturating_add(raw.separators().saturating_mul(size_of::<Mapping>()));
    if needed > memory_bytes {
        return Err(BadMap::TooLarge { needed, limit: memory_bytes });
    }
    let mut map = SourceMap { debug_id: raw.debug_id(), ..SourceMap::default() };
    sections::flatten(raw, &mut map)?;
    if !map.mappings.is_sorted_by_key(|mapping| (mapping.line, mapping.column)) {
        map.mappings.sort_by_key(|mapping| (mapping.line, mapping.column));
    }
    Ok(map)
}

/// The JSON of a map's bytes.
#[must_use]
pub fn without_guard(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if !bytes.starts_with(b")]}") {
        return bytes;
    }
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    bytes.get(line..).unwrap_or_default()
}
