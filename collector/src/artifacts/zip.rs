//! The zip archives that bundles are, as far as `sentry-cli` writes them: plain or deflated entries, one behind the other.
//! Strict, because whoever has a token may send anything.
//!
//! ```text
//! archive   := entries directory end            offsets from the first byte of all
//! entry     := "PK\3\4" … name extra data
//! directory := ("PK\1\2" … name extra comment)*
//! end       := "PK\5\6" … entries, bytes and offset of the directory … comment
//! ```
//! Refused: zip64, encryption, several disks, other methods, entries that overlap or share a name, names that leave the archive
//! (`../x`, `/x`, `a\b`), more than [`MAX_ENTRIES`], and more than [`MAX_INFLATED`] in all. What an entry says of its size is
//! never believed: it is inflated up to that size, and must be exactly that.

use std::collections::HashSet;
use std::io::Read;

use flate2::read::DeflateDecoder;
use serde::{Deserialize, Serialize};
use trapline_core::crc32::crc32;

/// Most files of a bundle: tens of times what a large site has.
pub const MAX_ENTRIES: usize = 20_000;

/// Most bytes that a bundle holds when it is inflated.
pub const MAX_INFLATED: u64 = 2 << 30;

/// Longest name of an entry, in bytes.
const MAX_NAME: usize = 1_024;

/// What an archive ends with, at least.
const END: usize = 22;

/// What the end of an archive may be found in: it may have a comment of up to 64 KiB.
pub const MAX_END: usize = END + 0xffff;

/// Why an archive is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadZip {
    /// Cut off, or no zip.
    #[error("the bundle is no whole zip archive: {0}")]
    Damaged(&'static str),
    /// Something that a zip may have and a bundle has not.
    #[error("the bundle has {0}, which is not supported")]
    Unsupported(&'static str),
    /// More than the limit.
    #[error("the bundle has {found} files, the limit is {MAX_ENTRIES}")]
    TooMany {
        /// Entries.
        found: usize,
    },
    /// A bomb.
    #[error("the bundle inflates to more than {MAX_INFLATED} bytes")]
    TooLarge,
    /// A name that leaves the archive, or stands there twice.
    #[error("the bundle has a file with the name {0:?}, which is not allowed")]
    Name(String),
    /// Its bytes are not what the directory says.
    #[error("{0:?} in the bundle is damaged")]
    Entry(String),
}

/// Where the directory lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directory {
    /// From the archive's first byte.
    pub offset: usize,
    /// Its bytes.
    pub bytes: usize,
    /// Entries.
    pub entries: usize,
}

/// Where an entry lies, and what is to come out of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// First byte of its header, from the archive's first byte.
    pub start: usize,
    /// Where the next entry or the directory begins.
    pub end: usize,
    /// Compressed bytes.
    pub packed: usize,
    /// Inflated bytes.
    pub size: usize,
    /// CRC-32 of the inflated bytes.
    pub crc: u32,
    /// Whether it is deflated; else it is plain.
    pub deflated: bool,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `files/_/_/app.min.js`
    pub name: String,
    /// Where it lies.
    pub part: Part,
}

/// Finds the directory in the last bytes of an archive: at least [`MAX_END`] of them, or all.
///
/// # Errors
/// [`BadZip`].
pub fn directory(tail: &[u8], archive_bytes: usize) -> Result<Directory, BadZip> {
    let damaged = || BadZip::Damaged("its end is missing");
    let at = (0..=tail.len().checked_sub(END).ok_or_else(damaged)?)
        .rev()
        .find(|at| is_end(tail.get(*at..).unwrap_or_default()))
        .ok_or_else(damaged)?;
    let end = Fields(tail.get(at..).unwrap_or_default());
    let number = |at: usize, what| end.u16(at).ok_or(BadZip::Damaged(what));
    if number(4, "its end")? != 0 || number(6, "its end")? != 0 {
        return Err(BadZip::Unsupported("several disks"));
    }
    let entries = usize::from(number(10, "its end")?);
    let (bytes, offset) = end.u32(12).zip(end.u32(16)).ok_or_else(damaged)?;
    if entries == 0xffff || bytes == u32::MAX || offset == u32::MAX {
        // More than 65,534 entries, or 4 GB.
        return Err(BadZip::Unsupported("zip64 records"));
    }
    if entries > MAX_ENTRIES {
        return Err(BadZip::TooMany { found: entries });
    }
    let (bytes, offset) = (bytes as usize, offset as usize);
    let end_at = archive_bytes.checked_sub(tail.len()).ok_or_else(damaged)? + at;
    if offset.checked_add(bytes) != Some(end_at) {
        return Err(BadZip::Damaged("its directory is not where its end says"));
    }
    Ok(Directory { offset, bytes, entries })
}

fn is_end(bytes: &[u8]) -> bool {
    let fields = Fields(bytes);
    let comment = fields.u16(20).map(usize::from);
    bytes.starts_with(b"PK\x05\x06") && comment == Some(bytes.len() - END)
}

