//! Many tables in one value: a deployment of 300 files costs few writes.
//!
//! ```text
//! pack := "TLPK" version:u32 count:u32 (hash:[u8;32] offset:u32 length:u32)*count tables      little-endian
//! ```
//! `hash` is the SHA-256 of the table; `offset` counts from the beginning of the pack. The order is that of the hashes, so
//! that equal tables make an equal pack.

use sha2::{Digest, Sha256};

const MAGIC: [u8; 4] = *b"TLPK";
const VERSION: u32 = 1;
const RECORD: usize = 40;

/// Bytes of a full pack: 300 files of 100 KB go into 8. One read of a pack brings all of its tables, so it stays small;
/// a table that is larger has a pack of its own.
pub const FULL_BYTES: usize = 4 << 20;
/// Largest value that KV takes.
pub const MAX_BYTES: usize = 25 << 20;

/// The SHA-256 of bytes.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(&Sha256::digest(bytes));
    hash
}

/// A table within a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// SHA-256 of the table.
    pub hash: [u8; 32],
    /// Where it begins in the pack.
    pub offset: u32,
    /// Its bytes.
    pub length: u32,
}

/// Packs tables. The caller keeps to [`FULL_BYTES`].
#[must_use]
pub fn pack(tables: &[&[u8]]) -> Vec<u8> {
    let mut tables: Vec<([u8; 32], &[u8])> =
        tables.iter().map(|table| (hash_of(table), *table)).collect();
    tables.sort_unstable_by_key(|(hash, _)| *hash);
    tables.dedup_by_key(|(hash, _)| *hash);
    let mut pack = MAGIC.to_vec();
    pack.extend(VERSION.to_le_bytes());
    pack.extend(count(tables.len()).to_le_bytes());
    let mut offset = 12 + RECORD * tables.len();
    for (hash, table) in &tables {
        pack.extend(hash);
        pack.extend(count(offset).to_le_bytes());
        pack.extend(count(table.len()).to_le_bytes());
        offset += table.len();
    }
    tables.iter().for_each(|(_, table)| pack.extend_from_slice(table));
    pack
}

/// The members of a pack; `None` if it is none, is truncated, or a member is not what its hash says.
#[must_use]
pub fn members(pack: &[u8]) -> Option<Vec<Member>> {
    let number = |bytes: &[u8], at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?))
    };
    if pack.get(..4)? != MAGIC || number(pack, 4)? != VERSION {
        return None;
    }
    let count = usize::try_from(number(pack, 8)?).ok()?;
    let directory = pack.get(12..count.checked_mul(RECORD)?.checked_add(12)?)?;
    let mut end_before = 12 + directory.len();
    let mut members = Vec::with_capacity(count);
    for record in directory.chunks_exact(RECORD) {
        let hash: [u8; 32] = record.get(..32)?.try_into().ok()?;
        let member = Member { hash, offset: number(record, 32)?, length: number(record, 36)? };
        let table = table_of(pack, &member)?;
        // One behind the other: no byte is hashed twice, however many members there are said to be.
        if member.offset as usize != end_before || hash_of(table) != hash {
            return None;
        }
        end_before += table.len();
        members.push(member);
    }
    Some(members)
}

/// A member's table.
#[must_use]
pub fn table_of<'a>(pack: &'a [u8], member: &Member) -> Option<&'a [u8]> {
    let start = usize::try_from(member.offset).ok()?;
    pack.get(start..start.checked_add(usize::try_from(member.length).ok()?)?)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tables_read_back_from_their_pack() {
        let pack = pack(&[b"one", b"two", b"one"]);
        let members = members(&pack).unwrap();
        assert_eq!(members.len(), 2, "equal tables are one");
        let mut tables: Vec<&[u8]> =
            members.iter().map(|member| table_of(&pack, member).unwrap()).collect();
        tables.sort_unstable();
        assert_eq!(tables, [b"one", b"two"]);
        assert_eq!(super::pack(&[b"two", b"one"]), pack, "the order does not matter");
    }

    proptest! {
        #[test]
        fn damaged_packs_are_refused(at: prop::sample::Index, byte: u8) {
            let good = pack(&[b"one", b"two", b"three"]);
            let mut bad = good.clone();
            let place = at.index(bad.len());
            bad[place] = byte;
            prop_assert_eq!(members(&bad).is_some(), bad == good);
            bad.truncate(place);
            prop_assert!(members(&bad).is_none());
        }
    }
}
