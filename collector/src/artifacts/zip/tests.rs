use super::*;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;
use std::io::Write;

/// A file of an archive.
pub(crate) struct Packed<'a> {
    pub(crate) name: &'a str,
    pub(crate) content: &'a [u8],
}

/// An archive as `sentry-cli` writes it, behind `prefix`.
pub(crate) fn archive(prefix: &[u8], files: &[Packed<'_>]) -> Vec<u8> {
    let (mut bytes, mut records) = (prefix.to_vec(), Vec::new());
    for file in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(file.content).unwrap();
        let packed = encoder.finish().unwrap();
        let start = bytes.len() as u32;
        let mut shared = Vec::new();
        shared.extend([20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0]);
        shared.extend(crc32(file.content).to_le_bytes());
        shared.extend((packed.len() as u32).to_le_bytes());
        shared.extend((file.content.len() as u32).to_le_bytes());
        shared.extend((file.name.len() as u16).to_le_bytes());
        shared.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&shared);
        bytes.extend(file.name.as_bytes());
        bytes.extend(&packed);
        records.extend(b"PK\x01\x02\x14\x00");
        records.extend(&shared);
        records.extend([0; 10]);
        records.extend(start.to_le_bytes());
        records.extend(file.name.as_bytes());
    }
    let offset = bytes.len() as u32;
    bytes.extend(&records);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend((files.len() as u16).to_le_bytes());
    bytes.extend((files.len() as u16).to_le_bytes());
    bytes.extend((records.len() as u32).to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// Reads all that an archive holds.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, BadZip> {
    let tail = &bytes[bytes.len().saturating_sub(MAX_END)..];
    let directory = directory(tail, bytes.len())?;
    let records = bytes.get(directory.offset..directory.offset + directory.bytes);
    let entries = entries(records.unwrap_or_default(), &directory)?;
    let read = |entry: Entry| {
        let part = bytes.get(entry.part.start..entry.part.end).unwrap_or_default();
        let content = content(part, &entry.part).ok_or(BadZip::Entry(entry.name.clone()))?;
        Ok((entry.name, content))
    };
    entries.into_iter().map(read).collect()
}

fn two() -> Vec<u8> {
    let file = |name, content| Packed { name, content };
    archive(b"SYSB\x02\0\0\0", &[file("a/b.js", b"one one one one one one"), file("c", b"")])
}

#[test]
fn files_are_read_as_they_were_packed() {
    let found = read(&two()).unwrap();
    let expected = [("a/b.js", &b"one one one one one one"[..]), ("c", b"")];
    assert_eq!(found.len(), 2);
    for ((name, content), (expected_name, expected_content)) in found.iter().zip(expected) {
        assert_eq!((name.as_str(), content.as_slice()), (expected_name, expected_content));
    }
}

#[test]
fn names_that_leave_the_archive_are_refused() {
    let long = "x".repeat(2_000);
    for name in ["../a.js", "a/../../b", "/etc/passwd", "a\\b", "C:x", "", "a\0b", &long] {
        let bytes = archive(b"", &[Packed { name, content: b"x" }]);
        assert!(matches!(read(&bytes), Err(BadZip::Name(_))), "{name:?}");
    }
    let twice =
        archive(b"", &[Packed { name: "a", content: b"x" }, Packed { name: "a", content: b"y" }]);
    assert_eq!(read(&twice), Err(BadZip::Name("a".into())));
    for name in ["..a", "a..b/c..", "files/_/_/#/a b.js"] {
        assert!(read(&archive(b"", &[Packed { name, content: b"x" }])).is_ok(), "{name:?}");
    }
}

#[test]
fn a_cut_off_archive_is_refused_wherever_it_ends() {
    let whole = two();
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "{length}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(read(&longer).is_err());
}

/// Overwrites what both headers of the first entry say at `at` of the local one.
fn with_claim(at: usize, value: u32) -> Vec<u8> {
    let zeros = vec![0; 1_000_000];
    let mut bytes = archive(b"", &[Packed { name: "a", content: &zeros }]);
    let record = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    for place in [at, record + at + 2] {
        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

#[test]
fn a_bomb_is_inflated_up_to_what_it_claims() {
    const SIZE: usize = 22;
    assert_eq!(read(&with_claim(SIZE, 1_000)), Err(BadZip::Entry("a".into())));
    assert_eq!(read(&with_claim(SIZE, 2_000_000)), Err(BadZip::Entry("a".into())));
    assert_eq!(read(&with_claim(SIZE, u32::MAX)), Err(BadZip::Unsupported("zip64 records")));
    assert_eq!(read(&with_claim(SIZE, 0x9000_0000)), Err(BadZip::TooLarge));
    assert_eq!(read(&with_claim(14, 7)), Err(BadZip::Entry("a".into())), "CRC");
    assert!(read(&with_claim(18, 5_000_000)).is_err(), "packed bytes");
}

#[test]
fn a_hundred_thousand_files_are_refused_before_they_are_read() {
    let mut bytes = two();
    let end = bytes.len() - END;
    bytes[end + 10..end + 12].copy_from_slice(&30_000_u16.to_le_bytes());
    assert_eq!(read(&bytes), Err(BadZip::TooMany { found: 30_000 }));
    // More than 65,534 need zip64.
    bytes[end + 10..end + 12].copy_from_slice(&u16::MAX.to_le_bytes());
    assert_eq!(read(&bytes), Err(BadZip::Unsupported("zip64 records")));
}

#[test]
fn entries_that_overlap_are_refused() {
    let mut bytes = two();
    let record = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[record + 42..record + 46].copy_from_slice(&9_u32.to_le_bytes());
    assert_eq!(read(&bytes), Err(BadZip::Damaged("its files overlap")));
}

#[test]
fn encryption_and_other_methods_are_refused() {
    for (at, value, what) in [
        (8, 1, BadZip::Unsupported("encrypted files")),
        (10, 12, BadZip::Unsupported("files of another compression than deflate")),
    ] {
        let mut bytes = two();
        let record = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        bytes[record + at] = value;
        assert_eq!(read(&bytes), Err(what));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_damage_is_read_or_refused(at: prop::sample::Index, byte: u8) {
        let mut bytes = two();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(found) = read(&bytes) {
            prop_assert!(found.len() <= 2);
        }
    }
}
