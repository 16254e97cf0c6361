//! A source map, with the minified file that it belongs to, → a table.
//!
//! Functions are named by the scopes of the minified file: each function's name token is mapped to the source, and what
//! stands there is the function's name. Without the minified file, frames have places but no functions.

mod functions;
mod original;
mod places;

use crate::map::{self, BadMap, NONE, SourceMap, is_library, tidy_path};
use crate::table::{Kind, Place, Position, Writer};
use crate::{Table, debug_id};

/// A file that a build left, as far as it is needed.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// How messages and the table call it: `~/assets/main.js`.
    pub name: &'a str,
    /// The minified file's text, if it is at hand.
    pub minified: Option<&'a str>,
    /// The source map's bytes.
    pub map: &'a [u8],
    /// Bytes of memory that there are for it: 100 MB in a Worker.
    pub memory_bytes: usize,
}

/// What became of a source map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// The table's bytes.
    pub table: Vec<u8>,
    /// The debug ID of the map, or else of the minified file.
    pub debug_id: Option<[u8; 16]>,
    /// How many functions have a name.
    pub names: u32,
    /// How many sources the map has.
    pub sources: u32,
    /// How many of them with their text.
    pub contents: u32,
}

/// Why a file is refused. The message names it, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The map itself.
    #[error("the source map of {file} is refused: {reason}")]
    Map {
        /// The file.
        file: String,
        /// What is wrong.
        reason: BadMap,
    },
    /// The map describes lines or columns that the file does not have.
    #[error(
        "the source map of {file} belongs to another build: {outside} of {total} mappings lie outside of the file; \
         upload file and map of one build"
    )]
    OtherBuild {
        /// The file.
        file: String,
        /// Mappings outside of it.
        outside: usize,
        /// Mappings in all.
        total: usize,
    },
}

/// Makes the table.
///
/// # Errors
/// Why the map is refused.
pub fn digest_source_map(input: &Input<'_>) -> Result<Digest, Refused> {
    let refused = |reason| Refused::Map { file: input.name.to_owned(), reason };
    let minified_bytes = input.minified.map_or(0, str::len);
    let served = input.minified.and_then(debug_id::without_second_mark);
    if !map::fits(input.map.len(), minified_bytes, input.memory_bytes) {
        let needed = map::least_memory(input.map.len(), minified_bytes);
        return Err(refused(BadMap::TooLarge { needed, limit: input.memory_bytes }));
    }
    let available = input.memory_bytes.saturating_sub(minified_bytes.saturating_mul(2));
    let mut map = map::parse(input.map, available).map_err(refused)?;
    if served.is_some() {
        map.drop_first_line();
    }
    let minified = served.or(input.minified);
    if let Some(script) = minified {
        check_build(input.name, script, &map)?;
    }
    let of_map = map.debug_id.as_deref().and_then(debug_id::parse);
    let debug_id = of_map.or_else(|| minified.and_then(debug_id::of_script));
    let mut writer = Writer::new(Kind::SourceMap, input.name, debug_id);
    write_sources(&map, &mut writer);
    write_positions(&map, &mut writer);
    let names = minified.map_or(0, |script| functions::write(script, &map, &mut writer));
    let table = writer.finish();
    let contents = Table::parse(&table).map_or(0, |table| table.content_count());
    let sources = u32::try_from(map.sources.len()).unwrap_or(u32::MAX);
    Ok(Digest { table, debug_id, names, sources, contents })
}

/// A mapping may stand at the very end of a line, and tools append or drop a comment: so one line of slack, and a few
/// mappings behind the ends of lines are borne.
fn check_build(file: &str, script: &str, map: &SourceMap) -> Result<(), Refused> {
    let lengths = places::line_lengths(script);
    let total = map.mappings.len();
    let is_outside = |mapping: &&map::Mapping| match lengths.get(mapping.line as usize) {
        Some(length) => mapping.column > *length,
        None => true,
    };
    let outside = map.mappings.iter().filter(is_outside).count();
    let last = map.mappings.last().map_or(0, |mapping| mapping.line as usize);
    if last > lengths.len() || outside * 50 > total {
        return Err(Refused::OtherBuild { file: file.to_owned(), outside, total });
    }
    Ok(())
}

fn write_sources(map: &SourceMap, writer: &mut Writer) {
    for source in &map.sources {
        let in_app = !source.ignored && !is_library(&source.path);
        writer.source(&tidy_path(&source.path), in_app, source.content.as_deref());
    }
}

/// Of several mappings at one position the first counts, as for the readers in browsers.
fn write_positions(map: &SourceMap, writer: &mut Writer) {
    let mut before = None;
    for mapping in &map.mappings {
        if before == Some((mapping.line, mapping.column)) {
            continue;
        }
        before = Some((mapping.line, mapping.column));
        let place = (mapping.source != NONE).then_some(Place {
            source: mapping.source,
            line: mapping.source_line,
            column: mapping.source_column,
        });
        let name = map.names.get(mapping.name as usize).map_or(0, |name| writer.string(name));
        writer.position(&Position { line: mapping.line, column: mapping.column, place, name });
    }
}
