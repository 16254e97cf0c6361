//! The bytes of a table, divided into its sections. Nothing is copied; what lies outside of the bytes reads as absent.

use std::str;

use super::{
    ABOUT, CODE, CONTENTS, FUNCTIONS, HAS_CONTENT, IGNORED, MAGIC, POSITIONS, SCOPES, SOURCES,
    STRINGS, TOO_LARGE, VERSION,
};

/// Why bytes are no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They begin with something else.
    #[error("these bytes are no look-up table")]
    Foreign,
    /// Written by a newer release.
    #[error("the look-up table has version {0}, this release reads up to {VERSION}")]
    Version(u32),
    /// They end before what they promise.
    #[error("the look-up table is truncated")]
    Truncated,
}

/// What a table was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A source map: look up by line and column.
    SourceMap,
    /// Debug information or names of a wasm module: look up by code offset, function index or function name.
    Wasm,
}

/// A look-up table over its bytes.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    about: &'a [u8],
    strings: &'a [u8],
    sources: &'a [u8],
    contents: &'a [u8],
    pub(super) positions: &'a [u8],
    pub(super) scopes: &'a [u8],
    pub(super) code: &'a [u8],
    pub(super) functions: &'a [u8],
}

/// A source's record.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceRecord<'a> {
    pub(super) path: &'a str,
    pub(super) flags: u32,
    pub(super) packed: &'a [u8],
    pub(super) inflated: u32,
}

impl<'a> Table<'a> {
    /// Reads the directory: some dozen bytes, whatever the table's size.
    ///
    /// # Errors
    /// Bytes that are no table, are of a newer version, or end too early. Damage further in shows as
    /// [`Unresolved::Damaged`](super::Unresolved::Damaged) where it is looked at.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Unreadable> {
        if bytes.get(..4) != Some(&MAGIC) {
            return Err(Unreadable::Foreign);
        }
        let version = u32_at(bytes, 4).ok_or(Unreadable::Truncated)?;
        if version == 0 || version > VERSION {
            return Err(Unreadable::Version(version));
        }
        let count = u32_at(bytes, 8).ok_or(Unreadable::Truncated)?;
        let directory = slice(bytes, 12, u64::from(count) * 12).ok_or(Unreadable::Truncated)?;
        let mut table = Self {
            about: &[],
            strings: &[],
            sources: &[],
            contents: &[],
            positions: &[],
            scopes: &[],
            code: &[],
            functions: &[],
        };
        for record in directory.chunks_exact(12) {
            table.section(bytes, record).ok_or(Unreadable::Truncated)?;
        }
        Ok(table)
    }

    /// Takes one section; of a kind that this release does not know, nothing is needed.
    fn section(&mut self, bytes: &'a [u8], record: &[u8]) -> Option<()> {
        let content = slice(bytes, u32_at(record, 4)?, u64::from(u32_at(record, 8)?))?;
        match u32_at(record, 0)? {
            ABOUT => self.about = content,
            STRINGS => self.strings = content,
            SOURCES => self.sources = content,
            CONTENTS => self.contents = content,
            POSITIONS => self.positions = content,
            SCOPES => self.scopes = content,
            CODE => self.code = content,
            FUNCTIONS => self.functions = content,
            _ => (),
        }
        Some(())
    }

    /// What the table was made from.
    #[must_use]
    pub fn kind(&self) -> Kind {
        if u32_at(self.about, 0) == Some(1) { Kind::Wasm } else { Kind::SourceMap }
    }

    /// The debug ID of file and map (of wasm: the first 16 bytes of its build ID), if they have one.
    #[must_use]
    pub fn debug_id(&self) -> Option<[u8; 16]> {
        let id: [u8; 16] = self.about.get(4..20)?.try_into().ok()?;
        (id != [0; 16]).then_some(id)
    }

    /// The name of the file whose frames the table resolves; empty if it was not told.
    #[must_use]
    pub fn name(&self) -> &'a str {
        u32_at(self.about, 20).and_then(|id| self.string(id)).unwrap_or_default()
    }

    /// How many sources the table knows.
    #[must_use]
    pub fn source_count(&self) -> u32 {
        u32::try_from(self.sources.len() / 20).unwrap_or(u32::MAX)
    }

    /// The path of a source, tidied.
    #[must_use]
    pub fn source_path(&self, source: u32) -> Option<&'a str> {
        Some(self.source(source)?.path)
    }

    /// Whether frames of a source are the owner's own code.
    #[must_use]
    pub fn is_in_app(&self, source: u32) -> bool {
        self.source(source).is_some_and(|record| record.flags & IGNORED == 0)
    }

    /// How many sources have their text here.
    #[must_use]
    pub fn content_count(&self) -> u32 {
        let has = |source: &u32| {
            self.source(*source).is_some_and(|record| record.flags & HAS_CONTENT != 0)
        };
        u32::try_from((0..self.source_count()).filter(has).count()).unwrap_or(u32::MAX)
    }

    pub(super) fn source(&self, source: u32) -> Option<SourceRecord<'a>> {
        let start = usize::try_from(source).ok()?.checked_mul(20)?;
        let record = self.sources.get(start..start.checked_add(20)?)?;
        Some(SourceRecord {
            path: self.string(u32_at(record, 0)?)?,
            flags: u32_at(record, 4)? & (IGNORED | HAS_CONTENT | TOO_LARGE),
            packed: slice(self.contents, u32_at(record, 8)?, u64::from(u32_at(record, 12)?))?,
            inflated: u32_at(record, 16)?,
        })
    }

    pub(super) fn string(&self, id: u32) -> Option<&'a str> {
        let count = u32_at(self.strings, 0)?;
        if id >= count {
            return None;
        }
        let ends = slice(self.strings, 4, u64::from(count) * 4)?;
        let text = self.strings.get(4 + ends.len()..)?;
        let place = usize::try_from(id).ok()? * 4;
        let start = if place == 0 { 0 } else { u32_at(ends, place - 4)? };
        let end = u32_at(ends, place)?;
        str::from_utf8(slice(text, start, u64::from(end.checked_sub(start)?))?).ok()
    }
}

pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let four = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

pub(super) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    let eight = bytes.get(offset..offset.checked_add(8)?)?;
    Some(u64::from_le_bytes(eight.try_into().ok()?))
}

pub(super) fn slice(bytes: &[u8], offset: u32, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}
