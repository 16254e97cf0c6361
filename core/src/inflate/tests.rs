use std::io::Read;

use flate2::{Compression, GzBuilder, read};

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut zipped = Vec::new();
    read::GzEncoder::new(bytes, Compression::fast()).read_to_end(&mut zipped).unwrap();
    zipped
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut zipped = Vec::new();
    read::DeflateEncoder::new(bytes, Compression::fast()).read_to_end(&mut zipped).unwrap();
    zipped
}

#[track_caller]
fn check(body: &[u8], encoding: Option<&str>, expected: Result<&[u8], InflateError>) {
    let inflated = inflate(body, encoding, 100_000);
    assert_eq!(inflated.as_deref().map_err(|error| *error), expected);
}

#[test]
fn gzip_and_deflate_are_read() {
    let hello: &[u8] = b"hello hello hello hello";
    for encoding in [None, Some(""), Some("identity")] {
        check(hello, encoding, Ok(hello));
    }
    for encoding in [None, Some("identity"), Some("gzip"), Some("x-gzip"), Some(" GZIP ")] {
        check(&gzip(hello), encoding, Ok(hello));
    }
    check(&deflate(hello), Some("deflate"), Ok(hello));
    check(&raw_deflate(hello), Some("deflate"), Ok(hello));
}

#[test]
fn headers_of_gzip_are_passed_over() {
    let write = |builder: GzBuilder| {
        let mut zipped = Vec::new();
        builder.read(&b"hello"[..], Compression::fast()).read_to_end(&mut zipped).unwrap();
        zipped
    };
    let full = || GzBuilder::new().extra(*b"extra").filename("name").comment("comment");
    check(&write(full()), None, Ok(b"hello"));
    // A checksum of the header, which nobody writes: the flag, and the lower half of its CRC-32.
    let plain = write(GzBuilder::new());
    let header = [&plain[..3], &[2][..], &plain[4..10]].concat();
    let sum = crate::crc32::crc32(&header).to_le_bytes();
    check(&[&header[..], &sum[..2], &plain[10..]].concat(), None, Ok(b"hello"));
    let damaged = Err(InflateError::Damaged { encoding: "gzip" });
    check(&[&header[..], &[!sum[0], sum[1]][..], &plain[10..]].concat(), None, damaged);
    let unknown_flag = [&plain[..3], &[0x20][..], &plain[4..]].concat();
    check(&unknown_flag, None, damaged);
    for at in [plain.len() - 1, plain.len() - 5] {
        let mut other = plain.clone();
        other[at] ^= 1;
        check(&other, None, damaged);
    }
    for end in 2..plain.len() {
        check(&plain[..end], None, damaged);
    }
}

#[test]
fn members_follow_each_other() {
    check(&[gzip(b"one "), gzip(b"two")].concat(), None, Ok(b"one two"));
    let damaged = |encoding| Err(InflateError::Damaged { encoding });
    check(&gzip(b"").repeat(17), None, damaged("gzip"));
    check(&[gzip(b"one"), b"two".to_vec()].concat(), None, damaged("gzip"));
}

#[test]
fn stored_bytes_come_back() {
    let bytes = "event ".repeat(1_000).into_bytes();
    let stored = deflate(&bytes);
    assert!(stored.len() < bytes.len() / 10);
    assert_eq!(&*inflate(&stored, Some("deflate"), 10_000).unwrap(), bytes.as_slice());
}

#[test]
fn exactly_full_is_not_too_large() {
    let bytes = vec![7; 100_000];
    check(&gzip(&bytes), None, Ok(&bytes));
    check(&gzip(&[bytes.as_slice(), b"7"].concat()), None, too_large());
}

fn too_large() -> Result<&'static [u8], InflateError> {
    Err(InflateError::TooLarge { limit: 100_000 })
}

#[test]
fn bombs_are_refused_at_the_cap() {
    let zeros = vec![0; 10_000_000];
    check(&gzip(&zeros), None, too_large());
    check(&deflate(&zeros), Some("deflate"), too_large());
    check(&raw_deflate(&zeros), Some("deflate"), too_large());
}

#[test]
fn what_inflates_takes_no_more_room_than_the_cap() {
    let inflated = inflate(&gzip(&vec![1; 3_000_000]), None, 4_000_000).unwrap().into_owned();
    assert!(inflated.capacity() <= 4_000_000, "{}", inflated.capacity());
}

#[test]
fn damaged_bodies_and_unknown_encodings_are_refused() {
    let damaged = |encoding| Err(InflateError::Damaged { encoding });
    let long = "event ".repeat(1_000).into_bytes();
    let half = |body: Vec<u8>| body[..body.len() / 2].to_vec();
    check(&half(gzip(&long)), None, damaged("gzip"));
    check(&half(deflate(&long)), Some("deflate"), damaged("deflate"));
    for encoding in ["gzip", "deflate"] {
        check(b"{\"plain\":1}", Some(encoding), damaged(encoding));
    }
    for encoding in ["lzma", "gzip, br", "*"] {
        check(b"plain", Some(encoding), Err(InflateError::Unknown));
    }
}

#[test]
fn an_empty_body_is_empty_unless_it_should_be_compressed() {
    check(b"", None, Ok(b""));
    for encoding in ["gzip", "deflate"] {
        check(b"", Some(encoding), Err(InflateError::Damaged { encoding }));
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_inflated_or_refused(body: Vec<u8>, which in 0_usize..2) {
        let encoding = ["gzip", "deflate"][which];
        let inflated = inflate(&body, Some(encoding), 10_000).unwrap_or_default();
        proptest::prop_assert!(inflated.len() <= 10_000);
    }
}
