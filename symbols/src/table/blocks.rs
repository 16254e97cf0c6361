//! Entries in the order of their keys, in blocks behind an index of first keys: a look-up searches the index and decodes
//! one block. Written by [`Blocks`], read by [`block_of`].

use super::BLOCK_ENTRIES;
use super::raw::{slice, u32_at, u64_at};
use crate::varint::{self, Cursor};

/// Bytes of an index entry.
const RECORD: usize = 12;

/// Collects the blocks of a section.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    index: Vec<u8>,
    bytes: Vec<u8>,
    entries: usize,
    last_key: u64,
}

impl Blocks {
    /// Makes room for the entry of `key`. Says whether a new block begins: then all steps start from 0 again. A key that
    /// is smaller than the one before counts as equal to it.
    pub(super) fn begin(&mut self, key: u64) -> bool {
        let key = key.max(self.last_key);
        let is_fresh = self.entries.is_multiple_of(BLOCK_ENTRIES);
        if is_fresh {
            self.index.extend(key.to_le_bytes());
            self.index.extend(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            self.last_key = key;
        }
        self.entries += 1;
        is_fresh
    }

    /// Writes a key of a line and a column.
    pub(super) fn put_place(&mut self, key: u64) {
        let key = key.max(self.last_key);
        let lines = (key >> 32) - (self.last_key >> 32);
        let column = key & 0xffff_ffff;
        if lines == 0 {
            varint::put(&mut self.bytes, (column - (self.last_key & 0xffff_ffff)) << 1);
        } else {
            varint::put(&mut self.bytes, (lines << 1) | 1);
            varint::put(&mut self.bytes, column);
        }
        self.last_key = key;
    }

    /// Writes a key that is one number.
    pub(super) fn put_offset(&mut self, key: u64) {
        let key = key.max(self.last_key);
        varint::put(&mut self.bytes, key - self.last_key);
        self.last_key = key;
    }

    /// The current block's bytes, for what follows the key.
    pub(super) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The section; empty if there was no entry.
    pub(super) fn finish(self) -> Vec<u8> {
        if self.entries == 0 {
            return Vec::new();
        }
        let count = u32::try_from(self.index.len() / RECORD).unwrap_or(u32::MAX);
        let mut section = count.to_le_bytes().to_vec();
        section.extend(self.index);
        section.extend(self.bytes);
        section
    }
}

/// The last block that begins at or before `key`: its first key and its bytes. `None` if all begin later.
pub(super) fn block_of(section: &[u8], key: u64) -> Option<(u64, Cursor<'_>)> {
    blocks_from(section, key)?.next().filter(|(first, _)| *first <= key)
}

/// The last block that begins at or before `key`, or else the first, and all behind it. `None` in damaged bytes.
pub(super) fn blocks_from(
    section: &[u8],
    key: u64,
) -> Option<impl Iterator<Item = (u64, Cursor<'_>)>> {
    let count = u32_at(section, 0)?;
    let index = slice(section, 4, u64::from(count) * RECORD as u64)?;
    let bytes = section.get(4 + index.len()..)?;
    let count = usize::try_from(count).ok()?;
    let key_of = move |block: usize| u64_at(index, block * RECORD);
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if key_of(middle)? <= key {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let block = move |block: usize| {
        let start = u32_at(index, block * RECORD + 8)?;
        let end = u32_at(index, (block + 1) * RECORD + 8);
        let end = end.map_or(bytes.len(), |end| end as usize);
        Some((key_of(block)?, Cursor(bytes.get(start as usize..end)?)))
    };
    Some((low.saturating_sub(1)..count).map_while(block))
}

/// Whether the section has no entry at all.
pub(super) fn is_empty(section: &[u8]) -> bool {
    u32_at(section, 0).unwrap_or(0) == 0
}

/// Reads a key of a line and a column; `None` at the end.
pub(super) fn next_place(cursor: &mut Cursor<'_>, before: u64) -> Option<u64> {
    let number = cursor.number()?;
    if number & 1 == 0 {
        let column = (before & 0xffff_ffff).checked_add(number >> 1)?;
        return Some((before & !0xffff_ffff) | u64::from(u32::try_from(column).ok()?));
    }
    let line = u32::try_from((before >> 32).checked_add(number >> 1)?).ok()?;
    Some((u64::from(line) << 32) | u64::from(cursor.small()?))
}

/// Reads a key that is one number; `None` at the end.
pub(super) fn next_offset(cursor: &mut Cursor<'_>, before: u64) -> Option<u64> {
    before.checked_add(cursor.number()?)
}
