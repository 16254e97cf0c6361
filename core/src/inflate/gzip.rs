//! What gzip has around deflated bytes.
//!
//! ```text
//! member := 1f 8b 08 flags:u8 time:u32 level:u8 system:u8 [length:u16 extra] [name 00] [comment 00] [crc:u16]
//!           deflated crc:u32 size:u32
//! ```
//! Refused: flags that do not exist, checksums that are not those of the bytes, names of more than 64 KiB.

use crate::crc32::crc32;

const HAS_CRC: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
const UNKNOWN: u8 = 0b1110_0000;

/// Longest name or comment, in bytes.
const MAX_TEXT: usize = 0xffff;

/// What stands behind a member's header.
pub(super) fn behind_header(member: &[u8]) -> Option<&[u8]> {
    let (fixed, mut rest) = member.split_at_checked(10)?;
    let &[0x1f, 0x8b, 8, flags, ..] = fixed else { return None };
    if flags & UNKNOWN != 0 {
        return None;
    }
    if flags & HAS_EXTRA != 0 {
        let (length, behind) = rest.split_first_chunk()?;
        rest = behind.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for has_text in [HAS_NAME, HAS_COMMENT] {
        if flags & has_text != 0 {
            let end = rest.iter().take(MAX_TEXT + 1).position(|byte| *byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & HAS_CRC != 0 {
        let header = member.get(..member.len() - rest.len())?;
        let (crc, behind) = rest.split_first_chunk()?;
        (crc32(header) & 0xffff == u32::from(u16::from_le_bytes(*crc))).then_some(())?;
        rest = behind;
    }
    Some(rest)
}

/// What stands behind a member's trailer, if that is of what came out.
pub(super) fn behind_trailer<'a>(trailer: &'a [u8], inflated: &[u8]) -> Option<&'a [u8]> {
    let (crc, rest) = trailer.split_first_chunk()?;
    let (size, rest) = rest.split_first_chunk()?;
    let is_whole = crc32(inflated) == u32::from_le_bytes(*crc)
        && usize::try_from(u32::from_le_bytes(*size)) == Ok(inflated.len());
    is_whole.then_some(rest)
}