/// Reads the directory's bytes.
///
/// # Errors
/// [`BadZip`].
pub fn entries(bytes: &[u8], directory: &Directory) -> Result<Vec<Entry>, BadZip> {
    let mut entries = Vec::with_capacity(directory.entries);
    let mut rest = bytes;
    let (mut names, mut inflated) = (HashSet::new(), 0_u64);
    for _ in 0..directory.entries {
        let (entry, used) = record(rest)?;
        rest = rest.get(used..).unwrap_or_default();
        inflated = inflated.saturating_add(entry.part.size as u64);
        if !names.insert(entry.name.clone()) {
            return Err(BadZip::Name(entry.name));
        }
        entries.push(entry);
    }
    if !rest.is_empty() {
        return Err(BadZip::Damaged("its directory has more than its end says"));
    }
    if inflated > MAX_INFLATED {
        return Err(BadZip::TooLarge);
    }
    give_ends(&mut entries, directory.offset)?;
    Ok(entries)
}

/// An entry ends where the next one begins. Overlapping ones would make a small archive a large one.
fn give_ends(entries: &mut [Entry], directory: usize) -> Result<(), BadZip> {
    let mut order: Vec<&mut Entry> = entries.iter_mut().collect();
    order.sort_by_key(|entry| entry.part.start);
    let mut next = directory;
    for entry in order.into_iter().rev() {
        entry.part.end = next;
        let least = entry.part.packed.saturating_add(HEADER + entry.name.len());
        if entry.part.start.saturating_add(least) > next {
            return Err(BadZip::Damaged("its files overlap"));
        }
        next = entry.part.start;
    }
    Ok(())
}

/// A record of the directory, and its bytes.
fn record(bytes: &[u8]) -> Result<(Entry, usize), BadZip> {
    const RECORD: usize = 46;
    let damaged = || BadZip::Damaged("its directory is cut off");
    if !bytes.starts_with(b"PK\x01\x02") {
        return Err(damaged());
    }
    let fields = Fields(bytes);
    let short = |at| fields.u16(at).map(usize::from).ok_or_else(damaged);
    let long = |at| fields.u32(at).ok_or_else(damaged);
    if short(8)? & 1 != 0 {
        return Err(BadZip::Unsupported("encrypted files"));
    }
    let deflated = match short(10)? {
        0 => false,
        8 => true,
        _ => return Err(BadZip::Unsupported("files of another compression than deflate")),
    };
    let (crc, packed, size, start) = (long(16)?, long(20)?, long(24)?, long(42)?);
    if [packed, size, start].contains(&u32::MAX) {
        return Err(BadZip::Unsupported("zip64 records"));
    }
    let (name, extra, comment) = (short(28)?, short(30)?, short(32)?);
    let text = bytes.get(RECORD..RECORD + name).ok_or_else(damaged)?;
    let text = std::str::from_utf8(text).map_err(|_| BadZip::Damaged("a name is no UTF-8"))?;
    if !is_name(text) {
        return Err(BadZip::Name(text.chars().take(80).collect()));
    }
    let used = RECORD + name + extra + comment;
    if bytes.len() < used {
        return Err(damaged());
    }
    let (packed, size, start) = (packed as usize, size as usize, start as usize);
    if !deflated && packed != size {
        return Err(BadZip::Entry(text.to_owned()));
    }
    let part = Part { start, end: 0, packed, size, crc, deflated };
    Ok((Entry { name: text.to_owned(), part }, used))
}

/// Relative, without a step out of the archive.
fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && !name.starts_with('/')
        && !name.contains(['\\', '\0'])
        && !name.split('/').any(|step| step == "..")
        && name.as_bytes().get(1) != Some(&b':')
}

/// What stands before an entry's name.
const HEADER: usize = 30;

/// The content of an entry, from its bytes `part.start..part.end`; nothing above `part.size` is inflated.
///
/// # Errors
/// `None` if the bytes are not what the directory says.
pub fn content(bytes: &[u8], part: &Part) -> Option<Vec<u8>> {
    let fields = Fields(bytes);
    let skipped = HEADER + usize::from(fields.u16(26)?) + usize::from(fields.u16(28)?);
    let data = bytes.get(skipped..skipped.checked_add(part.packed)?)?;
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let content = if part.deflated { inflated(data, part.size)? } else { data.to_vec() };
    (content.len() == part.size && crc32(&content) == part.crc).then_some(content)
}

/// One byte more than there should be is enough to see that there are more.
fn inflated(data: &[u8], size: usize) -> Option<Vec<u8>> {
    // A bomb's size is a claim too: memory grows with what really comes out.
    let mut content = Vec::with_capacity(size.min(data.len().saturating_mul(8)));
    let limit = u64::try_from(size).ok()?.saturating_add(1);
    DeflateDecoder::new(data).take(limit).read_to_end(&mut content).ok()?;
    Some(content)
}

/// Numbers at fixed places, little-endian.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.0.get(at..at.checked_add(2)?)?;
        Some(u16::from_le_bytes(bytes.try_into().ok()?))
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.0.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

#[cfg(test)]
pub(super) mod tests;
