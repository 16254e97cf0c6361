//! One frame's line and column → the place in the source, and the function around it.

use super::blocks::{block_of, is_empty, next_place};
use super::raw::Table;
use crate::varint::Cursor;

/// A frame as its author would read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedFrame<'a> {
    /// The function around the place by its name in the source (`Cart.add`); `None` where it has none.
    pub function: Option<&'a str>,
    /// The path of the source, tidied; `None` where only the function is known (wasm without line numbers).
    pub path: Option<&'a str>,
    /// The source's number, for [`Table::context`].
    pub source: Option<u32>,
    /// Line in the source, from 1; 0 where it is not known.
    pub line: u32,
    /// Column in the source in UTF-16 units, from 1; 0 where it is not known.
    pub column: u32,
    /// Whether it is the owner's own code, as far as the map says.
    pub in_app: bool,
}

/// Why a frame, or its context, is not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The map begins later, or its line has no mapping before this column.
    #[error("line {line}, column {column} is outside of what the map describes")]
    Outside {
        /// Line of the frame, from 1.
        line: u32,
        /// Column of the frame, from 1.
        column: u32,
    },
    /// The map says that this code was made by a tool and stands in no source.
    #[error("line {line}, column {column} was generated: the map names no source for it")]
    Generated {
        /// Line of the frame, from 1.
        line: u32,
        /// Column of the frame, from 1.
        column: u32,
    },
    /// The map describes nothing at all.
    #[error("the map has no mappings")]
    Empty,
    /// No function of the module holds this offset.
    #[error("code offset {offset:#x} is in no function of the module")]
    NoCode {
        /// Offset in the module's bytes.
        offset: u64,
    },
    /// The module has no such function.
    #[error("the module has no function {0}")]
    NoFunction(String),
    /// The map came without this source's text.
    #[error("the map has no content of {path} (sourcesContent)")]
    NoContent {
        /// The source.
        path: String,
    },
    /// The source's text was left out.
    #[error("{path} is too large for its content to be kept")]
    ContentTooLarge {
        /// The source.
        path: String,
    },
    /// The source has fewer lines: the map belongs to another version of it.
    #[error("{path} has no line {line}")]
    NoLine {
        /// The source.
        path: String,
        /// Line asked for, from 1.
        line: u32,
    },
    /// The table's bytes contradict themselves.
    #[error("the look-up table is damaged")]
    Damaged,
}

/// What a position of the map says, numbers as in the map: from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceFound<'a> {
    /// Number of the source.
    pub source: u32,
    /// Line in it, from 0.
    pub line: u32,
    /// Column in it, from 0.
    pub column: u32,
    /// The original name at the position, if the map has one.
    pub name: Option<&'a str>,
}

/// An entry of the positions.
#[derive(Debug, Clone, Copy)]
struct Entry {
    has_place: bool,
    source: u32,
    line: u32,
    column: u32,
    name: u32,
}

impl<'a> Table<'a> {
    /// Looks up what engines say of a frame: line and column, both from 1, the column in UTF-16 units.
    ///
    /// # Errors
    /// Why the frame stays as it is.
    pub fn look_up(&self, line: u32, column: u32) -> Result<ResolvedFrame<'a>, Unresolved> {
        let (from_0, column_from_0) = (line.saturating_sub(1), column.saturating_sub(1));
        let found = self.place_of(from_0, column_from_0)?;
        Ok(ResolvedFrame {
            function: self.function_around(from_0, column_from_0),
            path: self.source_path(found.source),
            source: Some(found.source),
            line: found.line.saturating_add(1),
            column: found.column.saturating_add(1),
            in_app: self.is_in_app(found.source),
        })
    }

    /// Looks up a position of the map: the last mapping of the line at or before the column. All numbers from 0, as in the map.
    ///
    /// # Errors
    /// As [`Table::look_up`].
    pub fn place_of(&self, line: u32, column: u32) -> Result<PlaceFound<'a>, Unresolved> {
        let outside = || Unresolved::Outside {
            line: line.saturating_add(1),
            column: column.saturating_add(1),
        };
        if is_empty(self.positions) {
            return Err(Unresolved::Empty);
        }
        let entry = self.entry_at(key(line, column)).ok_or_else(outside)?;
        if !entry.has_place {
            return Err(Unresolved::Generated {
                line: line.saturating_add(1),
                column: column.saturating_add(1),
            });
        }
        let name = if entry.name == 0 { None } else { self.string(entry.name) };
        Ok(PlaceFound { source: entry.source, line: entry.line, column: entry.column, name })
    }

    /// The function around a position (from 0), by its name in the source.
    #[must_use]
    pub fn function_around(&self, line: u32, column: u32) -> Option<&'a str> {
        let wanted = key(line, column);
        let (mut at, mut cursor) = block_of(self.scopes, wanted)?;
        let mut name = 0;
        while let Some(next) = next_place(&mut cursor, at) {
            if next > wanted {
                break;
            }
            at = next;
            name = cursor.small()?;
        }
        if name == 0 { None } else { self.string(name) }
    }

    /// The last entry at or before `wanted` that is on its line.
    fn entry_at(&self, wanted: u64) -> Option<Entry> {
        let (mut at, mut cursor) = block_of(self.positions, wanted)?;
        let mut entry = Entry { has_place: false, source: 0, line: 0, column: 0, name: 0 };
        let mut found = None;
        while let Some(next) = next_place(&mut cursor, at) {
            if next > wanted {
                break;
            }
            at = next;
            read_entry(&mut cursor, &mut entry)?;
            found = Some((at, entry));
        }
        let (at, entry) = found?;
        (at >> 32 == wanted >> 32).then_some(entry)
    }
}

/// Reads what follows the key; steps are from the entry before.
fn read_entry(cursor: &mut Cursor<'_>, entry: &mut Entry) -> Option<()> {
    let mark = cursor.byte()?;
    entry.has_place = mark & 1 != 0;
    let mut name = 0;
    if entry.has_place {
        if mark & 2 != 0 {
            entry.source = cursor.step(entry.source)?;
        }
        entry.line = cursor.step(entry.line)?;
        entry.column = cursor.step(entry.column)?;
    }
    if mark & 4 != 0 {
        name = cursor.small()?;
    }
    entry.name = name;
    Some(())
}

fn key(line: u32, column: u32) -> u64 {
    (u64::from(line) << 32) | u64::from(column)
}
